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
import { locateMirrors } from './metadata/locate-mirrors.js';
import { readMetadata } from './metadata/metadata.js';
import { resolve } from './resolve/resolve.js';
import type { RpmIndex } from './rpm-package.js';
import { rpmPackageUrl } from './rpm-package-url.js';
import { verifyPackages } from './verify.js';

export interface RpmProviderOptions {
  readonly fetcher: Fetcher;
  /** Where package files are kept. */
  readonly cache: PackageCache;
  /** Metadata is kept under `<cacheDir>/metadata`. */
  readonly cacheDir: string;
  /** Of the target, in rpm's words: x86_64, aarch64. */
  readonly architecture: string;
  /** Use the caches alone. */
  readonly offline: boolean;
  /** What becomes of indexes older than those seen before; default `refuse`. */
  readonly rollback?: RollbackPolicy | undefined;
  /** Packages read at once. */
  readonly jobs: number;
}

/** The rpm family: repositories with repodata. `locate` chooses mirrors where a repository names a list of them. */
export function createRpmProvider(options: RpmProviderOptions): Provider<RpmIndex> {
  const { fetcher, cache, offline, jobs, architecture } = options;
  const mirrors = createMirrors();
  return {
    family: 'rpm',
    locate: (repositories, context) => locateMirrors(repositories, options, context),
    metadata: (repositories, context) => readMetadata(repositories, { ...options, mirrors }, context),
    resolve: (index, request) => resolve(index, request, architecture),
    async fetch(packages, repositories, context) {
      const imports = {
        family: 'rpm',
        packages: cache,
        cache: createMetadataCache(options),
        context,
      } as const;
      await importMissing(packages, repositories, imports);
      return fetchPackages(packages, repositories, {
        ...{ cache, fetcher, offline, mirrors, context },
        urlOf: rpmPackageUrl,
      });
    },
    verify: (packages, repositories, context) =>
      verifyPackages(packages, repositories, { cache: createMetadataCache(options), jobs }, context),
  };
}
