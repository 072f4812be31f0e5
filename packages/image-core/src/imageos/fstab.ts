import { type DiskPlan, everyDisk, type PlannedPartition } from '../imagedisk/disk-plan.js';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { makeFolders, writeText } from './root-files.js';

/** A partition, or a subvolume of one with its own mount point. */
type MountedPartition = PlannedPartition & {
  readonly mountPoint: string;
  readonly subvolume?: string | undefined;
  /** Mount point of the partition. */
  readonly outermost: string;
};

/** Writes /etc/fstab and makes the folders that partitions are mounted on. */
export async function configureFstab({ rootfs, plan }: ImageSystem): Promise<void> {
  await writeText(rootfs, '/etc/fstab', fstabText(plan));
  for (const { mountPoint } of mountedPartitions(plan)) {
    await makeFolders(await resolveInRoot(rootfs, mountPoint));
  }
}

/** The text of /etc/fstab (fstab(5)), outer mount points first, swap behind them, swap files last. Pure. */
export function fstabText(plan: DiskPlan): string {
  const rows = mountedPartitions(plan).map((partition) => {
    const { partUuid, mountPoint, fsType } = partition;
    const options = mountOptionsOf(partition).join(',');
    return `PARTUUID=${partUuid} ${escaped(mountPoint)} ${fsType} ${options} 0 ${checkOrder(partition)}\n`;
  });
  const swap = partitionsOf(plan)
    .filter(({ fsType }) => fsType === 'swap')
    .map(({ partUuid, mountOptions }) => `PARTUUID=${partUuid} none swap ${mountOptions ?? 'sw'} 0 0\n`);
  const swapFiles = plan.partitions
    .flatMap((partition) => partition.swapFiles ?? [])
    .map(({ path }) => `${path} none swap sw 0 0\n`);
  const all = [...rows, ...swap, ...swapFiles].join('');
  return `# <file system> <mount point> <type> <options> <dump> <pass>\n${all}`;
}

function mountOptionsOf(partition: MountedPartition): string[] {
  const { mountPoint, mountOptions, subvolume, compression, flags, grows } = partition;
  // All subvolumes grow with the first.
  const grow = (grows === true || flags.includes('growfs')) && mountPoint === partition.outermost;
  return [
    ...(mountOptions ?? defaultOptions(partition)).split(','),
    ...(subvolume === undefined ? [] : [`subvol=${subvolume}`]),
    ...(compression === undefined ? [] : [`compress=${compression}`]),
    ...(grow ? ['x-systemd.growfs'] : []),
  ];
}

/** Debian's installer mounts the root so; FAT has no owners, and an ESP holds what only root should read. */
function defaultOptions({ mountPoint, fsType }: MountedPartition): string {
  if (fsType === 'vfat') return 'umask=0077';
  // What lies over a read-only root file system is written to.
  if (isReadOnly(fsType)) return mountPoint === '/' ? 'defaults' : 'ro';
  return mountPoint === '/' && fsType.startsWith('ext') ? 'errors=remount-ro' : 'defaults';
}

/** When fsck looks at it: never where nothing is written, or the file system checks itself when it is mounted. */
function checkOrder({ mountPoint, fsType }: MountedPartition): 0 | 1 | 2 {
  if (isReadOnly(fsType) || ['xfs', 'btrfs', 'f2fs'].includes(fsType)) return 0;
  return mountPoint === '/' ? 1 : 2;
}

function isReadOnly(fsType: PlannedPartition['fsType']): boolean {
  return fsType === 'erofs' || fsType === 'squashfs';
}

function partitionsOf(plan: DiskPlan): readonly PlannedPartition[] {
  return everyDisk(plan).flatMap(({ partitions }) => partitions);
}

function mountedPartitions(plan: DiskPlan): MountedPartition[] {
  return partitionsOf(plan)
    .filter(({ fsType }) => fsType !== 'none')
    .flatMap(withSubvolumes)
    .sort((a, b) => depth(a.mountPoint) - depth(b.mountPoint) || (a.mountPoint < b.mountPoint ? -1 : 1));
}

/** The mounts of a partition: its subvolumes, and itself where none of them takes its place. */
function withSubvolumes(partition: PlannedPartition): MountedPartition[] {
  const { mountPoint, subvolumes = [] } = partition;
  if (mountPoint === undefined) return [];
  const whole = { ...partition, mountPoint, outermost: mountPoint };
  const parts = subvolumes.map(({ name, mountPoint: at }) => ({ ...whole, mountPoint: at, subvolume: name }));
  return parts.some((one) => one.mountPoint === mountPoint) ? parts : [whole, ...parts];
}

function depth(path: string): number {
  return path.split('/').filter((part) => part !== '').length;
}

/** fstab(5) has octal escapes for what would end a field. */
function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
