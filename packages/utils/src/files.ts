import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IcError, UtilsError } from './errors.js';
import { exec } from './exec.js';
import { processMark } from './process-mark.js';

/** Writes a whole file or none: to a hidden neighbour, synced, then renamed over the name. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = await neighbour(path);
  try {
    const file = await open(partial, 'wx', options.mode ?? 0o644);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw diskFull(error, path);
  }
}

/** Moves a file to its final name at once; across file systems by a hidden neighbour that is then renamed. */
export async function moveFileAtomic(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw diskFull(error, to);
    const partial = await neighbour(to);
    try {
      // A disk image is mostly holes; Node's own copy would write them out.
      await exec('cp', ['--sparse=always', '--', from, partial]);
      await rename(partial, to);
    } catch (copyError) {
      await rm(partial, { force: true });
      throw outOfSpace(copyError) ? diskFull({ code: 'ENOSPC' }, to) : diskFull(copyError, to);
    }
    await rm(from, { force: true });
  }
}

/**
 * Makes sure that files can be made in a folder that is there or can be made. Writes nothing, so that a request that
 * is refused later leaves nothing.
 *
 * @param use what the folder is for, as a person calls it: "output folder"
 * @throws UtilsError FOLDER_UNUSABLE; the fault is the request's
 */
export async function requireFolder(path: string, use: string, hint: string): Promise<void> {
  let existing = path;
  let found = await kindOf(existing);
  while (found === undefined && dirname(existing) !== existing) {
    existing = dirname(existing);
    found = await kindOf(existing);
  }
  const unusable = (why: string, cause?: unknown) =>
    new UtilsError('FOLDER_UNUSABLE', `${path} cannot be the ${use}: ${why}`, {
      fault: 'request',
      hint,
      cause,
    });
  if (found !== 'folder') throw unusable(`${existing} is not a folder`);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EROFS'
        ? 'is on a file system that is mounted read-only'
        : 'cannot be written to by this user';
    throw unusable(`${existing} ${why}`, cause);
  }
}

/** Undefined when nothing is there, or what is there cannot be seen from here. */
async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch {
    return undefined;
  }
}

/** Turns ENOSPC and EDQUOT into DISK_FULL with the place in it; other errors stay as they are. */
export function diskFull(error: unknown, where: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof IcError || (code !== 'ENOSPC' && code !== 'EDQUOT')) return error;
  return new UtilsError('DISK_FULL', `no space left for ${where}`, {
    cause: error,
    hint: 'free some space, or choose another place with --work-dir, --cache-dir or --output-dir',
  });
}

/** `cp` says why it failed in words only; the language is fixed by `exec`. */
function outOfSpace(error: unknown): boolean {
  return error instanceof UtilsError && /No space left on device|Disk quota exceeded/.test(error.message);
}

/** Names its process, so that others can tell what a killed one has left. */
async function neighbour(path: string): Promise<string> {
  const name = `.${basename(path)}.${await processMark()}.${randomBytes(4).toString('hex')}.partial`;
  return join(dirname(path), name);
}
