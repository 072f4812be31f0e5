import type { ToolRunner } from '@ic/toolchain';
import { type Context, throwIfCancelled } from '@ic/utils';
import type { DiskPlan } from './disk-plan.js';
import { makeExt4 } from './make-ext4.js';
import { makeVfat } from './make-vfat.js';
import { partitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';
import { writePartitionTable } from './write-partition-table.js';

export interface AssembleOptions {
  readonly plan: DiskPlan;
  /** Absolute path of the root file system. Stays as it is, but for mount points that it lacks. */
  readonly rootfs: string;
  /** Absolute path of a fresh sparse file of `plan.size` bytes. */
  readonly image: string;
  /** Has mke2fs, mkfs.vfat and mtools. */
  readonly tools: ToolRunner;
  /** A folder for temporary files, absolute. */
  readonly work: string;
  /** Seconds since 1970 that stand for "now" in the image. */
  readonly epoch: number;
  /** `direct` needs no privilege; `loop` mounts, and needs root on the host. */
  readonly mode: 'direct' | 'loop';
  readonly context: Context;
}

/**
 * Writes the partition table and every file system of a disk, each filled from the root file system at its mount
 * point. FAT goes through mtools in both modes. To be called as root of the build's namespaces.
 *
 * @throws ImageError DISK_TOO_SMALL, PARTITION_INVALID, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function assembleDisk(options: AssembleOptions): Promise<void> {
  const { plan, image, tools, epoch, mode, context } = options;
  await writePartitionTable(image, plan);
  for (const partition of plan.partitions) {
    throwIfCancelled(context.signal);
    const content = await partitionContent(plan, partition, options);
    const job: PartitionJob = { plan, partition, image, content, tools, epoch, context };
    if (partition.fsType === 'ext4') await makeExt4(job, mode);
    if (partition.fsType === 'vfat') await makeVfat(job);
  }
}
