import {
  createMetadataCache,
  createMirrors,
  fetchPackages,
  type PackageCache,
  type Provider,
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
    fetch: (packages, repositories, context) =>
      fetchPackages(packages, repositories, {
        ...{ cache, fetcher, offline, mirrors, context },
        urlOf: rpmPackageUrl,
      }),
    verify: (packages, repositories, context) =>
      verifyPackages(packages, repositories, { cache: createMetadataCache(options), jobs }, context),
  };
}
