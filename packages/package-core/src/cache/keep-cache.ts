import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, createLimit, defaultContext, throwIfCancelled } from '@ic/utils';
import { CACHE_KINDS, type CacheEntry, type CacheKind, cacheEntries } from './cache-entries.js';
import { whileRemoving } from './cache-use.js';
import { openClaims } from './claims.js';

/** How much of a kind there is. */
export interface CacheSummary {
  readonly kind: CacheKind;
  readonly files: number;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601; absent where there is nothing. */
  readonly lastUse?: string | undefined;
}

export interface Removed {
  /** What was removed, or with `dryRun` would be, sorted by path. */
  readonly removed: readonly Pick<CacheEntry, 'kind' | 'path' | 'size'>[];
  /** How many files would have been removed as well, if no running build used them. */
  readonly inUse: number;
}

export interface VerifyResult {
  /** Files whose content was proven. */
  readonly good: number;
  readonly removed: Removed['removed'];
}

export interface VerifyOptions {
  readonly dryRun?: boolean | undefined;
  /** Files hashed at once; default 4. */
  readonly jobs?: number | undefined;
}

export interface PruneOptions {
  readonly dryRun?: boolean | undefined;
  /** Bytes that may stay: what was not used for longest goes first. */
  readonly maxSize?: number | undefined;
  /** Milliseconds: what was not used for longer goes. */
  readonly olderThan?: number | undefined;
}

/** What a cache holds, by kind. @throws PackageError CACHE_UNKNOWN */
export async function listCache(cacheDir: string, context = defaultContext()): Promise<CacheSummary[]> {
  const entries = await cacheEntries(cacheDir, context.clock.now().getTime());
  return CACHE_KINDS.map((kind) =>
    summary(
      kind,
      entries.filter((entry) => entry.kind === kind),
    ),
  );
}

function summary(kind: CacheKind, entries: readonly CacheEntry[]): CacheSummary {
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  const lastUse = entries.reduce((latest, entry) => Math.max(latest, entry.lastUse), 0);
  const used = entries.length === 0 ? undefined : new Date(lastUse).toISOString();
  return { kind, files: entries.length, size, lastUse: used };
}

/**
 * Hashes every file of a cache and removes those that are wrong, and half-written ones that nobody writes any more.
 * Safe beside running builds: what is wrong is of no use to them.
 *
 * @throws PackageError CACHE_UNKNOWN; UtilsError CANCELLED
 */
export async function verifyCache(
  cacheDir: string,
  { dryRun = false, jobs = 4 }: VerifyOptions = {},
  context: Context = defaultContext(),
): Promise<VerifyResult> {
  const entries = await cacheEntries(cacheDir, context.clock.now().getTime());
  const limit = createLimit(jobs);
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let done = 0;
  const wrongOnes = entries.map((entry) =>
    limit(async () => {
      throwIfCancelled(context.signal);
      const isRight = entry.kind === 'partial files' ? !entry.isLeft : await entry.isRight();
      done += entry.size;
      context.events({ type: 'progress', stage: 'verify', done, total, unit: 'bytes' });
      return isRight ? [] : [entry];
    }),
  );
  const wrong = (await Promise.all(wrongOnes)).flat();
  return whileRemoving(cacheDir, context, async () => {
    // Some may have been replaced, or removed, while they were read.
    const changed = await Promise.all(wrong.map(hasChanged));
    const removed = await removeAll(
      wrong.filter((_, index) => changed[index] === false),
      { cacheDir, dryRun },
    );
    const isWhole = ({ kind }: Pick<CacheEntry, 'kind'>) => kind !== 'partial files';
    return { good: entries.filter(isWhole).length - wrong.filter(isWhole).length, removed };
  });
}

async function hasChanged({ path, size, lastUse }: CacheEntry): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.size !== size || found.mtimeMs !== lastUse;
}

/**
 * Removes what was not used for longest until the rest fits, what is older than it may be, and half-written files that
 * nobody writes any more; without limits only the last. What running builds use stays.
 *
 * @throws PackageError CACHE_UNKNOWN; UtilsError CANCELLED
 */
export async function pruneCache(
  cacheDir: string,
  options: PruneOptions = {},
  context: Context = defaultContext(),
): Promise<Removed> {
  const { maxSize = Number.POSITIVE_INFINITY, olderThan = Number.POSITIVE_INFINITY } = options;
  const now = context.clock.now().getTime();
  return removeChosen(cacheDir, { ...options, now }, context, (entries) => {
    let left = entries.reduce((sum, { size }) => sum + size, 0);
    const isOut = (entry: CacheEntry) => {
      const isChosen = left > maxSize || now - entry.lastUse > olderThan;
      if (isChosen) left -= entry.size;
      return isChosen;
    };
    return entries.filter(isOut);
  });
}

/**
 * Removes all that builds have written into a cache, but what running builds use. Files of others stay.
 *
 * @throws PackageError CACHE_UNKNOWN; UtilsError CANCELLED
 */
export async function clearCache(
  cacheDir: string,
  options: { readonly dryRun?: boolean | undefined } = {},
  context: Context = defaultContext(),
): Promise<Removed> {
  const now = context.clock.now().getTime();
  return removeChosen(cacheDir, { ...options, now }, context, (entries) => entries);
}

/** @param choose of entries that nobody uses or are in use, those not used for longest first */
async function removeChosen(
  cacheDir: string,
  { dryRun = false, now }: { readonly dryRun?: boolean | undefined; readonly now: number },
  context: Context,
  choose: (entries: readonly CacheEntry[]) => readonly CacheEntry[],
): Promise<Removed> {
  return whileRemoving(cacheDir, context, async (inUseSince) => {
    const entries = await cacheEntries(cacheDir, now);
    const left = entries.filter(({ isLeft }) => isLeft);
    const whole = entries.filter(({ kind }) => kind !== 'partial files');
    const oldest = whole.sort((a, b) => a.lastUse - b.lastUse || (a.path < b.path ? -1 : 1));
    const chosen = choose(oldest);
    const free = chosen.filter(({ lastUse }) => lastUse < inUseSince);
    return {
      removed: await removeAll([...left, ...free], { cacheDir, dryRun }),
      inUse: chosen.length - free.length,
    };
  });
}

async function removeAll(
  entries: readonly CacheEntry[],
  { cacheDir, dryRun }: { readonly cacheDir: string; readonly dryRun: boolean },
): Promise<Removed['removed']> {
  const removed = entries
    .map(({ kind, path, size }) => ({ kind, path, size }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (dryRun) return removed;
  for (const { path } of removed) await rm(path, { force: true });
  for (const folder of ['packages/partial', 'metadata/claims'])
    await openClaims(join(cacheDir, folder)).sweep();
  return removed;
}
