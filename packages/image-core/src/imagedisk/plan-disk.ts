import type { DiskConfig, FileSystemType, PartitionConfig } from '@ic/toolchain';
import { formatSize, nearest, seededUuid } from '@ic/utils';
import { ImageError, type ImageErrorCode } from '../errors.js';
import type { AdditionalDiskPlan, DiskPlan, PlannedPartition } from './disk-plan.js';
import { fatGeometry } from './fat-geometry.js';
import { fileSystemProblem } from './file-system-problem.js';
import { mbrType } from './mbr.js';
import { knownFlags, typeOfFlag } from './partition-attributes.js';

const MIB = 1024 ** 2;
const SECTOR = 512;
/** Protective MBR, header and 128 entries; as many sectors less one end the disk (UEFI 2.10 §5.3). */
const GPT_FIRST_SECTORS = 34;
const GPT_LAST_SECTORS = 33;
/** Sectors are counted in 32 bits. */
const MBR_LIMIT = 2 ** 32 * SECTOR;
const MBR_PRIMARIES = 4;
/** Bytes below which the programs refuse to make a file system: xfsprogs 5.19, btrfs-progs 6, f2fs-tools 1.15. */
export const SMALLEST: Readonly<Partial<Record<FileSystemType, number>>> = {
  xfs: 300 * MIB,
  btrfs: 114 * MIB,
  f2fs: 52 * MIB,
};
/** UTF-16 code units of a GPT entry's name. */
const GPT_NAME_UNITS = 36;

/** Where partitions may lie, in bytes; `end` is exclusive. */
interface Usable {
  readonly start: number;
  readonly end: number;
}

/**
 * Settles every number and id of a disk. Partitions begin on multiples of the alignment and end on whole MiB: a
 * start is rounded up, an end down.
 * Ids come from the seed, the table and the partition ids alone; partition numbers follow the order of the list.
 *
 * @throws ImageError PARTITION_OVERLAP, PARTITION_OUTSIDE, PARTITION_INVALID; the fault is the request's
 */
export function planDisk(disk: DiskConfig, { seed }: { readonly seed: string }): DiskPlan {
  const more = disk.additionalDisks ?? [];
  const all = [disk, ...more].flatMap(({ partitions }) => partitions);
  checkRoot(disk.partitions);
  checkDistinct(all);
  const plan = planOne(disk, { seed, guid: seededUuid(seed, 'disk') });
  if (more.length === 0) return plan;
  const additionalDisks = more.map(
    (one): AdditionalDiskPlan => ({
      name: one.name,
      ...planOne(one, { seed, guid: seededUuid(seed, 'disk', one.name) }),
    }),
  );
  return { ...plan, additionalDisks };
}

function planOne(
  disk: DiskConfig,
  options: { readonly seed: string; readonly guid: string },
): Omit<DiskPlan, 'additionalDisks'> {
  const size = disk.size - (disk.size % SECTOR);
  const table = disk.partitionTableType;
  const usable = usableRange(table, size);
  checkTable(disk, size);
  const diskId = table === 'gpt' ? options.guid : options.guid.slice(0, 8);
  const alignment = disk.alignment ?? MIB;
  const partitions = disk.partitions.map((partition, index): PlannedPartition => {
    checkPartition(partition, table);
    const number = index + 1;
    const { start, end } = placed(partition, usable, { size, alignment });
    const fsUuid = fileSystemId(partition, options.seed);
    return {
      id: partition.id,
      number,
      name: partition.name,
      type: partition.type,
      typeGuid: partition.typeGuid,
      partUuid:
        table === 'gpt'
          ? seededUuid(options.seed, 'partition', partition.id)
          : `${diskId}-${number.toString(16).padStart(2, '0')}`,
      start,
      size: end - start,
      fsType: partition.fsType,
      fatBits: partition.fatBits,
      mkfsOptions: partition.mkfsOptions,
      minimize: partition.minimize,
      subvolumes: partition.subvolumes,
      compression: partition.compression,
      fsLabel: partition.fsLabel,
      fsUuid,
      mountPoint: partition.mountPoint,
      mountOptions: partition.mountOptions,
      flags: partition.flags,
      swapFiles: partition.swapFiles,
      grows: partition.grows,
    };
  });
  checkOverlap(partitions);
  return { table, size, sectorSize: SECTOR, alignment: disk.alignment, diskId, partitions };
}

