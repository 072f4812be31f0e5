import { chmod, lstat, mkdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { resolveInRoot } from './resolve-in-root.js';

/** The text of a file of the image, links followed inside it; undefined when there is none. */
export async function readText(rootfs: string, path: string): Promise<string | undefined> {
  return unlessMissing(readFile(await resolveInRoot(rootfs, path), 'utf8'));
}

/** Whether the path leads to anything in the image, links followed inside it. */
export async function existsInRoot(rootfs: string, path: string): Promise<boolean> {
  return (await unlessMissing(stat(await resolveInRoot(rootfs, path)))) !== undefined;
}

/**
 * Writes a text file of the image unless it has that text already. A file that exists keeps its owner, and its mode
 * unless one is given; a new one is root's (who runs this) and 0644.
 */
export async function writeText(
  rootfs: string,
  path: string,
  text: string,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const file = await resolveInRoot(rootfs, path);
  const before = await unlessMissing(readFile(file, 'utf8'));
  if (before !== text) {
    if (before === undefined) await makeFolders(dirname(file));
    await writeFile(file, text);
  }
  const mode = options.mode ?? (before === undefined ? 0o644 : undefined);
  if (mode !== undefined) await chmod(file, mode);
}

/** Makes the path of the image a symbolic link with exactly this target, in place of what was there. */
export async function writeLink(rootfs: string, path: string, target: string): Promise<void> {
  const link = await resolveInRoot(rootfs, path, 'keep');
  const status = await unlessMissing(lstat(link));
  if (status?.isSymbolicLink() === true && (await readlink(link)) === target) return;
  await rm(link, { force: true });
  await makeFolders(dirname(link));
  await symlink(target, link);
}

/** Removes one path of the image, a link itself and not what it points to. */
export async function removeInRoot(rootfs: string, path: string): Promise<void> {
  await rm(await resolveInRoot(rootfs, path, 'keep'), { recursive: true, force: true });
}

/** Creates a resolved folder and the missing ones above it, all 0755 whatever the umask. */
export async function makeFolders(path: string): Promise<void> {
  if ((await unlessMissing(lstat(path))) !== undefined) return;
  await makeFolders(dirname(path));
  await mkdir(path);
  await chmod(path, 0o755);
}

/** What a file operation gives, or undefined when the file does not exist. */
export async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
