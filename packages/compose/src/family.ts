import type {
  ContentFilter,
  FetchedPackage,
  PackageCache,
  PackageFamily,
  PackageId,
  Provider,
  RollbackPolicy,
} from '@ic/package-core';
import type { ToolRunner } from '@ic/toolchain';
import type { Context, Fetcher } from '@ic/utils';

/** What a build leaves to the packages' own family. */
export interface Family {
  createProvider(options: ProviderOptions): Provider;
  /** The item of a request that means this package alone. */
  pin(pkg: PackageId): string;
  /** Unpacks packages into an empty tree and runs nothing of theirs: the chroot environment. */
  unpack(packages: readonly FetchedPackage[], options: UnpackOptions): Promise<void>;
  /** Installs packages into the root file system, as stage `install`. */
  install(packages: readonly FetchedPackage[], options: InstallOptions): Promise<void>;
}

export interface ProviderOptions {
  readonly fetcher: Fetcher;
  readonly cache: PackageCache;
  readonly cacheDir: string;
  /** The family's word. */
  readonly architecture: string;
  readonly offline: boolean;
  readonly rollback: RollbackPolicy;
  readonly jobs: number;
}

export interface UnpackOptions {
  /** Absolute path of an empty folder. */
  readonly root: string;
  readonly architecture: string;
  readonly jobs: number;
  readonly context: Context;
}

export interface InstallOptions {
  /** Programs of the root file system. */
  readonly runner: ToolRunner;
  /** Programs of the chroot environment, once it is there. */
  readonly tools: Promise<ToolRunner>;
  readonly architecture: string;
  /** What of each package is unpacked. */
  readonly content: ContentFilter;
  readonly work: string;
  readonly epoch: number;
  readonly jobs: number;
  readonly context: Context;
}

/** The part of a build that knows a family of packages; it is loaded when it is first asked for. */
export async function familyOf({ family }: { readonly family: PackageFamily }): Promise<Family> {
  return family === 'deb'
    ? (await import('./deb-family.js')).debFamily
    : (await import('./rpm-family.js')).rpmFamily;
}
