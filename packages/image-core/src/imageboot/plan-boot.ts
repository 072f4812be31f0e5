import type { ImageConfig } from '@ic/toolchain';
import { formatSize } from '@ic/utils';
import { ImageError } from '../errors.js';
import type { DiskPlan, PlannedPartition } from '../imagedisk/disk-plan.js';
import type { BootFileSystem, BootPlan } from './boot-plan.js';
import { kernelWords } from './kernel-words.js';
import { VOLATILE_WORD } from './volatile-root.js';

const ESP_GUID = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const BIOS_BOOT_GUID = '21686148-6449-6e6f-744e-656564454649';
/** A core image with one table and one file system is about 32 KiB; the exact room is checked when it is written. */
const SMALLEST_CORE_ROOM = 64 * 1024;

/**
 * Decides the boot loader, where it lies and the kernel command line. The root file system is named by PARTUUID, which
 * needs no file system to be probed, and mounted `rw` unless its mount options say `ro`; both give way to words that
 * the template's command line has already. Pure.
 *
 * @throws ImageError BOOT_UNSUPPORTED; the fault is the request's
 */
export function planBoot(config: ImageConfig, plan: DiskPlan): BootPlan {
  const { bootloader, kernel } = config.system;
  const { bootType } = bootloader;
  const bios = bootType !== 'efi';
  if (bios) checkBios(config);
  const uefi = bootType !== 'legacy';
  const root = mounted(plan, '/');
  if (isReadOnly(root) && config.target.family === 'rpm') {
    throw refuse(
      `the root file system is ${root.fsType}, which is read-only, and what is written over it is prepared by initramfs-tools, which rpm targets do not have`,
      'set "fsType: ext4" for "/"',
    );
  }
  return {
    loader: bootloader.provider,
    firmware: [...(uefi ? (['uefi'] as const) : []), ...(bios ? (['bios'] as const) : [])],
    arch: config.target.arch,
    unified: kernel.uki,
    splash: kernel.splash,
    defaultKernel: kernel.default,
    menuSeconds: bootloader.timeout,
    tries: bootloader.bootCounting,
    shim: bootloader.shim,
    commandLine: commandLine(kernel.cmdline, root),
    espMountPoint: uefi ? espMountPoint(plan) : undefined,
    rootFsUuid: root.fsUuid,
    boot: bootloader.provider === 'grub' ? bootFileSystem(plan) : undefined,
    volatileRoot: isReadOnly(root),
    grubFolder: config.target.family === 'deb' ? '/boot/grub' : '/boot/grub2',
    table: plan.table,
    biosCore: bios ? biosCore(plan) : undefined,
  };
}

function checkBios(config: ImageConfig): void {
  const { bootType, provider } = config.system.bootloader;
  if (config.target.arch !== 'x86_64') {
    throw refuse(
      `bootType "${bootType}" needs a BIOS, and ${config.target.arch} machines have none`,
      'set "systemConfig.bootloader.bootType: efi"',
    );
  }
  if (provider === 'systemd-boot') {
    throw refuse(
      `systemd-boot is started by UEFI alone, so it cannot serve bootType "${bootType}"`,
      'set "systemConfig.bootloader.provider: grub", or "bootType: efi"',
    );
  }
}

function commandLine(text: string, root: PlannedPartition): string {
  const words = kernelWords(text);
  const options = root.mountOptions?.split(',') ?? [];
  return kernelWords(
    [
      ...(words.some((word) => word.startsWith('root=')) ? [] : [`root=PARTUUID=${root.partUuid}`]),
      ...(words.includes('rw') || words.includes('ro') ? [] : [options.includes('ro') ? 'ro' : 'rw']),
      ...rootFlags(root, words),
      ...(isReadOnly(root) ? [VOLATILE_WORD] : []),
      ...words,
    ].join(' '),
  ).join(' ');
}

