import type { DiskPlan, PlannedPartition } from '../imagedisk/disk-plan.js';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { makeFolders, writeText } from './root-files.js';

type MountedPartition = PlannedPartition & { readonly mountPoint: string };

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
    const { partUuid, mountPoint, fsType, mountOptions } = partition;
    const options = mountOptions ?? defaultOptions(partition);
    return `PARTUUID=${partUuid} ${escaped(mountPoint)} ${fsType} ${options} 0 ${checkOrder(partition)}\n`;
  });
  const swap = plan.partitions
    .filter(({ fsType }) => fsType === 'swap')
    .map(({ partUuid, mountOptions }) => `PARTUUID=${partUuid} none swap ${mountOptions ?? 'sw'} 0 0\n`);
  const swapFiles = plan.partitions
    .flatMap((partition) => partition.swapFiles ?? [])
    .map(({ path }) => `${path} none swap sw 0 0\n`);
  const all = [...rows, ...swap, ...swapFiles].join('');
  return `# <file system> <mount point> <type> <options> <dump> <pass>\n${all}`;
}

/** Debian's installer mounts the root so; FAT has no owners, and an ESP holds what only root should read. */
function defaultOptions({ mountPoint, fsType }: MountedPartition): string {
  if (fsType === 'vfat') return 'umask=0077';
  if (isReadOnly(fsType)) return 'ro';
  return mountPoint === '/' && fsType.startsWith('ext') ? 'errors=remount-ro' : 'defaults';
}

/** When fsck looks at it; what is never written to has none. */
function checkOrder({ mountPoint, fsType }: MountedPartition): 0 | 1 | 2 {
  if (isReadOnly(fsType)) return 0;
  return mountPoint === '/' ? 1 : 2;
}

function isReadOnly(fsType: PlannedPartition['fsType']): boolean {
  return fsType === 'erofs' || fsType === 'squashfs';
}

function mountedPartitions(plan: DiskPlan): MountedPartition[] {
  return plan.partitions
    .filter((partition): partition is MountedPartition => partition.mountPoint !== undefined)
    .filter(({ fsType }) => fsType !== 'none')
    .sort((a, b) => depth(a.mountPoint) - depth(b.mountPoint) || (a.mountPoint < b.mountPoint ? -1 : 1));
}

function depth(path: string): number {
  return path.split('/').filter((part) => part !== '').length;
}

/** fstab(5) has octal escapes for what would end a field. */
function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
