import { setMaxListeners } from 'node:events';
import {
  type Context,
  createLimit,
  type Fetcher,
  formatSize,
  type Limit,
  redactUrl,
  throwIfCancelled,
  UtilsError,
} from '@ic/utils';
import type { FetchedPackage, PackageRef, Repository } from '../contract.js';
import { PackageError, type PackageErrorCode } from '../errors.js';
import { isUnsafeServer } from '../metadata/index-errors.js';
import { createMirrors, type Mirrors } from '../mirrors.js';
import { createFetchFailures, type FetchFailures } from './fetch-failures.js';
import { createFetchProgress, type FetchProgress } from './fetch-progress.js';
import type { PackageCache, Write } from './package-cache.js';
import { packageUrl } from './package-url.js';

export interface FetchPackagesOptions {
  readonly cache: PackageCache;
  readonly fetcher: Fetcher;
  /** Take nothing from the network; what is not in the cache is PACKAGE_MISSING. */
  readonly offline: boolean;
  readonly context: Context;
  /** Which mirrors failed so far; default: none. */
  readonly mirrors?: Mirrors | undefined;
  /** Where a package's file is; default `packageUrl`. @throws PackageError LOCATION_ESCAPES */
  readonly urlOf?: ((ref: PackageRef, repository: Repository) => string) | undefined;
}

/** Files looked for at once, each of which may have to be hashed. */
const FINDS = 4;

/** Packages that are named where nothing else is to be said of them; a whole image would fill the screen. */
const NAMED = 10;

/** A package with where it comes from. */
interface Wanted {
  readonly ref: PackageRef;
  readonly repository: Repository;
  /** Where a mirror has it. */
  readonly urlAt: (mirror: Repository) => string;
}

/**
 * Brings packages into the cache, in parallel, and gives them back in the same order with their paths. Every file
 * is proven by size and SHA-256, cached ones too. Says its progress in bytes as stage `fetch`. What one mirror cannot
 * deliver is taken from the next. When packages cannot be had, the others are fetched all the same, and the error names
 * all that are missing (`details.missing`), under the code that they share or as FETCH_INCOMPLETE.
 *
 * @throws PackageError PACKAGE_MISSING, REPOSITORY_UNREACHABLE, REPOSITORY_INVALID, LOCATION_ESCAPES, PACKAGE_ALTERED,
 *   PACKAGE_TOO_LONG, PACKAGE_TRUNCATED, FETCH_INCOMPLETE; UtilsError HTTP_UNTRUSTED, HTTP_WRONG_HOST, HTTP_INSECURE,
 *   HTTP_REDIRECT, HTTP_TLS_TOO_OLD, HTTP_PROXY, CANCELLED, DISK_FULL
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
  const finding = createLimit(FINDS);
  const find = (item: Wanted) =>
    finding(async () => {
      throwIfCancelled(options.context.signal);
      const path = await options.cache.find(item.ref);
      if (path !== undefined) paths.set(item.ref.sha256, path);
    });
  await Promise.all(wanted.map(find));
  // The largest first: what comes last keeps only few connections busy.
  for (const item of [...wanted].sort((a, b) => b.ref.size - a.ref.size))
    if (!paths.has(item.ref.sha256)) missing.set(item.ref.sha256, item);
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
  urlOf(ref, repository); // refused before any request
  return { ref, repository, urlAt: (mirror) => urlOf(ref, mirror) };
}

async function fetchAll(
  missing: readonly Wanted[],
  options: FetchPackagesOptions,
): Promise<(readonly [string, string])[]> {
  const { context, fetcher } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  setMaxListeners(0, signal);
  const progress = createFetchProgress(
    missing.reduce((sum, { ref }) => sum + ref.size, 0),
    context.events,
  );
  const failures = createFetchFailures();
  const job: FetchJob = {
    ...{ options, signal, progress, failures, mirrors: options.mirrors ?? createMirrors() },
    // More than one server gets connections: the next download begins while a file is taken into the cache. What is not
    // begun is not claimed either, so that builds that want the same packages share them out.
    limit: createLimit(fetcher.connections),
  };
  let fatal: unknown;
  const results = await Promise.all(
    missing.map(async (item) => {
      try {
        const path = await fetchOne(item, job);
        failures.succeeded(item.ref);
        progress.finished(item.ref);
        return [[item.ref.sha256, path] as const];
      } catch (error) {
        if (failures.noted(item.ref, error)) return [];
        fatal ??= error;
        stop.abort();
        return [];
      }
    }),
  );
  throwIfCancelled(context.signal);
  const error = fatal ?? failures.error(missing.length);
  if (error !== undefined) throw error;
  return results.flat();
}

/** What all downloads of a call share. */
interface FetchJob {
  readonly options: FetchPackagesOptions;
  readonly signal: AbortSignal;
  readonly mirrors: Mirrors;
  readonly limit: Limit;
  readonly progress: FetchProgress;
  readonly failures: FetchFailures;
}

