import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { IcError, UtilsError } from './errors.js';
import { exec } from './exec.js';

/** Writes a whole file or none: to a hidden neighbour, synced, then renamed over the name. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = neighbour(path);
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
    const partial = neighbour(to);
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

function neighbour(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.partial`);
}
