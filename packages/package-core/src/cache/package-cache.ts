import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Clock, diskFull, sha256File } from '@ic/utils';
import { PackageError } from '../errors.js';

/** What makes bytes the right ones. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Package files by their SHA-256: `<folder>/sha256/ab/<hash>`. */
export interface PackageCache {
  /** Absolute. */
  readonly folder: string;
  /**
   * The path of a file whose size and hash are right, or undefined. A file is hashed once per process as long as
   * it does not change; a wrong one is removed and counts as missing.
   */
  find(content: Content): Promise<string | undefined>;
  /**
   * Lets `write` fill a new file in the cache's own file system and takes it in when what `write` says it wrote is
   * `content`; resolves to its final path. Callers of one process that want the same content share one `write`.
   * @throws PackageError HASH_MISMATCH; UtilsError DISK_FULL; what `write` throws
   */
  fill(content: Content, write: (path: string) => Promise<Content>): Promise<string>;
}

/** A partial file that nobody has written to for this long belongs to a process that died. */
const STALE_MILLISECONDS = 6 * 60 * 60 * 1000;

const systemClock: Clock = { now: () => new Date() };

/** Fills under way in this process, by final path. */
const filling = new Map<string, Promise<string>>();

/**
 * Opens the package cache at `folder`, which need not exist. Many processes may use it at once without a lock: a
 * file appears under its hash whole (synced, then renamed) or not at all; two processes that want the same
 * package may both download it, and the later rename puts equal bytes in the place of equal bytes.
 */
export function openPackageCache(folder: string, clock: Clock = systemClock): PackageCache {
  const root = resolve(folder);
  const partials = join(root, 'partial');
  const verified = new Map<string, string>();
  let prepared: Promise<void> | undefined;

  const prepare = async () => {
    await mkdir(partials, { recursive: true });
    await removeStale(partials, clock.now().getTime() - STALE_MILLISECONDS);
  };

  const take = async (content: Content, path: string, write: (path: string) => Promise<Content>) => {
    prepared ??= prepare();
    await prepared;
    const partial = join(partials, `${content.sha256}.${process.pid}.${randomBytes(6).toString('hex')}`);
    try {
      const written = await write(partial);
      if (written.size !== content.size || written.sha256 !== content.sha256)
        throw mismatch(content, written);
      await sync(partial);
      await mkdir(dirname(path), { recursive: true });
      await rename(partial, path);
      verified.set(path, await signature(path));
      return path;
    } catch (error) {
      await rm(partial, { force: true });
      throw diskFull(error, root);
    }
  };

  return {
    folder: root,
    async find(content) {
      const path = pathOf(root, content);
      const before = await signature(path).catch(missing);
      if (before === undefined) return undefined;
      if (verified.get(path) === before) return path;
      if (
        before.startsWith(`${content.size} `) &&
        (await sha256File(path).catch(missing)) === content.sha256
      ) {
        verified.set(path, before);
        return path;
      }
      // Another process may have put the right file there meanwhile.
      if ((await signature(path).catch(missing)) === before) await rm(path, { force: true });
      return undefined;
    },
    fill(content, write) {
      const path = pathOf(root, content);
      const running = filling.get(path);
      if (running !== undefined) return running;
      const started = take(content, path, write).finally(() => filling.delete(path));
      filling.set(path, started);
      return started;
    },
  };
}

function pathOf(root: string, { sha256 }: Content): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new PackageError('REPOSITORY_INVALID', `${JSON.stringify(sha256)} is not a SHA-256`);
  }
  return join(root, 'sha256', sha256.slice(0, 2), sha256);
}

/** Changes when the file does: size first, then inode and time stamps. */
async function signature(path: string): Promise<string> {
  const { size, ino, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeStale(partials: string, before: number): Promise<void> {
  for (const name of await readdir(partials)) {
    const path = join(partials, name);
    const found = await stat(path).catch(missing);
    if (found !== undefined && found.mtimeMs < before) await rm(path, { force: true });
  }
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function mismatch(content: Content, written: Content): PackageError {
  return new PackageError(
    'HASH_MISMATCH',
    `a package of ${written.size} bytes with SHA-256 ${written.sha256} was offered to the cache for ${content.size} bytes with SHA-256 ${content.sha256}`,
    { details: { expected: { ...content }, actual: { ...written } } },
  );
}
