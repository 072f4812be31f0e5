import { existsSync, renameSync, statSync } from 'node:fs';
import { mkdir, rm, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, cancelled, diskFull, processMark, sha256File } from '@ic/utils';
import { PackageError } from '../errors.js';
import { openClaims } from './claims.js';
import { openHalfFiles } from './half-files.js';

/** What makes bytes the right ones. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Fills a new file at `path` and syncs it; resolves to what it wrote. `takeOver` puts there what a process that died had
 * written of it, or says false: it is not proven, and may be anything.
 */
export type Write = (path: string, takeOver: () => Promise<boolean>) => Promise<Content>;

/** Package files by their SHA-256: `<folder>/sha256/<hash>`. */
export interface PackageCache {
  /** Absolute. */
  readonly folder: string;
  /**
   * The path of a file whose size and hash are right, or undefined. A file is hashed once per process as long as
   * it does not change; a wrong one is removed and counts as missing. Its modification time becomes that of this use.
   */
  find(content: Content): Promise<string | undefined>;
  /**
   * Lets `write` fill a new file in the cache's own file system and takes it in when what `write` says it wrote is
   * `content`; resolves to its final path. When another process filled it meanwhile, `write` is not called. Callers of
   * one process that want the same content share one `write`, and of many processes one at a time is let in: undefined
   * when it is another's turn. Who only shares a write does not wait for it any longer than until `signal` is aborted.
   * @throws PackageError HASH_MISMATCH; UtilsError DISK_FULL, CANCELLED; what `write` throws
   */
  tryFill(content: Content, write: Write, signal?: AbortSignal): Promise<string | undefined>;
  /** Resolves when the process that is filling `content` is done, gave up or died. @throws UtilsError CANCELLED */
  filled(content: Content, signal?: AbortSignal): Promise<void>;
  /** `tryFill` as soon as it is our turn. @throws as `tryFill` and `filled` */
  fill(content: Content, write: Write, signal?: AbortSignal): Promise<string>;
}

const systemClock: Clock = { now: () => new Date() };

/** Makes the names of what this process fills differ. */
let fills = 0;

/** Fills under way in this process, by final path. */
const filling = new Map<string, Promise<string | undefined>>();

/**
 * Opens the package cache at `folder`, which need not exist. Many processes may use it at once, and any may die at any
 * moment: a file appears under its hash whole (synced, then renamed; a rename that a crash of the machine undoes only
 * makes it missing) or not at all. Who fills a content claims it first, which is not what keeps it right: should two
 * fill it, the later rename puts equal bytes in the place of equal bytes.
 *
 * What only looks at names or changes one is called in place: it takes some 10 microseconds, and ten times that through Node's
 * threads. What makes a file takes longer, and waits for a sync under way, so it is not.
 */
export function openPackageCache(folder: string, clock: Clock = systemClock): PackageCache {
  const root = resolve(folder);
  const partials = join(root, 'partial');
  const claims = openClaims(partials);
  const halves = openHalfFiles(
    partials,
    (sha256) => pathOf(root, { sha256 }),
    () => clock.now().getTime(),
  );
  const verified = new Map<string, string>();
  let prepared: Promise<void> | undefined;

  const prepare = async () => {
    await mkdir(partials, { recursive: true });
    await mkdir(join(root, 'sha256'), { recursive: true });
    await claims.sweep();
    await halves.scan();
  };

  const find = async (content: Content): Promise<string | undefined> => {
    const path = pathOf(root, content);
    const before = signature(path);
    if (before === undefined) return undefined;
    if (verified.get(path) !== before) {
      const isRight =
        before.startsWith(`${content.size} `) && (await sha256File(path).catch(missing)) === content.sha256;
      if (!isRight) return removeWrong(content, before);
    }
    const now = clock.now();
    // Of a file of another user, who shares the cache, the time cannot be set.
    await utimes(path, now, now).catch(() => {});
    verified.set(path, signature(path) ?? '');
    return path;
  };

  /** Unless it is just being put right. */
  const removeWrong = async (content: Content, before: string): Promise<undefined> => {
    const path = pathOf(root, content);
    const claim = await claims.take(content.sha256);
    if (claim === undefined) return;
    try {
      if (signature(path) === before) await rm(path, { force: true });
    } finally {
      await claim.release();
    }
  };

  const take = async (content: Content, write: Write) => {
    prepared ??= prepare();
    await prepared;
    const claim = await claims.take(content.sha256);
    if (claim === undefined) return undefined;
    try {
      return (await find(content)) ?? (await fillPartial(content, write));
    } finally {
      await claim.release();
    }
  };

  const fillPartial = async (content: Content, write: Write) => {
    const path = pathOf(root, content);
    fills += 1;
    const name = `${content.sha256}.${await processMark()}.${fills.toString(16)}`;
    const partial = join(partials, name);
    try {
      const written = await write(partial, () => halves.takeOver(content.sha256, partial));
      if (written.size !== content.size || written.sha256 !== content.sha256)
        throw mismatch(content, written);
      renameSync(partial, path);
      verified.set(path, signature(path) ?? '');
      await halves.forget(content.sha256);
      return path;
    } catch (error) {
      await rm(partial, { force: true });
      throw diskFull(error, root);
    }
  };

  const tryFill: PackageCache['tryFill'] = (content, write, signal) => {
    const path = pathOf(root, content);
    const running = filling.get(path);
    if (running !== undefined) return unlessCancelled(running, signal);
    const started = take(content, write).finally(() => filling.delete(path));
    filling.set(path, started);
    return started;
  };

  return {
    folder: root,
    find,
    tryFill,
    async filled(content, signal) {
      await claims.freed(content.sha256, signal);
      const hasDied = !existsSync(pathOf(root, content));
      if (hasDied) await halves.scan();
    },
    async fill(content, write, signal) {
      for (;;) {
        const path = await tryFill(content, write, signal);
        if (path !== undefined) return path;
        await this.filled(content, signal);
      }
    },
  };
}

function unlessCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(cancelled(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const settled = () => signal.removeEventListener('abort', stop);
    work.finally(settled).then(resolve, reject);
  });
}

function pathOf(root: string, { sha256 }: Pick<Content, 'sha256'>): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new PackageError('REPOSITORY_INVALID', `${JSON.stringify(sha256)} is not a SHA-256`);
  }
  return join(root, 'sha256', sha256);
}

/** Changes when the file does: size first, then inode and time stamps; undefined where there is none. */
function signature(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.size} ${found.ino} ${found.mtimeNs} ${found.ctimeNs}`;
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
