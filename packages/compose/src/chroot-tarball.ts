import { readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, moveFileAtomic, sha256, sha256File } from '@ic/utils';

/** Moves a finished tarball into the cache, under its key and the hash of its content: `<key>.<SHA-256>.tar.zst`. */
export async function keepTarball(path: string, folder: string, key: string): Promise<void> {
  await moveFileAtomic(path, join(folder, `${key}.${await sha256File(path)}.tar.zst`));
}

/**
 * The tarball that is kept under a key, or undefined; its modification time becomes that of this use. One whose content
 * is not what its name says is removed.
 */
export async function readTarball(
  folder: string,
  key: string,
  { clock, logger }: Context,
): Promise<Buffer | undefined> {
  const names = (await readdir(folder).catch(absent)) ?? [];
  // Without a hash: of a version that kept none; `ic cache verify` removes it.
  const isKept = (name: string) => name.startsWith(`${key}.`) && /^[^.]+\.[0-9a-f]{64}\.tar\.zst$/.test(name);
  for (const name of names.filter(isKept)) {
    const path = join(folder, name);
    const now = clock.now();
    await utimes(path, now, now).catch(() => {});
    const bytes = await readFile(path).catch(absent);
    if (bytes === undefined) continue;
    if (name === `${key}.${sha256(bytes)}.tar.zst`) return bytes;
    logger.warn(`${path} is damaged, so the chroot environment is made anew`);
    await rm(path, { force: true });
  }
  return undefined;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
