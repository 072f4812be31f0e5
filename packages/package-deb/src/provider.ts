import {
  createMetadataCache,
  createMirrors,
  fetchPackages,
  importMissing,
  type PackageCache,
  type Provider,
  type RollbackPolicy,
} from '@ic/package-core';
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
  /** What becomes of indexes older than those seen before; default `refuse`. */
  readonly rollback?: RollbackPolicy | undefined;
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
    async fetch(packages, repositories, context) {
      const imports = {
        family: 'deb',
        packages: cache,
        cache: createMetadataCache(options),
        context,
      } as const;
      await importMissing(packages, repositories, imports);
      return fetchPackages(packages, repositories, { cache, fetcher, offline, mirrors, context });
    },
    async verify(packages, _repositories, context) {
      await verifyPackages(packages, jobs, context);
      // Debian packages carry no signatures: their index vouches for them.
      return [];
    },
  };
}
