import { type DiskPlan, everyDisk, type PlannedPartition } from './disk-plan.js';
import { ext4Demand, ext4Size } from './ext4-size.js';
import { fatSize, fatTree } from './fat-tree.js';
import { type PartitionContent, partitionContent } from './partition-content.js';

const MIB = 1024 ** 2;
const LEAST_SLACK = 16 * MIB;

/**
 * The plan with each partition of `minimize` as small as its content with room for a tenth more, at least for 16 MiB, but
 * not larger than it was. Partitions behind it and the end of the disk move up by what is saved; ids stay.
 *
 * @param options.rootfs absolute path of the finished root file system
 * @param options.work a folder for temporary files, absolute
 * @throws ImageError PARTITION_INVALID when the content does not suit the file system
 */
export async function minimizeDisk(
  plan: DiskPlan,
  options: { readonly rootfs: string; readonly work: string },
): Promise<DiskPlan> {
  const saved = new Map<PlannedPartition, number>();
  for (const { partitions, alignment = MIB } of everyDisk(plan)) {
    for (const partition of partitions) {
      if (partition.minimize !== true) continue;
      const content = await partitionContent(plan, partition, options);
      if (content === undefined) continue;
      const spare = Math.max(0, partition.size - (await wantedBytes(partition, content)));
      saved.set(partition, spare - (spare % alignment));
    }
  }
  return {
    ...shrunk(plan, saved),
    additionalDisks: plan.additionalDisks?.map((disk) => shrunk(disk, saved)),
  };
}

/** Bytes, in whole MiB, for the content and its slack. */
async function wantedBytes(
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
