import { createMirrors, fetchPackages, type PackageCache, type Provider } from '@ic/package-core';
import type { Fetcher } from '@ic/utils';
import { withHostMirrors } from './host-mirror.js';
import { readMetadata } from './metadata/metadata.js';
import type { DebIndex } from './packages-index.js';
import { resolveExplained } from './resolve/resolve-explained.js';
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
  /** Packages read at once. */
  readonly jobs: number;
}

/** The deb family: apt repositories. `locate` puts the mirrors of this host's own apt in the place of Debian's servers. */
export function createDebProvider(options: DebProviderOptions): Provider<DebIndex> {
  const { fetcher, cache, cacheDir, offline, jobs, architecture } = options;
  const mirrors = createMirrors();
  return {
    family: 'deb',
    locate: (repositories, context) => withHostMirrors(repositories, { fetcher, cacheDir, offline }, context),
    metadata: (repositories, context) => readMetadata(repositories, { ...options, mirrors }, context),
    resolve: (index, request) => resolveExplained(index, request, architecture),
    fetch: (packages, repositories, context) =>
      fetchPackages(packages, repositories, { cache, fetcher, offline, mirrors, context }),
    verify: (packages, _repositories, context) => verifyPackages(packages, jobs, context),
  };
}
