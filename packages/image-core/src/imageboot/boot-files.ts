import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ImageError } from '../errors.js';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { makeFolders } from '../imageos/root-files.js';
import { firstExisting, type InstalledKernel } from './find-kernels.js';

/** A file in one of the trees of a build; `path` is absolute in the tree. */
export interface TreeFile {
  readonly tree: string;
  readonly path: string;
}

/** Copies one file into the image as a plain file of root, mode 0644, whatever it was. */
export async function copyIntoImage(from: TreeFile, to: TreeFile): Promise<void> {
  const target = await resolveInRoot(to.tree, to.path);
  await makeFolders(dirname(target));
  await copyFile(await resolveInRoot(from.tree, from.path), target);
  await chmod(target, 0o644);
}

/** Writes a plain file of root, mode 0644, into the image. */
export async function writeIntoImage(bytes: Buffer, to: TreeFile): Promise<void> {
  const target = await resolveInRoot(to.tree, to.path);
  await makeFolders(dirname(target));
  await writeFile(target, bytes);
  await chmod(target, 0o644);
}

/**
 * The first of the candidates that exists.
 *
 * @throws ImageError BOOT_FILE_MISSING naming `what` and the package that brings it
 */
export async function requireFile(
  candidates: readonly TreeFile[],
  what: string,
  missing: { readonly package: string; readonly key: string },
): Promise<TreeFile> {
  for (const { tree, path } of candidates) {
    if ((await firstExisting(tree, [path])) !== undefined) return { tree, path };
  }
  throw new ImageError('BOOT_FILE_MISSING', `${what} is missing: there is no ${candidates.at(-1)?.path}`, {
    fault: 'request',
    hint: `add the package ${missing.package} to ${missing.key}`,
  });
}

/** @throws ImageError BOOT_FILE_MISSING for a kernel whose initramfs was not made */
export async function requireInitramfs(rootfs: string, kernel: InstalledKernel): Promise<void> {
  await requireFile([{ tree: rootfs, path: kernel.initramfs }], `the initramfs of kernel ${kernel.release}`, {
    package: 'initramfs-tools or dracut',
    key: '"systemConfig.packages"',
  });
}
