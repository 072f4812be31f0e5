import type { PackageIndex } from '@ic/package-core';
import type { Dependency } from './dependency.js';
import type { Evr } from './evr.js';

/** One binary package of one repository, as its metadata tells. */
export interface RpmPackage {
  readonly name: string;
  readonly evr: Evr;
  /** `[epoch:]version-release`, without an epoch of 0: what people write and what a `PackageRef` calls its version. */
  readonly version: string;
  /** x86_64, noarch, i686, … */
  readonly architecture: string;
  /** Name of its repository. */
  readonly repository: string;
  /** Of its repository: a higher number wins. */
  readonly priority: number;
  /** Path below the repository's URL, or an absolute URL where the metadata has an `xml:base`. */
  readonly location: string;
  /** Bytes of the package file. */
  readonly size: number;
  /** Bytes on the target. */
  readonly installedSize: number;
  /** Of the package file, lower-case hex. */
  readonly sha256: string;
  /** Seconds since 1970 at which the file came into the repository (`<time file=…>`). */
  readonly fileTime: number;
  /** File name of the source package it was built from. */
  readonly sourceRpm: string;
  /** With the package itself (`name = epoch:version-release`), as the metadata lists it. */
  readonly provides: readonly Dependency[];
  readonly requires: readonly Dependency[];
  readonly conflicts: readonly Dependency[];
  readonly obsoletes: readonly Dependency[];
  readonly recommends: readonly Dependency[];
  readonly suggests: readonly Dependency[];
  readonly supplements: readonly Dependency[];
  readonly enhances: readonly Dependency[];
}

/** Why a package that is in a repository's metadata is not seen. */
export const LEFT_OUT_REASONS = ['source', 'modular', 'not allowed', 'excluded', 'too new'] as const;
/**
 * source: it is a source package; modular: it belongs to a module stream; not allowed: allowPackages does not name it;
 * excluded: excludePackages does; too new: it came into the repository after the snapshot time.
 */
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

export interface LeftOut {
  readonly repository: string;
  readonly reason: LeftOutReason;
  /** How many packages of the name. */
  readonly count: number;
}

/** The packages of all repositories, read and proven: what resolving asks of them. */
export interface RpmIndex extends PackageIndex {
  /** Every version of every architecture. */
  packagesNamed(name: string): readonly RpmPackage[];
  /** The packages that have this name among their Provides, in any version; their own names count. */
  providersOf(name: string): readonly RpmPackage[];
  /** The packages that bring the file or folder of this absolute path, as far as is known. */
  ownersOf(path: string): readonly RpmPackage[];
  /**
   * Whether `ownersOf` knows all there is: primary metadata lists the files below /etc, those with `bin/` in their path and
   * /usr/lib/sendmail; others are known after `findOwners`.
   */
  knowsOwnersOf(path: string): boolean;
  /** Reads filelists for these paths. @throws PackageError as reading metadata */
  findOwners(paths: Iterable<string>): Promise<void>;
  /** The names of all packages, each once. */
  names(): Iterable<string>;
  /** Why packages of this name, which a repository has, are not among those above. */
  leftOut(name: string): readonly LeftOut[];
  /** Packages with Supplements or Enhances; few. */
  supplementing(): readonly RpmPackage[];
  /** Every package, in the order of repositories and metadata. */
  all(): Iterable<RpmPackage>;
}
