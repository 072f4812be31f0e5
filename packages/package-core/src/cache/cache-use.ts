import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@ic/utils';
import { PackageError } from '../errors.js';
import { type Claim, type Claims, openClaims } from './claims.js';

/** Tells back-up programs and people what the folder is: https://bford.info/cachedir/ */
const TAG = 'CACHEDIR.TAG';
const TAG_TEXT = `Signature: 8a477f597d28d172789f06886806bc55
# This folder holds what Image Composer has fetched and can fetch again: "ic cache list" shows it.
`;
/** Folders of a cache from before there was a tag. */
const KNOWN = ['packages/sha256', 'packages/partial', 'metadata/lists', 'metadata/current'];
/** Milliseconds by which the file system's clock may be behind ours. */
const COARSE = 1000;
/** Held by whoever removes from the cache. */
const REMOVING = 'removing';

/**
 * Tells those who remove from a cache that this process uses it: from now on nothing that it finds there is removed
 * until the claim is released. Makes the folder; waits while something is being removed.
 *
 * @throws UtilsError CANCELLED
 */
export async function useCache(cacheDir: string, context: Context): Promise<Claim> {
  await mkdir(cacheDir, { recursive: true });
  await writeFile(join(cacheDir, TAG), TAG_TEXT, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const users = usersOf(cacheDir);
  await users.sweep();
  const key = `${context.clock.now().getTime()}-${randomBytes(6).toString('hex')}`;
  const claim = await users.take(key);
  if (claim === undefined) throw new Error(`${key} was not new`);
  try {
    // Either they see us, or we see them.
    await users.freed(REMOVING, context.signal);
    return claim;
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/**
 * Runs `work` while nobody else removes from the cache and nobody begins to use it. What was used since `inUseSince`
 * (milliseconds since 1970; the future when nobody uses the cache) belongs to those who use it now.
 *
 * @throws PackageError CACHE_UNKNOWN; UtilsError CANCELLED; what `work` throws
 */
export async function whileRemoving<T>(
  cacheDir: string,
  context: Context,
  work: (inUseSince: number) => Promise<T>,
): Promise<T> {
  if (!(await requireCache(cacheDir))) return work(Number.POSITIVE_INFINITY);
  const users = usersOf(cacheDir);
  let claim = await users.take(REMOVING);
  while (claim === undefined) {
    await users.freed(REMOVING, context.signal);
    claim = await users.take(REMOVING);
  }
  try {
    const starts = (await users.sweep()).filter((key) => key !== REMOVING).map(Number.parseFloat);
    return await work(Math.min(Number.POSITIVE_INFINITY, ...starts) - COARSE);
  } finally {
    await claim.release();
  }
}

/** Whether there is a cache at all. @throws PackageError CACHE_UNKNOWN for a folder of something else */
export async function requireCache(cacheDir: string): Promise<boolean> {
  const names = await readdir(cacheDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') return [''];
    throw error;
  });
  if (names.length === 0) return false;
  const tag = await readFile(join(cacheDir, TAG), 'utf8').catch(() => '');
  if (tag === TAG_TEXT) return true;
  const found = await Promise.all(KNOWN.map((path) => stat(join(cacheDir, path)).catch(() => undefined)));
  if (found.some((one) => one?.isDirectory())) return true;
  throw new PackageError('CACHE_UNKNOWN', `${cacheDir} is not a cache of Image Composer`, {
    fault: 'request',
    hint: 'name the folder that builds use as their --cache-dir; nothing was touched',
    details: { folder: cacheDir },
  });
}

function usersOf(cacheDir: string): Claims {
  return openClaims(join(cacheDir, 'users'));
}
