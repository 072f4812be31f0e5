import { join } from 'node:path';
import {
  createMetadataCache,
  createMirrors,
  explainForeignKey,
  type MetadataCache,
  type Mirrors,
  nameGlob,
  openPackageCache,
  type PackageCache,
  type Repository,
  type RepositoryProof,
  type RollbackPolicy,
  readAll,
  repositoryTrust,
} from '@ic/package-core';
import type { Context, Fetcher } from '@ic/utils';
import { DebIndex, type PackagesFile } from '../packages-index.js';
import { findLeftOut } from './find-left-out.js';
import { readLocal } from './read-local.js';
import { type PackagesRequest, readPackagesTables } from './read-packages.js';
import { readRelease } from './read-release.js';
import { suiteTarget } from './suite-target.js';

export interface MetadataOptions {
  readonly fetcher: Fetcher;
  /** Raw, proven metadata is kept under `<cacheDir>/metadata`. */
  readonly cacheDir: string;
  /** Where files of repositories without an index go; default `<cacheDir>/packages`. */
  readonly cache?: PackageCache | undefined;
  /** Debian's word: amd64, arm64. */
  readonly architecture: string;
  /** Use the cache alone. */
  readonly offline: boolean;
  /** Default `refuse`. */
  readonly rollback?: RollbackPolicy | undefined;
  /** Which mirrors failed so far; default: none. */
  readonly mirrors?: Mirrors | undefined;
}

/**
 * Reads and proves the indexes of all suites of all repositories: pinned key, Release file, `Packages` files.
 *
 * @throws PackageError KEY_UNPINNED, KEY_UNAVAILABLE, KEY_UNKNOWN, KEY_EXPIRED, KEY_REVOKED, KEY_REJECTED, SIGNATURE_MISSING,
 *   SIGNATURE_INVALID, SIGNATURE_WEAK, KEY_WEAK, INDEX_ALTERED, INDEX_TRUNCATED, INDEX_EXPIRED, INDEX_NOT_YET_VALID,
 *   INDEX_ROLLED_BACK; as `readPackagesTables`
 */
export async function readMetadata(
  repositories: readonly Repository[],
  options: MetadataOptions,
  context: Context,
): Promise<DebIndex> {
  const cache = createMetadataCache(options);
  const { mirrors = createMirrors() } = options;
  const read = repositories.map((repository) =>
    readRepository({ repository, cache, mirrors, options, context }).catch(async (error) => {
      throw await explainForeignKey(error, { repository, repositories, cache, context });
    }),
  );
  const results = (await readAll(read, options.offline)).flat();
  return new DebIndex(
    results.flatMap(({ files }) => files),
    results.map(({ proof }) => proof),
    async (names) =>
      (await Promise.all(results.map(async ({ lists }) => (lists ? findLeftOut(names, lists) : [])))).flat(),
  );
}

interface RepositoryRequest {
  readonly repository: Repository;
  readonly cache: MetadataCache;
  readonly mirrors: Mirrors;
  readonly options: MetadataOptions;
  readonly context: Context;
}

interface SuiteResult {
  readonly files: readonly PackagesFile[];
  readonly proof: RepositoryProof;
  /** To read more of its lists with, where it has such. */
  readonly lists?: PackagesRequest | undefined;
}

async function readRepository(request: RepositoryRequest): Promise<SuiteResult[]> {
  const { repository, cache, mirrors, options, context } = request;
  if (repository.packageFiles !== undefined) {
    const packages = options.cache ?? openPackageCache(join(options.cacheDir, 'packages'), context.clock);
    return [await readLocal(repository, options.architecture, { packages, cache, context })];
  }
  const trust = await repositoryTrust(repository, cache, context);
  const accepts = repository.allowPackages && nameGlob(repository.allowPackages);
  return readAll(
    repository.suites.map(async (suite) => {
      // One mirror gives all of the signed index: halves of two publications would not fit.
      const { target, release, proof } = await mirrors.first(repository, context, async (mirror) => {
        const target = suiteTarget(mirror, suite);
        return { target, ...(await readRelease(target, trust, cache, context)) };
      });
      const { architecture } = options;
      const lists = { target, release, architecture, cache, mirrors, context };
      const { name, priority } = repository;
      const files = (await readPackagesTables(lists)).map((table) => ({
        ...{ repository: name, suite, priority },
        ...{ table, accepts },
      }));
      return { files, proof, lists };
    }),
    options.offline,
  );
}
