import type { ToolRunner } from '@ic/toolchain';
import { type Context, throwIfCancelled } from '@ic/utils';
import type { DiskPlan } from './disk-plan.js';
import { type AssemblyMode, makeFileSystem } from './make-file-system.js';
import { withContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';
import { writePartitionTable } from './write-partition-table.js';

export interface AssembleOptions {
  readonly plan: DiskPlan;
  /** The one of its disks that is written; the first when left out. */
  readonly disk?: DiskPlan | undefined;
  /** Absolute path of the root file system, in a folder that can be written to. Stays as it is, but for mount points that it lacks. */
  readonly rootfs: string;
  /** Absolute path of a fresh sparse file of `disk.size` bytes. */
  readonly image: string;
  /** Has mke2fs, mkfs.vfat and mtools; the makers of other file systems where the plan needs them. */
  readonly tools: ToolRunner;
  /** Seconds since 1970 that stand for "now" in the image. */
  readonly epoch: number;
  /** `direct` needs no privilege; `loop` mounts, and needs root on the host. */
  readonly mode: AssemblyMode;
  readonly context: Context;
}

/**
 * Writes the partition table and every file system of one disk, each filled from the root file system at its mount
 * point. To be called as root of the build's namespaces.
 *
 * @throws ImageError DISK_TOO_SMALL, PARTITION_INVALID, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function assembleDisk(options: AssembleOptions): Promise<void> {
  const { plan, disk = plan, image, tools, epoch, mode, context } = options;
  await writePartitionTable(image, disk);
  for (const partition of disk.partitions) {
    throwIfCancelled(context.signal);
    await withContent(plan, partition, options, async (content) => {
      const job: PartitionJob = { plan: disk, partition, image, content, tools, epoch, context };
      await makeFileSystem(job, mode);
    });
  }
}
