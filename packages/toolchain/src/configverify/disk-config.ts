import { messageOf, parseSize } from '@ic/utils';
import type { DiskConfig, FileSystemType, PartitionConfig } from '../config/image-config.js';
import type { TemplateDisk, TemplateDocument, TemplatePartition } from '../config/template-document.js';
import type { Path } from '../configparse/located.js';
import { artifactsConfig } from './artifacts-config.js';
import { PARTITION_TYPES, typeByMountPoint, typeName } from './partition-types.js';
import type { Report } from './report.js';

const FIRST_START = 1024 ** 2;

type OneDisk = Omit<DiskConfig, 'additionalDisks'>;

/** The disks of a checked document. What does not fit is added to the report. Pure. */
export function diskConfig(document: TemplateDocument, report: Report): DiskConfig {
  const { additionalDisks, ...first } = document.disk;
  const disk = oneDisk(first, document, { path: ['disk'], report });
  const more = additionalDisks?.map((one, index) =>
    oneDisk(one, document, { path: ['disk', 'additionalDisks', index], report }),
  );
  const listed = [
    { partitions: first.partitions, path: ['disk'] },
    ...(additionalDisks ?? []).map(({ partitions }, index) => ({
      partitions,
      path: ['disk', 'additionalDisks', index],
    })),
  ];
  checkUnique(listed, report);
  checkDiskNames(more ?? [], report);
  if (!disk.partitions.some(({ mountPoint }) => mountPoint === '/')) {
    report.add(['disk', 'partitions'], 'no partition is mounted at /', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'give one partition mountPoint: / and fsType: ext4',
    });
  }
  return { ...disk, additionalDisks: more };
}

interface Where {
  readonly path: Path;
  readonly report: Report;
}

function oneDisk(
  disk: Omit<TemplateDisk, 'additionalDisks'>,
  document: TemplateDocument,
  { path: diskPath, report }: Where,
): OneDisk {
  const alignment = alignmentOf(disk, { path: diskPath, report });
  const grows = disk.extendLastPartitionToFillDisk === true;
  let free: number | undefined = FIRST_START;
  const partitions = disk.partitions.map((partition, index): PartitionConfig => {
    const path = [...diskPath, 'partitions', index];
    const rest = grows && index === disk.partitions.length - 1;
    const placed = place(partition, { free: aligned(free, alignment), path, report, rest });
    free = placed.end;
    return {
      ...identity(partition, document, { path, report }),
      ...placed,
      ...(rest && disk.partitionTableType !== 'mbr' ? { grows: true } : {}),
    };
  });
  if (grows && disk.partitionTableType === 'mbr') {
    report.add(
      [...diskPath, 'extendLastPartitionToFillDisk'],
      'a partition of an MBR cannot be extended at the first boot, which systemd-repart does with a GPT alone',
      {
        code: 'TEMPLATE_CONFLICT',
        hint: 'write partitionTableType: gpt, or take the key away and let the last partition end at "0", the end of the image',
      },
    );
  }
  checkMounts(partitions, { path: diskPath, report });
  return {
    name: disk.name ?? 'disk',
    size: bytes(disk.size, [...diskPath, 'size'], report) ?? 0,
    partitionTableType: disk.partitionTableType ?? 'gpt',
    alignment,
    partitions: inOrder(partitions, disk, { path: diskPath, report }),
    artifacts: artifactsConfig(disk.artifacts ?? [{ type: 'raw' }], { path: diskPath, report }),
  };
}

function alignmentOf({ alignment }: Pick<TemplateDisk, 'alignment'>, { path, report }: Where) {
  if (alignment === undefined) return undefined;
  const wanted = bytes(alignment, [...path, 'alignment'], report);
  if (wanted === undefined || (wanted > 0 && wanted % FIRST_START === 0)) return wanted;
  report.add([...path, 'alignment'], 'partitions are aligned to whole MiB', { hint: 'write 1MiB, 4MiB, …' });
  return undefined;
}

function aligned(position: number | undefined, alignment = FIRST_START): number | undefined {
  return position === undefined ? undefined : Math.ceil(position / alignment) * alignment;
}

function checkDiskNames(disks: readonly OneDisk[], report: Report): void {
  disks.forEach(({ name }, index) => {
    if (disks.findIndex((other) => other.name === name) === index) return;
    report.add(['disk', 'additionalDisks', index, 'name'], `two additional disks have the name "${name}"`, {
      code: 'TEMPLATE_CONFLICT',
    });
  });
}

