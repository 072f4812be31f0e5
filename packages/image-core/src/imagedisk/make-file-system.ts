import { EROFS } from './erofs.js';
import { makeBtrfs } from './make-btrfs.js';
import { makeExt } from './make-ext.js';
import { makeF2fs } from './make-f2fs.js';
import { makeFromTree } from './make-from-tree.js';
import { makeSwap } from './make-swap.js';
import { makeVfat } from './make-vfat.js';
import { makeXfs } from './make-xfs.js';
import type { PartitionJob } from './partition-job.js';
import { SQUASHFS } from './squashfs.js';

/** `direct` needs no privilege; `loop` mounts, and needs root on the host. */
export type AssemblyMode = 'direct' | 'loop';

/**
 * Makes the file system of a partition in its place in the image and fills it. Only ext2, ext3, ext4, xfs, btrfs and f2fs
 * are made differently in the two modes.
 *
 * @throws ImageError DISK_TOO_SMALL, PARTITION_INVALID, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeFileSystem(job: PartitionJob, mode: AssemblyMode): Promise<void> {
  switch (job.partition.fsType) {
    case 'ext2':
    case 'ext3':
    case 'ext4':
      return makeExt(job, mode);
    case 'vfat':
      return makeVfat(job);
    case 'xfs':
      return makeXfs(job, mode);
    case 'btrfs':
      return makeBtrfs(job, mode);
    case 'f2fs':
      return makeF2fs(job, mode);
    case 'erofs':
      return makeFromTree(job, EROFS);
    case 'squashfs':
      return makeFromTree(job, SQUASHFS);
    case 'swap':
      return makeSwap(job);
    case 'none':
  }
}