async function fetchOne({ ref, repository, urlAt }: Wanted, job: FetchJob): Promise<string> {
  const { cache, fetcher, context } = job.options;
  const { signal, progress, failures } = job;
  for (;;) {
    let isOurs = false;
    try {
      const download = async (mirror: Repository, partial: string, resume: boolean) => {
        throwIfCancelled(signal);
        const url = urlAt(mirror);
        context.logger.debug('fetching a package', { url: redactUrl(url), size: ref.size });
        return fetcher
          .download(url, partial, ref, { signal, resume, onBytes: progress.add })
          .catch((error: unknown) => {
            throw explained(error, ref, repository, url);
          });
      };
      // Mirrors are chosen when it is this package's turn: by then it is known which ones fail.
      const path = await job.limit(() => {
        throwIfCancelled(signal);
        if (!failures.isWorthATry(ref)) throw new Error(`${ref.name} is not tried`);
        const write: Write = async (partial, takeOver) => {
          isOurs = true;
          // What fails leaves nothing behind: the next mirror begins anew.
          let resume = await takeOver();
          return job.mirrors.first(repository, context, (mirror) => {
            const isBegun = resume;
            resume = false;
            return download(mirror, partial, isBegun);
          });
        };
        return cache.tryFill(ref, write, signal);
      });
      if (path !== undefined) {
        if (!isOurs) progress.add(ref.size);
        return path;
      }
      progress.waiting(ref);
      await cache.filled(ref, signal);
    } catch (error) {
      // Somebody else in this process was fetching it and gave up; that is not our end.
      if (!isOurs && !signal.aborted && isCode(error, 'CANCELLED')) continue;
      throw error;
    }
  }
}

/** By how a download differs from what its index says. */
const MISMATCHES: Readonly<Record<string, PackageErrorCode>> = {
  shorter: 'PACKAGE_TRUNCATED',
  longer: 'PACKAGE_TOO_LONG',
};

function explained(error: unknown, ref: PackageRef, repository: Repository, url: string): unknown {
  if (!(error instanceof UtilsError) || !error.code.startsWith('HTTP_')) return error;
  const shown = redactUrl(url);
  const what = `${ref.name} ${ref.version}`;
  const details = { package: ref.name, version: ref.version, repository: repository.name, url: shown };
  const { status } = error.details;
  if (isUnsafeServer(error)) {
    const message = `${what} cannot be fetched from the repository "${repository.name}": ${error.message}`;
    return new UtilsError(error.code, message, {
      cause: error,
      details,
      hint: error.hint,
      fault: error.fault,
    });
  }
  if (error.code === 'HTTP_MISMATCH') {
    return new PackageError(
      MISMATCHES[String(error.details['differs'])] ?? 'PACKAGE_ALTERED',
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
  const names = missing.map(({ ref }) => `${ref.name} ${ref.version}`).sort();
  const size = missing.reduce((sum, { ref }) => sum + ref.size, 0);
  const more = names.length - NAMED;
  const shown = more > 1 ? `${names.slice(0, NAMED).join(', ')} and ${more} more` : names.join(', ');
  return new PackageError(
    'PACKAGE_MISSING',
    `${names.length === 1 ? '1 package is' : `${names.length} packages are`} not in the package cache (${formatSize(size)}): ${shown}`,
    {
      hint: `run once without --offline to fetch them${more > 1 ? '; -v names all' : ''}`,
      details: { packages: names },
    },
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof UtilsError && error.code === code;
}
