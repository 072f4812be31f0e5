import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AdditionalFile } from '@ic/toolchain';
import { ImageError } from '../errors.js';
import { copyTree } from './copy-tree.js';
import type { ImageSystem } from './image-system.js';
import { parseOwner } from './owner.js';
import { resolveInRoot } from './resolve-in-root.js';
import { readText, unlessMissing } from './root-files.js';

/**
 * Puts the template's own files and folders into the image, in the template's order but for those of stage
 * "pre-initramfs", which come first. The initramfs is made when all are there.
 *
 * @throws ImageError FILE_MISSING, USER_INVALID, IMAGE_FAILED
 */
export async function addFiles({ rootfs, config, epoch }: ImageSystem): Promise<void> {
  const { additionalFiles } = config.system;
  if (additionalFiles.length === 0) return;
  const passwd = (await readText(rootfs, '/etc/passwd')) ?? '';
  const group = (await readText(rootfs, '/etc/group')) ?? '';
  for (const file of inOrder(additionalFiles)) {
    const owner = parseOwner(file.owner, { passwd, group });
    const final = await finalPath(rootfs, file);
    await copyTree(await realpath(file.local), final, { rootfs, owner, mode: file.mode, mtime: epoch });
  }
}

function inOrder(files: readonly AdditionalFile[]): AdditionalFile[] {
  const isEarly = ({ stage }: AdditionalFile) => stage === 'pre-initramfs';
  return [...files.filter(isEarly), ...files.filter((file) => !isEarly(file))];
}

/** As cp(1): a file that is sent to a folder keeps its name in it. */
async function finalPath(rootfs: string, { local, final }: AdditionalFile): Promise<string> {
  const source = await unlessMissing(stat(local));
  if (source === undefined) {
    throw new ImageError('FILE_MISSING', `the additional file ${local} for ${final} is not there`, {
      fault: 'request',
      hint: 'correct "local" in systemConfig.additionalFiles; it counts from the folder of its template',
      details: { local, final },
    });
  }
  if (source.isDirectory()) return final;
  const target = await unlessMissing(stat(await resolveInRoot(rootfs, final)));
  return final.endsWith('/') || target?.isDirectory() === true ? join(final, basename(local)) : final;
}
