import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BootloaderConfig, DiskConfig, PartitionConfig, SystemConfig } from '@ic/toolchain';
import { MIB, partition } from '../imagedisk/disk.test.fixture.js';
import type { DiskPlan } from '../imagedisk/disk-plan.js';
import { planDisk } from '../imagedisk/plan-disk.js';
import { type Call, makeSystem, type Tree } from '../imageos/image-fixture.test.helper.js';
import type { BootPlan } from './boot-plan.js';

const ESP = {
  type: 'esp',
  typeGuid: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  fsType: 'vfat',
  mountPoint: '/boot/efi',
} as const;
const BIOS = { type: 'bios', typeGuid: '21686148-6449-6e6f-744e-656564454649' } as const;

/** Partitions by their names, in the order given, 64 MiB each. */
export const PARTITIONS = {
  esp: partition('esp', ESP),
  espUnmounted: partition('esp', { ...ESP, mountPoint: undefined }),
  bios: partition('bios', BIOS),
  boot: partition('boot', { fsType: 'ext4', mountPoint: '/boot' }),
  root: partition('root', { fsType: 'ext4', mountPoint: '/' }),
  rootReadOnly: partition('root', { fsType: 'ext4', mountPoint: '/', mountOptions: 'noatime,ro' }),
} satisfies Record<string, PartitionConfig>;

export function diskOf(
  names: readonly (keyof typeof PARTITIONS)[],
  table: DiskConfig['partitionTableType'] = 'gpt',
): DiskPlan {
  const partitions = names.map((name, index) => ({
    ...PARTITIONS[name],
    start: (1 + 64 * index) * MIB,
    end: (65 + 64 * index) * MIB,
  }));
  const disk = { name: 'disk', size: 512 * MIB, partitionTableType: table, partitions, artifacts: [] };
  return planDisk(disk, { seed: 'boot' });
}

export function configOf(bootloader: Pick<BootloaderConfig, 'bootType' | 'provider'>, cmdline = '') {
  const system: Partial<SystemConfig> = {
    bootloader: { ...bootloader, timeout: 2, shim: false },
    kernel: { cmdline, packages: [], extraModules: [], uki: false },
  };
  return makeSystem({ system }).image.config;
}

export const RELEASE = '6.1.0-50-cloud-amd64';
export const OLDER = '6.1.0-9-cloud-amd64';

/** A Debian root file system with two kernels, as it is before the initramfs is made. */
export const KERNEL_TREE: Tree = {
  'var/lib/dpkg/status': '',
  lib: '-> usr/lib',
  'etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
  [`usr/lib/modules/${OLDER}/modules.dep`]: '',
  [`usr/lib/modules/${RELEASE}/modules.dep`]:
    'kernel/drivers/md/dm-crypt.ko.xz: kernel/drivers/md/dm-mod.ko.xz\nkernel/drivers/md/dm-mod.ko.xz:\n',
  [`usr/lib/modules/${RELEASE}/modules.builtin`]: ['ext4', 'xfs', 'btrfs', 'vfat']
    .map((name) => `kernel/fs/${name}/${name}.ko\n`)
    .join(''),
  [`boot/vmlinuz-${OLDER}`]: 'older kernel',
  [`boot/vmlinuz-${RELEASE}`]: 'kernel',
  'usr/lib/modules/6.2.0-gone/updates/x.ko': 'left behind by a removed kernel',
};
export const INITRAMFS_TREE: Tree = {
  ...KERNEL_TREE,
  [`boot/initrd.img-${OLDER}`]: 'older initramfs',
  [`boot/initrd.img-${RELEASE}`]: 'initramfs',
};

export const UEFI_PLAN: BootPlan = {
  loader: 'systemd-boot',
  firmware: ['uefi'],
  arch: 'x86_64',
  unified: false,
  menuSeconds: 2,
  shim: false,
  commandLine: 'root=PARTUUID=1234 rw console=tty0 console=ttyS1,57600n8 quiet',
  espMountPoint: '/boot/efi',
  rootFsUuid: 'f5-uuid',
  boot: { fsUuid: 'f5-uuid', fsType: 'ext4', mountPoint: '/' },
  grubFolder: '/boot/grub',
  table: 'gpt',
};

export const HYBRID_PLAN: BootPlan = {
  ...UEFI_PLAN,
  loader: 'grub',
  firmware: ['uefi', 'bios'],
  biosCore: { start: MIB, size: 64 * 1024 },
};

/** A chroot environment with GRUB's files, where grub-mkimage writes down what it was asked for. */
export function grubTools(program = 'grub-mkimage') {
  const modules = ['part_gpt.mod', 'ext2.mod', 'normal.mod', 'command.lst', 'modinfo.sh', 'grub-ntldr-img'];
  const platforms = ['i386-pc', 'x86_64-efi'];
  const tree: Tree = Object.fromEntries([
    ...platforms.flatMap((platform) => modules.map((name) => [`usr/lib/grub/${platform}/${name}`, name])),
    ['usr/lib/grub/i386-pc/boot.img', 'boot sector'],
    [`usr/bin/${program}`, 'program'],
  ]);
  return makeSystem({
    tree,
    answer: (call, options) => {
      const output = call.args[call.args.indexOf('-o') + 1] ?? '';
      const bind = options.binds?.find(({ inside }) => output.startsWith(`${inside}/`));
      const file = join(bind?.host ?? '', output.slice(bind?.inside.length ?? 0));
      mkdirSync(dirname(file), { recursive: true });
      // Two sectors, as the smallest core image has.
      writeFileSync(file, `image ${call.args[1]}`.padEnd(1024));
      return '';
    },
  });
}

/** What follows an option in a call. */
export function argument(call: Call | undefined, option: string): string | undefined {
  return call?.args[call.args.indexOf(option) + 1];
}