function usableRange(table: DiskPlan['table'], size: number): Usable {
  return table === 'gpt'
    ? { start: GPT_FIRST_SECTORS * SECTOR, end: size - GPT_LAST_SECTORS * SECTOR }
    : { start: SECTOR, end: size };
}

function placed(
  partition: PartitionConfig,
  usable: Usable,
  { size, alignment }: { readonly size: number; readonly alignment: number },
): Usable {
  const start = Math.ceil(partition.start / alignment) * alignment;
  const end = Math.floor((partition.end ?? usable.end) / MIB) * MIB;
  const range = `${formatSize(partition.start)} to ${partition.end === undefined ? 'the end' : formatSize(partition.end)}`;
  if (start < usable.start) {
    throw refuse(
      'PARTITION_OUTSIDE',
      `partition "${partition.id}" (${range}) begins inside the partition table`,
      'let the first partition start at 1MiB',
      partition.id,
    );
  }
  if (start >= usable.end || end > usable.end) {
    throw refuse(
      'PARTITION_OUTSIDE',
      `partition "${partition.id}" (${range}) does not fit on the disk of ${formatSize(size)}: the last usable MiB ends at ${formatSize(Math.floor(usable.end / MIB) * MIB)}`,
      'raise "disk.size", or write end: "0" for the rest of the disk',
      partition.id,
    );
  }
  if (end <= start) {
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" (${range}) holds no whole MiB: partitions begin and end on whole MiB`,
      'give it a larger "end"',
      partition.id,
    );
  }
  const { fatBits } = partition;
  if (fatBits !== undefined && fatGeometry(end - start, fatBits) === undefined) {
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" of ${formatSize(end - start)} cannot be a FAT${fatBits}, whose number of clusters has limits`,
      'write fsType: vfat, which takes the FAT that fits the size',
      partition.id,
    );
  }
  const least = SMALLEST[partition.fsType] ?? 0;
  if (end - start < least) {
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" of ${formatSize(end - start)} is too small for ${partition.fsType}, which begins at ${formatSize(least)}`,
      'give it a larger "size", or fsType: ext4',
      partition.id,
    );
  }
  return { start, end };
}

function fileSystemId(partition: PartitionConfig, seed: string): string | undefined {
  const id = seededUuid(seed, 'file system', partition.id);
  if (partition.fsType === 'none' || partition.fsType === 'squashfs') return undefined;
  return partition.fsType === 'vfat' ? `${id.slice(0, 4)}-${id.slice(4, 8)}`.toUpperCase() : id;
}

function checkRoot(partitions: readonly PartitionConfig[]): void {
  if (partitions.some(({ mountPoint }) => mountPoint === '/')) return;
  throw refuse('PARTITION_INVALID', 'no partition has the mount point "/"', 'add one with fsType: ext4');
}

function checkTable(disk: DiskConfig, size: number): void {
  if (disk.partitionTableType === 'gpt') return;
  if (disk.partitions.length > MBR_PRIMARIES) {
    throw refuse(
      'PARTITION_INVALID',
      `an MBR holds ${MBR_PRIMARIES} partitions, this disk has ${disk.partitions.length}`,
      'set "disk.partitionTableType: gpt"',
    );
  }
  if (size > MBR_LIMIT) {
    throw refuse(
      'PARTITION_INVALID',
      `an MBR reaches ${formatSize(MBR_LIMIT)}, this disk has ${formatSize(size)}`,
      'set "disk.partitionTableType: gpt"',
    );
  }
}

