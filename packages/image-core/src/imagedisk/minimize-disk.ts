import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystemType } from '@ic/toolchain';
import { ImageError } from '../errors.js';
import type { AssembleOptions } from './assemble-disk.js';
import { type DiskPlan, everyDisk, type PlannedPartition } from './disk-plan.js';
import { EROFS } from './erofs.js';
import { ext4Demand, ext4Size } from './ext4-size.js';
import { fatSize, fatTree } from './fat-tree.js';
import { type AssemblyMode, makeFileSystem } from './make-file-system.js';
import { sizeFromTree, type TreeProgram } from './make-from-tree.js';
import { type PartitionContent, withContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';
import { SMALLEST } from './plan-disk.js';
import { SQUASHFS } from './squashfs.js';
import { wholeMib } from './tool-failure.js';

const MIB = 1024 ** 2;
const LEAST_SLACK = 16 * MIB;
const READ_ONLY: Readonly<Partial<Record<FileSystemType, TreeProgram>>> = {
  erofs: EROFS,
  squashfs: SQUASHFS,
};

/** Their makers alone know what they need beside the content. */
const BY_TRIAL: ReadonlySet<FileSystemType> = new Set(['xfs', 'btrfs', 'f2fs']);

export interface MinimizeOptions
  extends Pick<AssembleOptions, 'rootfs' | 'tools' | 'epoch' | 'mode' | 'context'> {
  /** A folder for temporary files, absolute. */
  readonly work: string;
}

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
      await withContent(plan, partition, options, async (content) => {
        if (content === undefined) return;
        const job = { ...options, plan, partition, content, image: join(options.work, 'minimized') };
        const wanted = await wantedBytes(job, content, options.mode);
        const spare = Math.max(0, partition.size - wanted);
        saved.set(partition, spare - (spare % alignment));
      });
    }
  }
  return {
    ...shrunk(plan, saved),
    additionalDisks: plan.additionalDisks?.map((disk) => shrunk(disk, saved)),
  };
}

/** Bytes, in whole MiB, for the content and its slack. */
async function wantedBytes(
  job: PartitionJob,
  content: PartitionContent,
  mode: AssemblyMode,
): Promise<number> {
  const { fsType, fatBits: width, swapFiles } = job.partition;
  const program = READ_ONLY[fsType];
  if (program !== undefined) return sizeFromTree(job, program);
  if (BY_TRIAL.has(fsType)) return triedBytes(job, mode);
  if (fsType === 'vfat') {
    const folders = await fatTree(content);
    return fatSize(folders, { width, room: slackOf(fatSize(folders, { width })) });
  }
  const demand = ext4Demand(content, { swapFiles });
  const journal = fsType !== 'ext2';
  return ext4Size(demand, { journal, room: slackOf(ext4Size(demand, { journal })) });
}

/**
 * What a file system takes that only its makers know: it is made as large as it may be, to see what is written of it, and
 * then with slack, and more of that until it fits.
 */
async function triedBytes(job: PartitionJob, mode: AssemblyMode): Promise<number> {
  const most = job.partition.size;
  const taken = await takenBytes(job, most, mode);
  // Making it in its place says what it lacks.
  if (taken === undefined) return most;
  const step = wholeMib(slackOf(taken));
  let size = Math.max(wholeMib(taken) + step, SMALLEST[job.partition.fsType] ?? 0);
  while (size < most && (await takenBytes(job, size, mode)) === undefined) size += step;
  return Math.min(size, most);
}

/** Bytes that are written of a file system of `size`, of which nothing is left; undefined when the content does not fit. */
async function takenBytes(job: PartitionJob, size: number, mode: AssemblyMode): Promise<number | undefined> {
  try {
    await writeFile(job.image, '');
    await truncate(job.image, size);
    // What is lost is told where it is made for good.
    const context = { ...job.context, events: () => {} };
    await makeFileSystem({ ...job, context, partition: { ...job.partition, start: 0, size } }, mode);
    return 512 * (await stat(job.image)).blocks;
  } catch (error) {
    if (error instanceof ImageError && error.code === 'DISK_TOO_SMALL') return undefined;
    throw error;
  } finally {
    await rm(job.image, { force: true });
  }
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