interface Placing {
  /** End of the partition before; undefined when that takes the rest. */
  readonly free: number | undefined;
  readonly path: Path;
  readonly report: Report;
  /** Whatever the partition says, it takes the rest. */
  readonly rest: boolean;
}

function place(partition: TemplatePartition, placing: Placing): Pick<PartitionConfig, 'start' | 'end'> {
  const { path, report, free } = placing;
  const start = partition.start === undefined ? free : bytes(partition.start, [...path, 'start'], report);
  if (start === undefined && partition.start === undefined) {
    report.add(
      path,
      `partition "${partition.id}" has no "start", and the one before it takes the rest of the disk`,
    );
  }
  const from = start ?? 0;
  if (partition.end !== undefined && partition.size !== undefined) {
    report.add([...path, 'size'], `partition "${partition.id}" has both "end" and "size"`, {
      code: 'TEMPLATE_CONFLICT',
      hint: 'keep one of the two',
    });
  }
  const end = partition.end === undefined ? undefined : bytes(partition.end, [...path, 'end'], report);
  const size = partition.size === undefined ? undefined : bytes(partition.size, [...path, 'size'], report);
  if (placing.rest || end === 0 || size === 0) return { start: from, end: undefined };
  const behind = end ?? (size === undefined ? undefined : from + size);
  if (behind !== undefined && behind <= from) {
    report.add(
      [...path, end === undefined ? 'size' : 'end'],
      `partition "${partition.id}" ends before it begins`,
      {
        hint: '"end" counts from the beginning of the disk; "size" from the start of the partition',
      },
    );
  }
  return { start: from, end: behind };
}

export function bytes(size: string | number, path: Path, report: Report): number | undefined {
  try {
    return typeof size === 'number' ? size : parseSize(size);
  } catch (error) {
    report.add(path, messageOf(error), { hint: 'write a number and a unit: 4GiB, 512MiB, 1.5G' });
    return undefined;
  }
}

/** Words of `fsType` in templates. */
const FILE_SYSTEMS: Readonly<Record<string, Pick<PartitionConfig, 'fsType' | 'fatBits'>>> = {
  ext2: { fsType: 'ext2' },
  ext3: { fsType: 'ext3' },
  ext4: { fsType: 'ext4' },
  vfat: { fsType: 'vfat' },
  fat12: { fsType: 'vfat', fatBits: 12 },
  fat16: { fsType: 'vfat', fatBits: 16 },
  fat32: { fsType: 'vfat', fatBits: 32 },
  xfs: { fsType: 'xfs' },
  btrfs: { fsType: 'btrfs' },
  f2fs: { fsType: 'f2fs' },
  erofs: { fsType: 'erofs' },
  squashfs: { fsType: 'squashfs' },
  swap: { fsType: 'swap' },
  'linux-swap': { fsType: 'swap' },
};

const LABEL_BYTES: Readonly<Partial<Record<FileSystemType, number>>> = {
  ext2: 16,
  ext3: 16,
  ext4: 16,
  vfat: 11,
  swap: 15,
  xfs: 12,
  btrfs: 255,
  f2fs: 255,
};

type Identity = Omit<PartitionConfig, 'start' | 'end'>;

function identity(partition: TemplatePartition, document: TemplateDocument, where: Where): Identity {
  const mountPoint = mounted(partition.mountPoint);
  const flags = partition.flags ?? [];
  const byFlag = flags.includes('esp') ? 'esp' : flags.includes('bios_grub') ? 'bios' : undefined;
  const bySwap = FILE_SYSTEMS[partition.fsType ?? '']?.fsType === 'swap' ? 'linux-swap' : undefined;
  const guid = partition.typeUUID?.toLowerCase();
  const type =
    partition.type ??
    (guid === undefined
      ? (byFlag ?? bySwap ?? typeByMountPoint(mountPoint, document.target.arch))
      : typeName(guid));
  const typeGuid = guid ?? PARTITION_TYPES[type ?? ''] ?? '';
  if (partition.type !== undefined && PARTITION_TYPES[partition.type] !== typeGuid) {
    where.report.add(
      [...where.path, 'typeUUID'],
      `"typeUUID" is not the GUID of the type "${partition.type}"`,
      {
        code: 'TEMPLATE_CONFLICT',
        hint: `keep one of the two; ${partition.type} is ${PARTITION_TYPES[partition.type]}`,
      },
    );
  }
  const fsType = partition.fsType ?? 'none';
  const label = partition.fsLabel;
  const { fsType: kind, fatBits } = FILE_SYSTEMS[fsType] ?? { fsType: 'none' };
  if (label !== undefined && Buffer.byteLength(label) > (LABEL_BYTES[kind] ?? Number.POSITIVE_INFINITY)) {
    where.report.add([...where.path, 'fsLabel'], `"${label}" is too long for a label of ${fsType}`, {
      hint: 'ext2, ext3 and ext4 take 16 bytes, swap takes 15, xfs takes 12, FAT takes 11',
    });
  }
  return {
    id: partition.id,
    name: partition.name ?? partition.id,
    type,
    typeGuid,
    fsType: kind,
    fatBits,
    fsLabel: label,
    mkfsOptions: partition.mkfsOptions,
    minimize: partition.minimize === true ? true : undefined,
    subvolumes: outerFirst(partition.subvolumes),
    compression: partition.compression,
    mountPoint,
    mountOptions: partition.mountOptions,
    flags,
  };
}

