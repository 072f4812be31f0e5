import {
  loadPinnedKeys,
  nameGlob,
  PackageError,
  type Repository,
  type RepositoryProof,
  type Trust,
} from '@ic/package-core';
import { type Context, type Fetcher, redactUrl } from '@ic/utils';
import { DebIndex, type PackagesFile } from '../packages-index.js';
import { createMetadataCache, type MetadataCache, type MetadataRequest } from './metadata-cache.js';
import { readPackagesFiles } from './read-packages.js';
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
  const read = repositories.map((repository) => readRepository({ repository, cache, options, context }));
  const results = (await Promise.all(read)).flat();
  return new DebIndex(
    results.flatMap(({ files }) => files),
    results.map(({ proof }) => proof),
  );
}

interface RepositoryRequest {
  readonly repository: Repository;
  readonly cache: MetadataCache;
  readonly options: MetadataOptions;
  readonly context: Context;
}

interface SuiteResult {
  readonly files: readonly PackagesFile[];
  readonly proof: RepositoryProof;
}

async function readRepository(request: RepositoryRequest): Promise<SuiteResult[]> {
  const { repository, cache, options, context } = request;
  const trust = await trustOf(request);
  const accepts = repository.allowPackages && nameGlob(repository.allowPackages);
  return Promise.all(
    repository.suites.map(async (suite) => {
      const target = suiteTarget(repository, suite);
      const { release, proof } = await readRelease(target, trust, cache, context);
      const { architecture } = options;
      const lists = await readPackagesFiles({ target, release, architecture, cache, context });
      const { name, priority } = repository;
      const files = lists.map((bytes) => ({ repository: name, suite, priority, bytes, accepts }));
      return { files, proof };
    }),
  );
}

/** Whose signature counts; undefined where the template says that none is needed. */
async function trustOf({ repository, cache, context }: RepositoryRequest): Promise<Trust | undefined> {
  if (!repository.trusted) {
    return loadPinnedKeys(repository, {
      signal: context.signal,
      fetcher: { bytes: (url, request = {}) => keyBytes(cache, url, request) },
    });
  }
  if (repository.url.startsWith('http:')) {
    throw new PackageError(
      'SIGNATURE_MISSING',
      `repository "${repository.name}" is read over plain http: (${redactUrl(repository.url)}) and marked [trusted=yes]: nothing would vouch for its packages`,
      {
        fault: 'request',
        hint: 'use https: or file:, or name the key that signs the repository in "pkey" instead of [trusted=yes]',
      },
    );
  }
  context.events({
    type: 'warning',
    code: 'REPOSITORY_TRUSTED',
    message: `repository "${repository.name}" is marked [trusted=yes]: its index is not checked against any key`,
  });
  return undefined;
}

/** Keys from the network are revalidated like Release files, so that they are there offline too. */
async function keyBytes(cache: MetadataCache, url: string, request: MetadataRequest) {
  const file = await cache.current(url, request);
  if (file === undefined) throw new Error(cache.offline ? 'it is not in the cache' : 'there is no such file');
  await file.keep();
  return { status: 200, body: file.bytes, headers: {} };
}
