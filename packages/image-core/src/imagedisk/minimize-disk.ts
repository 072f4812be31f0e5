import { join } from 'node:path';
import type { FileSystemType } from '@ic/toolchain';
import type { AssembleOptions } from './assemble-disk.js';
import { type DiskPlan, everyDisk, type PlannedPartition } from './disk-plan.js';
import { EROFS } from './erofs.js';
import { ext4Demand, ext4Size } from './ext4-size.js';
import { fatSize, fatTree } from './fat-tree.js';
import { sizeFromTree, type TreeProgram } from './make-from-tree.js';
import { type PartitionContent, partitionContent } from './partition-content.js';
import { SQUASHFS } from './squashfs.js';

const MIB = 1024 ** 2;
const LEAST_SLACK = 16 * MIB;
const READ_ONLY: Readonly<Partial<Record<FileSystemType, TreeProgram>>> = {
  erofs: EROFS,
  squashfs: SQUASHFS,
};

export type MinimizeOptions = Pick<AssembleOptions, 'rootfs' | 'work' | 'tools' | 'epoch' | 'context'>;

/**
 * The plan with each partition of `minimize` as small as its content with room for a tenth more, at least for 16 MiB, but
 * not larger than it was; one that nothing can be written to has no room. Partitions behind it and the end of the disk move
 * up by what is saved; ids stay.
 *
 * @throws ImageError PARTITION_INVALID when the content does not suit the file system, IMAGE_FAILED; UtilsError
 *   DISK_FULL, CANCELLED
 */
export async function minimizeDisk(plan: DiskPlan, options: MinimizeOptions): Promise<DiskPlan> {
  const saved = new Map<PlannedPartition, number>();
  for (const { partitions, alignment = MIB } of everyDisk(plan)) {
    for (const partition of partitions) {
      if (partition.minimize !== true) continue;
      const content = await partitionContent(plan, partition, options);
      if (content === undefined) continue;
      const program = READ_ONLY[partition.fsType];
      const job = { ...options, plan, partition, content, image: join(options.work, 'minimized') };
      const wanted =
        program === undefined ? await roomyBytes(partition, content) : await sizeFromTree(job, program);
      const spare = Math.max(0, partition.size - wanted);
      saved.set(partition, spare - (spare % alignment));
    }
  }
  return {
    ...shrunk(plan, saved),
    additionalDisks: plan.additionalDisks?.map((disk) => shrunk(disk, saved)),
  };
}

/** Bytes, in whole MiB, for the content and its slack. */
async function roomyBytes(
  { fsType, fatBits: width, swapFiles }: PlannedPartition,
  content: PartitionContent,
): Promise<number> {
  if (fsType === 'vfat') {
    const folders = await fatTree(content);
    return fatSize(folders, { width, room: slackOf(fatSize(folders, { width })) });
  }
  const demand = ext4Demand(content, { swapFiles });
  const journal = fsType !== 'ext2';
  return ext4Size(demand, { journal, room: slackOf(ext4Size(demand, { journal })) });
}

/** @param needed bytes of the smallest partition without slack */
function slackOf(needed: number): number {
  return Math.max(LEAST_SLACK, Math.ceil(needed / 10));
}

/** The disk without these bytes at the end of each of its partitions. Pure. */
function shrunk<Disk extends DiskPlan>(plan: Disk, saved: ReadonlyMap<PlannedPartition, number>): Disk {
  const savedBefore = (place: number) =>
    plan.partitions.reduce((sum, one) => (one.start < place ? sum + (saved.get(one) ?? 0) : sum), 0);
  return {
    ...plan,
    size: plan.size - savedBefore(plan.size),
    partitions: plan.partitions.map((partition) => ({
      ...partition,
      start: partition.start - savedBefore(partition.start),
      size: partition.size - (saved.get(partition) ?? 0),
    })),
  };
}