function checkDistinct(partitions: readonly PartitionConfig[]): void {
  for (const key of ['id', 'mountPoint'] as const) {
    const seen = new Map<string, PartitionConfig>();
    for (const partition of partitions) {
      for (const value of key === 'id' ? [partition.id] : mountPoints(partition)) {
        const first = seen.get(value);
        if (first !== undefined) {
          throw refuse(
            'PARTITION_INVALID',
            `partitions "${first.id}" and "${partition.id}" have the same ${key}, "${value}"`,
            `give each partition its own ${key}`,
            partition.id,
          );
        }
        seen.set(value, partition);
      }
    }
  }
}

function mountPoints({ mountPoint, subvolumes = [] }: PartitionConfig): ReadonlySet<string> {
  return new Set([
    ...(mountPoint === undefined ? [] : [mountPoint]),
    ...subvolumes.map((one) => one.mountPoint),
  ]);
}

function checkPartition(partition: PartitionConfig, table: DiskPlan['table']): void {
  const problem = fileSystemProblem(partition);
  if (problem !== undefined) {
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" ${problem.reason}`,
      problem.hint,
      partition.id,
    );
  }
  if (table === 'gpt' && partition.name.length > GPT_NAME_UNITS) {
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" has the name "${partition.name}": a GPT name has at most ${GPT_NAME_UNITS} characters`,
      'shorten "name"',
      partition.id,
    );
  }
  if (table === 'mbr') checkMbrType(partition);
  for (const flag of partition.flags) checkFlag(partition, flag, table);
}

function checkMbrType(partition: PartitionConfig): void {
  if (mbrType(partition) !== undefined) return;
  throw refuse(
    'PARTITION_INVALID',
    `partition "${partition.id}" has the type ${partition.type ?? partition.typeGuid}, and an MBR has no byte for it`,
    'set "disk.partitionTableType: gpt", or type: linux',
    partition.id,
  );
}

function checkFlag(partition: PartitionConfig, flag: string, table: DiskPlan['table']): void {
  const known = knownFlags(table);
  if (!known.includes(flag)) {
    const near = nearest(flag, known, 1)[0];
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" has the flag "${flag}", which ${table.toUpperCase()} does not know`,
      near === undefined ? `use one of ${known.join(', ')}` : `did you mean "${near}"?`,
      partition.id,
    );
  }
  const type = table === 'gpt' ? typeOfFlag(flag) : undefined;
  if (type !== undefined && partition.type !== type) {
    throw refuse(
      'PARTITION_INVALID',
      `partition "${partition.id}" has the flag "${flag}", which on GPT is the type "${type}", but another type`,
      `set "type: ${type}", or take the flag away`,
      partition.id,
    );
  }
}

function checkOverlap(partitions: readonly PlannedPartition[]): void {
  const sorted = [...partitions].sort((a, b) => a.start - b.start || a.number - b.number);
  for (const [index, second] of sorted.entries()) {
    const first = sorted[index - 1];
    if (first === undefined || first.start + first.size <= second.start) continue;
    throw refuse(
      'PARTITION_OVERLAP',
      `partitions ${rangeOf(first)} and ${rangeOf(second)} overlap`,
      `let "${second.id}" start at ${(first.start + first.size) / MIB}MiB, or end "${first.id}" at ${second.start / MIB}MiB`,
      second.id,
    );
  }
}

function rangeOf({ id, start, size }: PlannedPartition): string {
  return `"${id}" (${start / MIB} to ${(start + size) / MIB} MiB)`;
}

/** @param partition id of the partition that the error is about */
function refuse(code: ImageErrorCode, message: string, hint: string, partition?: string): ImageError {
  const details = partition === undefined ? {} : { partition };
  return new ImageError(code, message, { hint, details, fault: 'request' });
}
