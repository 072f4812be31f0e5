import {
  chmod,
  copyFile,
  lchown,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readlink,
  rm,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ImageError } from '../errors.js';
import { resolveInRoot } from './resolve-in-root.js';
import { makeFolders, unlessMissing } from './root-files.js';

export interface CopyOptions {
  readonly rootfs: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Permission bits of files; folders made get the matching search bits. Undefined keeps those of the source. */
  readonly mode?: number | undefined;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/**
 * Copies a file, link or whole folder to a path of the image. Links on the way to it are followed inside the image, what
 * stands at the path itself is replaced. Folders are merged: those that the image has keep their mode and owner.
 *
 * @throws ImageError IMAGE_FAILED where the image has a folder for a file or the reverse
 */
export async function copyTree(source: string, final: string, options: CopyOptions): Promise<void> {
  const status = await lstat(source);
  if (status.isDirectory()) return copyFolder(source, final, status.mode, options);
  const path = await resolveInRoot(options.rootfs, final, 'keep');
  if ((await unlessMissing(lstat(path)))?.isDirectory() === true) throw clash(source, final);
  await makeFolders(dirname(path));
  await rm(path, { force: true });
  if (status.isSymbolicLink()) {
    await symlink(await readlink(source), path);
  } else if (status.isFile()) {
    await copyFile(source, path);
  } else {
    throw new ImageError('IMAGE_FAILED', `${source} is neither a file, a folder nor a symbolic link`, {
      fault: 'request',
    });
  }
  // Before chmod: changing the owner clears set-id bits.
  await lchown(path, options.owner.uid, options.owner.gid);
  if (status.isFile()) await chmod(path, options.mode ?? status.mode & 0o7777);
  await lutimes(path, options.mtime, options.mtime);
}

async function copyFolder(source: string, final: string, mode: number, options: CopyOptions): Promise<void> {
  const path = await resolveInRoot(options.rootfs, final);
  const existing = await unlessMissing(lstat(path));
  if (existing === undefined) {
    await makeFolders(dirname(path));
    await mkdir(path);
    await lchown(path, options.owner.uid, options.owner.gid);
    await chmod(path, folderMode(mode, options.mode));
  } else if (!existing.isDirectory()) {
    throw clash(source, final);
  }
  for (const name of (await readdir(source)).sort()) {
    await copyTree(join(source, name), join(final, name), options);
  }
  if (existing === undefined) await lutimes(path, options.mtime, options.mtime);
}

/** Whoever may read a file of the folder may search the folder, as chmod's `X`. */
function folderMode(source: number, asked: number | undefined): number {
  return asked === undefined ? source & 0o7777 : (asked & 0o777) | ((asked & 0o444) >> 2);
}

function clash(source: string, final: string): ImageError {
  return new ImageError(
    'IMAGE_FAILED',
    `${source} cannot become ${final}: one of them is a folder and the other is not`,
    { fault: 'request', details: { local: source, final } },
  );
}
