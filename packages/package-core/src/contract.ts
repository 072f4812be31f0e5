import type { Context } from '@ic/utils';
import type { DependencyGraph } from './graph/dependency-graph.js';

export type PackageFamily = 'deb' | 'rpm';

/** Where the public keys of a repository come from: an absolute path or a URL, tried in order until the pinned keys are found. */
export type KeySource = string;

/** What of each package is unpacked. */
export interface ContentFilter {
  /** Manuals and documents; licences are unpacked in any case. */
  readonly documentation: boolean;
  /** Languages of translations, as `de` or `pt_BR`, beside English; undefined takes all. */
  readonly languages?: readonly string[] | undefined;
}

/** One repository as a build uses it: target data, template and command line merged. */
export interface Repository {
  /** Unique in a build; what `--mirror NAME=URL` and the manifest call it. */
  readonly name: string;
  /** The template adds it to those of the target. */
  readonly added?: boolean | undefined;
  /** Base URL without a trailing slash: https:, http: (only with a signed index) or file:. */
  readonly url: string;
  /** More servers of the same repository: what one cannot deliver is taken from the next. */
  readonly mirrors?: readonly string[] | undefined;
  /**
   * `url` is only the distribution's public server: a host of the same distribution may use the mirror
   * of its own package manager instead. The same keys vouch for both.
   */
  readonly hostMirror?: boolean | undefined;
  /** Where the template or the target places it, when the command line took it from somewhere else. */
  readonly stated?: { readonly url: string; readonly mirrorSource?: MirrorSource | undefined } | undefined;
  /**
   * In place of an index: folders with packages, package files and tar archives of them; absolute paths, file: or https:
   * URLs. `url` says `local:` then.
   */
  readonly packageFiles?: readonly string[] | undefined;
  /** deb: suites such as `bookworm`; rpm: empty. */
  readonly suites: readonly string[];
  /** deb: components such as `main`; rpm: empty. */
  readonly components: readonly string[];
  readonly keySources: readonly KeySource[];
  /** Full fingerprints in upper-case hex. Only these keys can vouch for this repository, and only for this one. */
  readonly fingerprints: readonly string[];
  /** The template says `[trusted=yes]`: the index need not be signed. Warned of once and recorded. */
  readonly trusted: boolean;
  /** Whether the index is signed at all (emt3's is not: TLS and package signatures stand in). */
  readonly signedIndex: boolean;
  /** The template, or the target, accepts signatures that are too weak otherwise, see `Trust.weakDigests`. Warned of once and recorded. */
  readonly weakDigests?: boolean | undefined;
  /** apt's sense: a higher number wins; 500 is the default. */
  readonly priority: number;
  /** When present, only packages whose names match one of these globs are seen. */
  readonly allowPackages?: readonly string[] | undefined;
  /** rpm: packages whose names match one of these globs are not seen. */
  readonly excludePackages?: readonly string[] | undefined;
  /** rpm: where to ask for mirrors; the first that serves the repository takes the place of `url`, which may be empty. */
  readonly mirrorSource?: MirrorSource | undefined;
  /** rpm: packages that came into the repository after this time (ISO 8601) are not seen. */
  readonly snapshotTime?: string | undefined;
  /** The image's own package manager has it too. */
  readonly keepInImage?: boolean | undefined;
}

export interface MirrorSource {
  /** mirrorlist: a URL a line; metalink: an XML document, RFC 5854 or version 3, with the checksums of repomd.xml. */
  readonly kind: 'mirrorlist' | 'metalink';
  readonly url: string;
}

export interface PackageId {
  readonly name: string;
  readonly version: string;
  /** The family's own word: amd64, all, x86_64, noarch. */
  readonly architecture: string;
}

/** One package of one repository: enough to fetch it and to prove that it is the right one. */
export interface PackageRef extends PackageId {
  /** Name of its repository. */
  readonly repository: string;
  /** Path below the repository's URL. */
  readonly location: string;
  /** Bytes of the package file. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes on the target as the package states them; an estimate. */
  readonly installedSize: number;
}

