import { fetchPackages, type PackageCache, type Provider } from '@ic/package-core';
import type { Fetcher } from '@ic/utils';
import { readMetadata } from './metadata/metadata.js';
import type { DebIndex } from './packages-index.js';
import { resolve } from './resolve/resolve.js';
import { verifyPackages } from './verify.js';

export interface DebProviderOptions {
  readonly fetcher: Fetcher;
  /** Where package files are kept. */
  readonly cache: PackageCache;
  /** Metadata is kept under `<cacheDir>/metadata`. */
  readonly cacheDir: string;
  /** Of the target, in Debian's words: amd64, arm64. */
  readonly architecture: string;
  /** Use the caches alone. */
  readonly offline: boolean;
  /** Downloads, and packages read, at once. */
  readonly jobs: number;
}

/** The deb family: apt repositories. `withHostMirrors` may go over the repositories before they are given to it. */
export function createDebProvider(options: DebProviderOptions): Provider<DebIndex> {
  const { fetcher, cache, offline, jobs, architecture } = options;
  return {
    family: 'deb',
    metadata: (repositories, context) => readMetadata(repositories, options, context),
    resolve: (index, request) => resolve(index, request, architecture),
    fetch: (packages, repositories, context) =>
      fetchPackages(packages, repositories, { cache, fetcher, offline, jobs, context }),
    verify: (packages, context) => verifyPackages(packages, jobs, context),
  };
}
