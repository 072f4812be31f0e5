import type { LockChange, Lockfile, PackageRef } from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import type { FetcherOptions } from '@ic/utils';

/** Which image is asked for: a template and what the command line says over it. */
export interface TemplateRequest {
  /** Path of the template file. */
  readonly template: string;
  /** `key.path=value` over the merged template, as `--set`. */
  readonly set?: readonly string[] | undefined;
  /** Repository name → base URL, or several in the order in which they are asked, as `--mirror NAME=URL`. */
  readonly mirrors?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** `FPR` or `NAME=FPR`: full fingerprints trusted for repositories whose target leaves them open. */
  readonly trustKeys?: readonly string[] | undefined;
  /** Folders searched for targets before the shipped ones. */
  readonly targetFolders?: readonly string[] | undefined;
}

export interface ResolveOptions {
  readonly cacheDir: string;
  /** How servers are reached; default: directly, with Node's authorities, as nobody. */
  readonly transport?: FetcherOptions | undefined;
  /** Use the cache alone; say what is missing. */
  readonly offline?: boolean | undefined;
  /**
   * Judge what repositories and keys say of their validity by this time in place of the present, and take indexes of
   * whatever age. Nothing else depends on it.
   */
  readonly at?: Date | undefined;
  /** Take indexes that are older than those seen before; they count as the newest from then on. */
  readonly allowRollback?: boolean | undefined;
}

export interface FetchOptions extends ResolveOptions {
  /** Fetch what the template's lockfile has and read no index. */
  readonly locked?: boolean | undefined;
  /** Packages verified at once; default the number of processors. */
  readonly jobs?: number | undefined;
}

export interface ComposeOptions extends ResolveOptions {
  readonly outputDir: string;
  /** Where a build works; default a folder below `cacheDir`. */
  readonly workDir?: string | undefined;
  readonly assembly?: 'direct' | 'loop' | undefined;
  /** Install what the template's lockfile has and read no index. */
  readonly locked?: boolean | undefined;
  /** Seconds since 1970 for the time stamps of the image; default the date of the newest repository index. */
  readonly sourceDateEpoch?: number | undefined;
  /** Parallel work; default the number of processors. */
  readonly jobs?: number | undefined;
}

export interface Artifact {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ComposeResult {
  readonly artifacts: readonly Artifact[];
  /** Path of the manifest beside the artifacts. */
  readonly manifest: string;
}

export interface ResolveResult {
  readonly config: ImageConfig;
  /** Sorted by name. */
  readonly packages: readonly PackageRef[];
}

export interface LockOptions extends ResolveOptions {
  /** Names and globs of packages that are not kept at their locked version; `all` keeps none. */
  readonly update?: 'all' | readonly string[] | undefined;
}

export interface LockResult {
  /** Path of the lockfile, beside the template. */
  readonly path: string;
  readonly lockfile: Lockfile;
  /** Against the lockfile that was there before; undefined when there was none. */
  readonly changes?: readonly LockChange[] | undefined;
}
