import type { IndexChain, MirrorSource, PackageFamily, PackageRef, ResolveRequest } from '../contract.js';

/** What a package is there for: the image itself, or the chroot environment that makes it. Many are there for both. */
export type LockRole = 'image' | 'chroot';

export interface LockedPackage extends PackageRef {
  /** In alphabetical order. */
  readonly roles: readonly LockRole[];
}

/** A signed index that packages were chosen from. The newest date is the time of an image's time stamps. */
export interface LockedIndex {
  readonly repository: string;
  readonly suite: string;
  /** Lower-case hex, of InRelease or repomd.xml. */
  readonly sha256: string;
  /** Fingerprint of the key that signed it; absent where the repository is not signed. */
  readonly signedBy?: string | undefined;
  /** ISO 8601, as `validUntil`. */
  readonly date?: string | undefined;
  readonly validUntil?: string | undefined;
  /** What held when it was read. Absent in lockfiles of older versions. */
  readonly chain?: IndexChain | undefined;
}

/** What makes a repository this one; not where its packages are taken from in one build. */
export interface LockedRepository {
  readonly name: string;
  /** Without user and password; of a `file:` URL no more than that it is one. */
  readonly url: string;
  readonly mirrorSource?: MirrorSource | undefined;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Fingerprints of the keys that may sign. */
  readonly keys: readonly string[];
  readonly trusted: boolean;
  readonly signedIndex: boolean;
  /** Only where it is so. */
  readonly weakDigests?: true | undefined;
  readonly priority: number;
  readonly allowPackages?: readonly string[] | undefined;
  readonly excludePackages?: readonly string[] | undefined;
  readonly snapshotTime?: string | undefined;
}

export interface LockedTarget {
  readonly os: string;
  readonly dist: string;
  /** The family's word. */
  readonly architecture: string;
  readonly family: PackageFamily;
}

/** All that the choice of packages depends on. Lists are sorted sets. */
export interface LockedRequest {
  readonly target: LockedTarget;
  readonly image: Required<Omit<ResolveRequest, 'prefer'>>;
  readonly chroot: Required<Omit<ResolveRequest, 'prefer'>>;
  readonly repositories: readonly LockedRepository[];
}

/** The content of a lockfile; `schema/lockfile.schema.json` describes it. */
export interface Lockfile {
  readonly lockfileVersion: 1;
  /** `SOLVER_VERSION` of the solver that chose. */
  readonly solverVersion: number;
  /** Of the request as canonical JSON, lower-case hex. */
  readonly requestSha256: string;
  readonly request: LockedRequest;
  /** Sorted by repository, then suite. */
  readonly indexes: readonly LockedIndex[];
  /** Sorted by name, architecture, version. */
  readonly packages: readonly LockedPackage[];
}
