import {
  createMetadataCache,
  createMirrors,
  type MetadataCache,
  type Mirrors,
  nameGlob,
  type Repository,
  type RepositoryProof,
  repositoryTrust,
} from '@ic/package-core';
import type { Context, Fetcher } from '@ic/utils';
import { DebIndex, type PackagesFile } from '../packages-index.js';
import { findLeftOut } from './find-left-out.js';
import { type PackagesRequest, readPackagesTables } from './read-packages.js';
import { readRelease } from './read-release.js';
import { suiteTarget } from './suite-target.js';

export interface MetadataOptions {
  readonly fetcher: Fetcher;
  /** Raw, proven metadata is kept under `<cacheDir>/metadata`. */
  readonly cacheDir: string;
  /** Debian's word: amd64, arm64. */
  readonly architecture: string;
  /** Use the cache alone. */
  readonly offline: boolean;
  /** Which mirrors failed so far; default: none. */
  readonly mirrors?: Mirrors | undefined;
}

/**
 * Reads and proves the indexes of all suites of all repositories: pinned key, Release file, `Packages` files.
 * A repository that is trusted without a signature is warned of once (REPOSITORY_TRUSTED).
 *
 * @throws PackageError KEY_UNPINNED, KEY_UNAVAILABLE, KEY_UNKNOWN, KEY_REJECTED, SIGNATURE_MISSING, SIGNATURE_INVALID,
 *   INDEX_EXPIRED, HASH_MISMATCH, REPOSITORY_INVALID, REPOSITORY_UNREACHABLE
 */
export async function readMetadata(
  repositories: readonly Repository[],
  options: MetadataOptions,
  context: Context,
): Promise<DebIndex> {
  const cache = createMetadataCache(options);
  const { mirrors = createMirrors() } = options;
  const read = repositories.map((repository) =>
    readRepository({ repository, cache, mirrors, options, context }),
  );
  const results = (await Promise.all(read)).flat();
  return new DebIndex(
    results.flatMap(({ files }) => files),
    results.map(({ proof }) => proof),
    async (names) => (await Promise.all(results.map(({ lists }) => findLeftOut(names, lists)))).flat(),
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
  /** To read more of its lists with. */
  readonly lists: PackagesRequest;
}

async function readRepository(request: RepositoryRequest): Promise<SuiteResult[]> {
  const { repository, cache, mirrors, options, context } = request;
  const trust = await repositoryTrust(repository, cache, context);
  const accepts = repository.allowPackages && nameGlob(repository.allowPackages);
  return Promise.all(
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
  );
}