function outerFirst(subvolumes: TemplatePartition['subvolumes']): PartitionConfig['subvolumes'] {
  return subvolumes
    ?.map(({ name, mountPoint }) => ({ name, mountPoint: mounted(mountPoint) ?? '/' }))
    .sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1));
}

function mounted(mountPoint: string | undefined): string | undefined {
  if (mountPoint === undefined || mountPoint === '' || mountPoint === 'none') return undefined;
  return mountPoint === '/' ? '/' : mountPoint.replace(/\/+$/, '');
}

interface PartitionList {
  readonly partitions: readonly TemplatePartition[];
  /** Of the disk. */
  readonly path: Path;
}

function checkUnique(disks: readonly PartitionList[], report: Report): void {
  for (const key of ['id', 'mountPoint'] as const) {
    const seen = new Map<string, string>();
    for (const { partitions, path } of disks) {
      for (const [index, partition] of partitions.entries()) {
        const value = key === 'id' ? partition.id : mounted(partition.mountPoint);
        if (value === undefined) continue;
        const other = seen.get(value);
        if (other === undefined) {
          seen.set(value, partition.id);
          continue;
        }
        const message =
          key === 'id'
            ? `two partitions have the id "${value}"`
            : `partitions "${other}" and "${partition.id}" are both mounted at ${value}`;
        report.add([...path, 'partitions', index, key], message, { code: 'TEMPLATE_CONFLICT' });
      }
    }
  }
}

function checkMounts(partitions: readonly PartitionConfig[], { path: diskPath, report }: Where): void {
  partitions.forEach(({ id, mountPoint, fsType }, index) => {
    const path = [...diskPath, 'partitions', index, 'mountPoint'];
    if (mountPoint !== undefined && fsType === 'none') {
      report.add(path, `partition "${id}" is mounted at ${mountPoint} but has no file system`, {
        code: 'TEMPLATE_CONFLICT',
        hint: 'give it an "fsType" such as ext4, or take "mountPoint" away',
      });
    }
    if (mountPoint === '/' && fsType === 'vfat') {
      report.add(path, `partition "${id}" cannot hold the root file system: FAT knows no owners and links`, {
        code: 'TEMPLATE_CONFLICT',
        hint: 'give it fsType: ext4',
      });
    }
  });
}

/** In the order of their `index`, where they have one. */
function inOrder(
  partitions: readonly PartitionConfig[],
  disk: Pick<TemplateDisk, 'partitions'>,
  { path, report }: Where,
): PartitionConfig[] {
  const indexes = disk.partitions.map(({ index }) => index);
  if (indexes.every((index) => index === undefined)) return [...partitions];
  const sorted = partitions.map((_, place) => indexes.indexOf(place + 1)).map((from) => partitions[from]);
  if (sorted.every((partition) => partition !== undefined)) return sorted;
  const wrong = Math.max(
    0,
    indexes.findIndex(
      (index, place) => index === undefined || index > indexes.length || indexes.indexOf(index) < place,
    ),
  );
  report.add(
    [...path, 'partitions', wrong, 'index'],
    `the "index" of ${indexes.length} partitions must be 1 to ${indexes.length}, each once`,
    {
      code: 'TEMPLATE_CONFLICT',
      hint: 'leave "index" out: partitions are numbered in the order of the list',
    },
  );
  return [...partitions];
}