export interface ResolveRequest {
  /** Names, globs (`* ? []`), `name=version`, as the template has them. */
  readonly packages: readonly string[];
  /** Names or globs that must not be chosen. */
  readonly exclude: readonly string[];
  /** Follow Recommends; default false. */
  readonly recommends: boolean;
  /**
   * What every image has without being asked: 'essential' (default; deb: `Essential: yes`), 'required' (deb: also
   * `Priority: required`) or 'none'. Exclusions win over it.
   */
  readonly base?: 'essential' | 'required' | 'none' | undefined;
  /** What a lockfile has: tried before every other version and every other package that would do. Nothing is chosen for it. */
  readonly prefer?: readonly PackageId[] | undefined;
}

export interface Resolution {
  /** Every package to install, sorted by name, then architecture. */
  readonly packages: readonly PackageRef[];
  /** Who brings whom; made when it is asked for. */
  readonly graph: () => DependencyGraph;
}

/** A package file in the cache whose size and SHA-256 were checked against its signed index. */
export interface FetchedPackage extends PackageRef {
  /** Absolute path of the file. */
  readonly path: string;
}

/** What a build knows of a repository after its index was read and proven. For the manifest. */
export interface RepositoryProof {
  readonly repository: string;
  readonly suite: string;
  /** SHA-256 of the signed index (InRelease, repomd.xml), lower-case hex. */
  readonly indexSha256: string;
  /** Fingerprint of the key whose signature counted; absent when the repository is trusted unsigned. */
  readonly signedBy?: string | undefined;
  /** ISO 8601. */
  readonly date?: string | undefined;
  readonly validUntil?: string | undefined;
  /** Absent in lockfiles of older versions. */
  readonly chain?: IndexChain | undefined;
}

/** Which links of the chain held between a key and the lists of a repository. */
export interface IndexChain {
  /** What vouches for the index: a pinned key, the TLS of its server alone, or that it lies on this machine. */
  readonly index: 'signature' | 'tls' | 'local';
  /** Why the signature counts with `weakDigests` alone. */
  readonly weakness?: string | undefined;
  /** With what the index proves its lists as they are served; sorted. */
  readonly lists: readonly ListDigest[];
  /** And what is in them once they are decompressed; empty where the index does not say. */
  readonly openLists: readonly ListDigest[];
}

export type ListDigest = 'sha256' | 'sha512';

/** Whose own signature vouches for a package file, header and payload, beside the index that has its hash. */
export interface PackageProof {
  readonly repository: string;
  /** Lower-case hex, of the file. */
  readonly sha256: string;
  /** Fingerprint. */
  readonly signedBy: string;
}

/** The verified packages of all repositories. Each family has its own richer type behind it. */
export interface PackageIndex {
  readonly proofs: readonly RepositoryProof[];
  /** How many packages the repositories offer. */
  readonly size: number;
  /** Every package of a name, of whatever repository. */
  packagesNamed(name: string): readonly (Pick<PackageRef, 'version' | 'repository'> & {
    /** Of its repository. */
    readonly priority: number;
  })[];
}

/** What a package family implements. See docs/architecture.md, "The contract between families". */
export interface Provider<Index extends PackageIndex = PackageIndex> {
  readonly family: PackageFamily;
  /** The repositories with the servers that are really used in place of what only stands for them. */
  locate(repositories: readonly Repository[], context: Context): Promise<readonly Repository[]>;
  /** Reads and proves the indexes of all repositories. */
  metadata(repositories: readonly Repository[], context: Context): Promise<Index>;
  /** A complete set that satisfies every relation, or a PackageError that says why there is none. */
  resolve(index: Index, request: ResolveRequest): Promise<Resolution>;
  /** Brings packages into the cache; every byte checked. */
  fetch(
    packages: readonly PackageRef[],
    repositories: readonly Repository[],
    context: Context,
  ): Promise<FetchedPackage[]>;
  /** Checks what a package says about itself against what the index said of it. Gives the signatures that it found good. */
  verify(
    packages: readonly FetchedPackage[],
    repositories: readonly Repository[],
    context: Context,
  ): Promise<readonly PackageProof[]>;
}
