import { chmod, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { seededUuid } from '@ic/utils';
import { swapHeader } from '../imagedisk/make-swap.js';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { makeFolders } from './root-files.js';

/**
 * Puts the swap files of the plan into the tree, root's and 0600: a header and a hole. The hole gets its blocks from the maker of
 * the file system (`allocateSwapFiles`); here it would cost its size in memory.
 */
export async function makeSwapFiles({ rootfs, plan }: Pick<ImageSystem, 'rootfs' | 'plan'>): Promise<void> {
  for (const { path, size } of plan.partitions.flatMap(({ swapFiles = [] }) => swapFiles)) {
    const place = await resolveInRoot(rootfs, path);
    await makeFolders(dirname(place));
    await rm(place, { force: true });
    const file = await open(place, 'wx', 0o600);
    try {
      await file.write(swapHeader({ size, fsUuid: seededUuid(plan.diskId, 'swap file', path) }));
      await file.truncate(size);
    } finally {
      await file.close();
    }
    await chmod(place, 0o600);
  }
}
