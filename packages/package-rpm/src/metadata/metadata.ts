import { join } from 'node:path';
import {
  createMetadataCache,
  createMirrors,
  explainForeignKey,
  type Mirrors,
  openPackageCache,
  type PackageCache,
  type Repository,
  type RepositoryProof,
  type RollbackPolicy,
  readAll,
} from '@ic/package-core';
import type { Context, Fetcher } from '@ic/utils';
import { RpmPackagesIndex } from '../packages-index.js';
import type { RepositoryMetadata } from '../repository-packages.js';
import type { ListRequest } from './read-list.js';
import { readLocal } from './read-local.js';
import { readOwners } from './read-owners.js';
import { readRepomd } from './read-repomd.js';
import { readTable } from './read-table.js';

export interface MetadataOptions {
  readonly fetcher: Fetcher;
  /** Proven metadata, and what was made of it, is kept under `<cacheDir>/metadata`. */
  readonly cacheDir: string;
  /** Where files of repositories without an index go; default `<cacheDir>/packages`. */
  readonly cache?: PackageCache | undefined;
  /** Of the target, in rpm's words; what a repository without an index is asked for. */
  readonly architecture?: string | undefined;
  /** Use the cache alone. */
  readonly offline: boolean;
  /** Default `refuse`. */
  readonly rollback?: RollbackPolicy | undefined;
  /** Which mirrors failed so far; default: none. */
  readonly mirrors?: Mirrors | undefined;
}

/**
 * Reads and proves the indexes of all repositories: pinned key, repomd.xml, primary metadata, the modules where there
 * are such; filelists when they are asked for. The log says what is left out of each repository.
 *
 * @throws PackageError KEY_UNPINNED, KEY_UNAVAILABLE, KEY_UNKNOWN, KEY_EXPIRED, KEY_REVOKED, KEY_REJECTED, SIGNATURE_MISSING,
 *   SIGNATURE_INVALID, SIGNATURE_WEAK, KEY_WEAK, INDEX_ALTERED, INDEX_TRUNCATED, INDEX_NOT_YET_VALID, INDEX_ROLLED_BACK; as
 *   `readList`
 */
export async function readMetadata(
  repositories: readonly Repository[],
  options: MetadataOptions,
  context: Context,
): Promise<RpmPackagesIndex> {
  const cache = createMetadataCache(options);
  const { mirrors = createMirrors() } = options;
  const read = repositories.map((repository) =>
    readRepository({ repository, cache, mirrors, context }, options).catch(async (error) => {
      throw await explainForeignKey(error, { repository, repositories, cache, context });
    }),
  );
  const results = await readAll(read, options.offline);
  const index = new RpmPackagesIndex(
    results.map(({ metadata }) => metadata),
    results.map(({ proof }) => proof),
  );
  for (const { repository, reason, count } of index.allLeftOut()) {
    context.logger.info('packages left out', { repository, reason, count });
  }
  return index;
}

interface RepositoryResult {
  readonly metadata: RepositoryMetadata;
  readonly proof: RepositoryProof;
}

async function readRepository(request: ListRequest, options: MetadataOptions): Promise<RepositoryResult> {
  const { cache, mirrors, context } = request;
  if (request.repository.packageFiles !== undefined) {
    const packages = options.cache ?? openPackageCache(join(options.cacheDir, 'packages'), context.clock);
    return readLocal(request.repository, options.architecture ?? 'noarch', { packages, cache, context });
  }
  // One mirror gives index and signature: halves of two publications would not fit.
  const { repository, repomd, proof } = await mirrors.first(request.repository, context, async (mirror) => ({
    repository: mirror,
    ...(await readRepomd(mirror, cache, context)),
  }));
  const from = { ...request, repository, date: repomd.date };
  const table = await readTable(from, repomd);
  const findOwners = (paths: readonly string[]) => readOwners(from, repomd, paths);
  return { metadata: { repository, table, findOwners }, proof };
}