/** The mount options without which the kernel would see another folder as root. */
function rootFlags({ subvolumes }: PlannedPartition, words: readonly string[]): string[] {
  const subvolume = subvolumes?.find(({ mountPoint }) => mountPoint === '/');
  if (subvolume === undefined || words.some((word) => word.startsWith('rootflags='))) return [];
  return [`rootflags=subvol=${subvolume.name}`];
}

function isReadOnly({ fsType }: PlannedPartition): boolean {
  return fsType === 'erofs' || fsType === 'squashfs';
}

function espMountPoint(plan: DiskPlan): string {
  const esp = plan.partitions.find((partition) => partition.typeGuid === ESP_GUID);
  if (esp === undefined) {
    throw refuse(
      'the disk has no EFI system partition, and UEFI starts boot loaders from nowhere else',
      'add a partition with type: esp, fsType: vfat and mountPoint: /boot/efi, or set "bootType: legacy" with GRUB',
    );
  }
  if (esp.fsType !== 'vfat' || esp.mountPoint === undefined) {
    throw refuse(
      `the EFI system partition "${esp.id}" has ${esp.fsType === 'vfat' ? 'no mount point' : 'no FAT file system'}`,
      'give it fsType: vfat and mountPoint: /boot/efi',
    );
  }
  return esp.mountPoint;
}

function bootFileSystem(plan: DiskPlan): BootFileSystem {
  const partition = plan.partitions.find(({ mountPoint }) => mountPoint === '/boot') ?? mounted(plan, '/');
  const { fsUuid, fsType, subvolumes = [] } = partition;
  const mountPoint = subvolumes.some((one) => one.mountPoint === '/boot') ? '/boot' : partition.mountPoint;
  const subvolume = subvolumes.find((one) => one.mountPoint === mountPoint)?.name;
  if (fsUuid === undefined || mountPoint === undefined || !isBootType(fsType)) {
    throw refuse(
      `partition "${partition.id}" holds /boot, which boot loaders read and the system writes to, and its file system is ${fsType}`,
      'give /boot a partition of its own with fsType: ext4',
    );
  }
  return { fsUuid, fsType, mountPoint, ...(subvolume === undefined ? {} : { subvolume }) };
}

function isBootType(fsType: PlannedPartition['fsType']): fsType is BootFileSystem['fsType'] {
  return fsType !== 'none' && fsType !== 'swap' && fsType !== 'erofs' && fsType !== 'squashfs';
}

function mounted(plan: DiskPlan, mountPoint: string): PlannedPartition {
  const found = plan.partitions.find((partition) => partition.mountPoint === mountPoint);
  if (found !== undefined) return found;
  throw refuse(`no partition is mounted at ${mountPoint}`, `add one with mountPoint: ${mountPoint}`);
}

function biosCore(plan: DiskPlan): NonNullable<BootPlan['biosCore']> {
  if (plan.table === 'gpt') {
    const partition = plan.partitions.find((each) => each.typeGuid === BIOS_BOOT_GUID);
    if (partition === undefined) {
      throw refuse(
        'the disk has a GPT but no BIOS boot partition, the only place on it where GRUB can keep its core image',
        'add a partition with type: bios, fsType: none and 1MiB of room, or set "partitionTableType: mbr"',
      );
    }
    return { start: partition.start, size: partition.size };
  }
  const start = plan.sectorSize;
  const size = Math.min(...plan.partitions.map((partition) => partition.start)) - start;
  if (size < SMALLEST_CORE_ROOM) {
    throw refuse(
      `the first partition leaves ${formatSize(size)} behind the MBR, and GRUB's core image needs ${formatSize(SMALLEST_CORE_ROOM)}`,
      'let the first partition start at 1MiB',
    );
  }
  return { start, size };
}

function refuse(message: string, hint: string): ImageError {
  return new ImageError('BOOT_UNSUPPORTED', message, { fault: 'request', hint });
}
