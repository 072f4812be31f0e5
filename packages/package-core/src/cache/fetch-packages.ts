import {
  type Context,
  createLimit,
  type Fetcher,
  formatSize,
  redactUrl,
  throwIfCancelled,
  UtilsError,
} from '@ic/utils';
import type { FetchedPackage, PackageRef, Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import { createFetchProgress } from './fetch-progress.js';
import type { PackageCache } from './package-cache.js';
import { packageUrl } from './package-url.js';

export interface FetchPackagesOptions {
  readonly cache: PackageCache;
  readonly fetcher: Fetcher;
  /** Take nothing from the network; what is not in the cache is PACKAGE_MISSING. */
  readonly offline: boolean;
  /** Downloads at once. */
  readonly jobs: number;
  readonly context: Context;
  /** Where a package's file is; default `packageUrl`. @throws PackageError REPOSITORY_INVALID */
  readonly urlOf?: ((ref: PackageRef, repository: Repository) => string) | undefined;
}

/** A package with where it comes from. */
interface Wanted {
  readonly ref: PackageRef;
  readonly repository: Repository;
  readonly url: string;
}

/**
 * Brings packages into the cache, in parallel, and gives them back in the same order with their paths. Every file
 * is proven by size and SHA-256, cached ones too. Says its progress in bytes as stage `fetch`. The first failure
 * stops the other downloads.
 *
 * @throws PackageError PACKAGE_MISSING, REPOSITORY_UNREACHABLE, REPOSITORY_INVALID, HASH_MISMATCH; UtilsError CANCELLED, DISK_FULL
 */
export async function fetchPackages(
  packages: readonly PackageRef[],
  repositories: readonly Repository[],
  options: FetchPackagesOptions,
): Promise<FetchedPackage[]> {
  const byName = new Map(repositories.map((repository) => [repository.name, repository]));
  const wanted = packages.map((ref) => locate(ref, byName, options.urlOf ?? packageUrl));
  const paths = new Map<string, string>();
  const missing = new Map<string, Wanted>();
  for (const item of wanted) {
    throwIfCancelled(options.context.signal);
    const path = await options.cache.find(item.ref);
    if (path === undefined) missing.set(item.ref.sha256, item);
    else paths.set(item.ref.sha256, path);
  }
  if (missing.size > 0 && options.offline) throw offline([...missing.values()]);
  for (const [sha256, path] of await fetchAll([...missing.values()], options)) paths.set(sha256, path);
  return packages.map((ref) => ({ ...ref, path: paths.get(ref.sha256) ?? '' }));
}

function locate(
  ref: PackageRef,
  repositories: ReadonlyMap<string, Repository>,
  urlOf: (ref: PackageRef, repository: Repository) => string,
): Wanted {
  const repository = repositories.get(ref.repository);
  if (repository === undefined) {
    throw new PackageError(
      'REPOSITORY_INVALID',
      `${ref.name} ${ref.version} belongs to the repository "${ref.repository}", which this build does not have`,
      { hint: 'resolve again with the repositories of this template' },
    );
  }
  return { ref, repository, url: urlOf(ref, repository) };
}

async function fetchAll(
  missing: readonly Wanted[],
  options: FetchPackagesOptions,
): Promise<(readonly [string, string])[]> {
  const { context } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const limit = createLimit(options.jobs);
  const progress = createFetchProgress(
    missing.reduce((sum, { ref }) => sum + ref.size, 0),
    context.events,
  );
  let firstError: unknown;
  /** What another build fetches just now is waited for without keeping others from being fetched. */
  const fetchInTurn = async (item: Wanted) => {
    for (;;) {
      const path = await limit(async () => {
        throwIfCancelled(signal);
        return fetchOne(item, options, signal, progress.add);
      });
      if (path !== undefined) {
        progress.finished(item.ref);
        return [item.ref.sha256, path] as const;
      }
      progress.waiting(item.ref);
      await options.cache.filled(item.ref, signal);
    }
  };
  const results = await Promise.allSettled(
    missing.map((item) =>
      fetchInTurn(item).catch((error: unknown) => {
        firstError ??= error;
        failed.abort();
        throw error;
      }),
    ),
  );
  throwIfCancelled(context.signal);
  if (firstError !== undefined) throw firstError;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Undefined when another process is fetching it. */
async function fetchOne(
  { ref, repository, url }: Wanted,
  options: FetchPackagesOptions,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string | undefined> {
  for (;;) {
    let isOurs = false;
    try {
      const path = await options.cache.tryFill(ref, (partial) => {
        isOurs = true;
        options.context.logger.debug('fetching a package', { url: redactUrl(url), size: ref.size });
        return options.fetcher.download(url, partial, ref, { signal, onBytes });
      });
      if (!isOurs && path !== undefined) onBytes(ref.size);
      return path;
    } catch (error) {
      // Somebody else in this process was fetching it and gave up; that is not our end.
      if (!isOurs && !signal.aborted && isCode(error, 'CANCELLED')) continue;
      throw explained(error, ref, repository, url);
    }
  }
}

function explained(error: unknown, ref: PackageRef, repository: Repository, url: string): unknown {
  if (!(error instanceof UtilsError) || !error.code.startsWith('HTTP_')) return error;
  const shown = redactUrl(url);
  const what = `${ref.name} ${ref.version}`;
  const details = { package: ref.name, version: ref.version, repository: repository.name, url: shown };
  const status = error.details['status'];
  if (error.code === 'HTTP_MISMATCH') {
    return new PackageError(
      'HASH_MISMATCH',
      `${what} from the repository "${repository.name}" is not the file that its index describes: ${error.message}`,
      { cause: error, details, hint: error.hint },
    );
  }
  if (error.code === 'HTTP_STATUS' && (status === 404 || status === 410)) {
    return new PackageError(
      'PACKAGE_MISSING',
      `the repository "${repository.name}" no longer has ${what} (${shown})`,
      {
        cause: error,
        details,
        hint: 'the mirror has changed since the packages were resolved: build again, after "ic lock --update" when they are locked',
      },
    );
  }
  return new PackageError(
    'REPOSITORY_UNREACHABLE',
    `the repository "${repository.name}" could not deliver ${what}: ${error.message}`,
    {
      cause: error,
      details,
      hint: `check the network, or choose another mirror with --mirror ${repository.name}=URL`,
    },
  );
}

function offline(missing: readonly Wanted[]): PackageError {
  const names = missing.map(({ ref }) => `${ref.name} ${ref.version}`);
  const size = missing.reduce((sum, { ref }) => sum + ref.size, 0);
  return new PackageError(
    'PACKAGE_MISSING',
    `${names.length === 1 ? '1 package is' : `${names.length} packages are`} not in the package cache (${formatSize(size)}): ${names.join(', ')}`,
    { hint: 'run once without --offline to fetch them', details: { packages: names } },
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof UtilsError && error.code === code;
}
