import type { DiskRow } from './disk-row.js';

type Partition = Readonly<Record<string, unknown>>;

const ESP: Partition = { id: 'esp', type: 'esp', size: '64MiB', fsType: 'vfat', mountPoint: '/boot/efi' };
const BIOS: Partition = { id: 'bios', type: 'bios', size: '1MiB' };
const BOOT: Partition = { id: 'boot', size: '128MiB', fsType: 'ext4', mountPoint: '/boot' };
const root = (fsType: string, more: Partition = {}): Partition => ({
  ...{ id: 'root', fsType, mountPoint: '/' },
  ...more,
});
const disk = (partitions: readonly Partition[], more: object = {}) => ({
  size: '1300MiB',
  partitions,
  ...more,
});
const MBR = { partitionTableType: 'mbr' };
/** The kernel for clouds has no f2fs. */
const WHOLE = 'linux-image-amd64';
const isRoot = (type: string) => ({ 'findmnt -n -o FSTYPE /': type });
const SUBVOLUMES = {
  compression: 'zstd:3',
  subvolumes: [
    { name: '@', mountPoint: '/' },
    { name: '@home', mountPoint: '/home' },
    { name: '@log', mountPoint: '/var/log' },
  ],
};

/** Each root file system by systemd-boot. */
const roots: readonly DiskRow[] = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'erofs', 'squashfs'].map(
  (fsType) => ({
    name: `${fsType} by systemd-boot`,
    loader: 'systemd-boot',
    disk: disk([ESP, root(fsType)]),
    ...(fsType === 'erofs' ? { quick: true } : {}),
    ...(fsType === 'f2fs' ? { kernel: WHOLE } : {}),
    ...(['ext3', 'f2fs'].includes(fsType) ? { boot: { firmware: 'uefi', says: isRoot(fsType) } } : {}),
    ...(fsType === 'erofs'
      ? {
          boot: {
            firmware: 'uefi',
            says: { ...isRoot('overlay'), 'touch /etc/new /usr/new && echo yes': 'yes' },
          },
        }
      : {}),
  }),
);

/** GRUB reads each root file system that it can, from each table, by each firmware. */
const grubs: readonly DiskRow[] = [
  ...['ext4', 'xfs', 'btrfs', 'f2fs'].map(
    (fsType): DiskRow => ({
      name: `${fsType} by GRUB for UEFI`,
      loader: 'grub-efi',
      disk: disk([ESP, root(fsType)]),
      ...(fsType === 'f2fs' ? { kernel: WHOLE } : {}),
    }),
  ),
  ...['ext4', 'xfs', 'btrfs'].map(
    (fsType): DiskRow => ({
      name: `${fsType} by GRUB for BIOS from a GPT`,
      loader: 'grub-bios',
      disk: disk([BIOS, root(fsType)]),
      ...(fsType === 'xfs' ? { boot: { firmware: 'bios', says: isRoot('xfs') } } : {}),
    }),
  ),
  ...['ext2', 'ext4', 'xfs', 'btrfs'].map(
    (fsType): DiskRow => ({
      name: `${fsType} by GRUB for BIOS from an MBR`,
      loader: 'grub-bios',
      disk: disk([root(fsType, { flags: ['boot'] })], MBR),
      ...(fsType === 'btrfs' ? { boot: { firmware: 'bios', says: isRoot('btrfs') } } : {}),
    }),
  ),
  {
    name: 'squashfs by GRUB for UEFI, with a /boot of its own',
    loader: 'grub-efi',
    disk: disk([ESP, BOOT, root('squashfs')]),
    boot: { firmware: 'uefi', says: isRoot('overlay') },
  },
  { name: 'ext4 by GRUB for UEFI from an MBR', loader: 'grub-efi', disk: disk([ESP, root('ext4')], MBR) },
  { name: 'ext4 by systemd-boot from an MBR', loader: 'systemd-boot', disk: disk([ESP, root('ext4')], MBR) },
  { name: 'ext4 by both firmwares', loader: 'grub-hybrid', disk: disk([BIOS, ESP, root('ext4')]) },
  {
    name: 'btrfs by both firmwares',
    loader: 'grub-hybrid',
    disk: disk([BIOS, ESP, root('btrfs', { fsLabel: 'a label of btrfs' })]),
    quick: true,
  },
  {
    name: 'xfs by a unified kernel image',
    loader: 'uki',
    disk: disk([ESP, root('xfs', { fsLabel: 'rootfs' })]),
    boot: { firmware: 'uefi', says: isRoot('xfs') },
  },
];

const layouts: readonly DiskRow[] = [
  {
    name: 'a file system of its own for much',
    loader: 'systemd-boot',
    kernel: WHOLE,
    disk: disk(
      [
        ESP,
        { id: 'swap', size: '32MiB', fsType: 'swap', fsLabel: 'swap' },
        { id: 'home', size: '320MiB', fsType: 'xfs', mountPoint: '/home' },
        { id: 'srv', size: '120MiB', fsType: 'btrfs', mountPoint: '/srv' },
        { id: 'var', type: 'linux-var', size: '300MiB', fsType: 'ext4', mountPoint: '/var' },
        { id: 'opt', size: '64MiB', fsType: 'f2fs', mountPoint: '/opt' },
        root('ext4'),
      ],
      { size: '2GiB' },
    ),
    boot: {
      firmware: 'uefi',
      says: { 'swapon --noheadings --show=SIZE --bytes': String(32 * 1024 ** 2 - 4096) },
    },
  },
  {
    name: 'FAT of each width',
    loader: 'systemd-boot',
    disk: disk([
      ESP,
      { id: 'a', size: '4MiB', fsType: 'fat12', mountPoint: '/srv/a', fsLabel: 'TWELVE' },
      { id: 'b', size: '16MiB', fsType: 'fat16', mountPoint: '/srv/b' },
      { id: 'c', size: '40MiB', fsType: 'fat32', mountPoint: '/srv/c' },
      root('ext4'),
    ]),
  },
  {
    name: 'types and flags of a GPT',
    loader: 'systemd-boot',
    disk: disk([
      { ...ESP, flags: ['esp', 'required'] },
      { id: 'own', size: '4MiB', typeUUID: '8da63339-0007-60c0-c436-083ac8230908', flags: ['no_auto'] },
      {
        id: 'hidden',
        size: '4MiB',
        fsType: 'ext4',
        flags: ['hidden', 'read_only', 'growfs'],
        name: 'a name',
      },
      { id: 'pv', size: '4MiB', type: 'linux-lvm' },
      { id: 'md', size: '4MiB', type: 'linux-raid' },
      root('ext4', { flags: ['legacy_boot'] }),
    ]),
  },
  {
    name: 'types of an MBR',
    loader: 'grub-bios',
    disk: disk(
      [
        { id: 'pv', size: '4MiB', type: 'linux-lvm' },
        { id: 'swap', size: '16MiB', fsType: 'swap' },
        { id: 'dos', size: '16MiB', fsType: 'fat16', mountPoint: '/srv' },
        root('ext4', { flags: ['boot'] }),
      ],
      MBR,
    ),
  },
  {
    name: 'a read-only /usr and /opt',
    loader: 'systemd-boot',
    disk: disk([
      ESP,
      { id: 'usr', size: '400MiB', fsType: 'erofs', mountPoint: '/usr', minimize: true },
      { id: 'opt', size: '4MiB', fsType: 'squashfs', mountPoint: '/opt' },
      root('ext4'),
    ]),
  },
  {
    name: 'an alignment of 4 MiB, numbers and places that differ, and a gap',
    loader: 'systemd-boot',
    disk: disk(
      [
        { ...root('ext4'), index: 2, start: '201MiB', size: '1000MiB' },
        { ...ESP, index: 1, start: '1MiB' },
      ],
      { alignment: '4MiB' },
    ),
  },
  {
    name: 'as small as the content',
    loader: 'systemd-boot',
    disk: disk([{ ...ESP, minimize: true }, { ...BOOT, minimize: true }, root('ext4', { minimize: true })]),
  },
  {
    name: 'an xfs as small as the content',
    loader: 'systemd-boot',
    disk: disk([ESP, root('xfs', { minimize: true })]),
  },
  {
    name: 'mkfs options',
    loader: 'systemd-boot',
    disk: disk([ESP, root('xfs', { mkfsOptions: ['-m', 'reflink=0', '-i', 'size=1024'] })]),
  },
  {
    name: 'more disks',
    loader: 'systemd-boot',
    quick: true,
    disk: disk([ESP, root('ext4')], {
      additionalDisks: [
        {
          name: 'data',
          size: '400MiB',
          partitions: [{ id: 'data', fsType: 'xfs', mountPoint: '/srv/data' }],
        },
        {
          name: 'more',
          size: '300MiB',
          partitionTableType: 'mbr',
          partitions: [
            { id: 'home', size: '120MiB', fsType: 'btrfs', mountPoint: '/home' },
            { id: 'more', fsType: 'ext4', mountPoint: '/srv/data/more' },
          ],
        },
      ],
    }),
    boot: {
      firmware: 'uefi',
      says: {
        'for at in /srv/data /home /srv/data/more; do findmnt -n -o SOURCE,FSTYPE $at; done':
          /vdb1 +xfs\n.*vdc1.* btrfs\n.*vdc2 +ext4/,
      },
    },
  },
  {
    name: 'the last partition grows',
    loader: 'systemd-boot',
    disk: disk([ESP, root('ext4')], { extendLastPartitionToFillDisk: true, size: '700MiB' }),
    boot: {
      firmware: 'uefi',
      enlarged: 1024 ** 3,
      says: {
        'test $(findmnt -b -n -o SIZE /) -gt 1500000000 && echo large': 'large',
        'lsblk -b -n -o SIZE /dev/vda2': /^17\d{8}$/,
      },
    },
  },
  {
    name: 'the last partition grows with xfs',
    loader: 'grub-bios',
    disk: disk(
      [BIOS, { id: 'first', size: '32MiB', fsType: 'ext4', type: 'linux-root-amd64' }, root('xfs')],
      {
        ...{ extendLastPartitionToFillDisk: true, size: '700MiB' },
      },
    ),
    boot: {
      firmware: 'bios',
      enlarged: 1024 ** 3,
      says: {
        'test $(findmnt -b -n -o SIZE /) -gt 1500000000 && echo large': 'large',
        'lsblk -b -n -o SIZE /dev/vda2': String(32 * 1024 ** 2),
      },
    },
  },
];

/** What cannot be made without a loop device. */
const loops: readonly DiskRow[] = [
  {
    name: 'subvolumes and compression by GRUB for UEFI',
    loader: 'grub-efi',
    loop: true,
    disk: disk([ESP, root('btrfs', SUBVOLUMES)]),
    boot: {
      firmware: 'uefi',
      says: {
        'for at in / /home /var/log; do findmnt -n -o OPTIONS $at; done':
          /compress=zstd:3.*subvol=\/@\n.*\/@home\n.*\/@log/,
      },
    },
  },
  {
    name: 'subvolumes by systemd-boot',
    loader: 'systemd-boot',
    loop: true,
    disk: disk([ESP, root('btrfs', { subvolumes: [{ name: '@srv', mountPoint: '/srv' }] })]),
  },
];

const examples: readonly DiskRow[] = ['xfs', 'btrfs', 'growing', 'read-only-root', 'hybrid-grub'].map(
  (name) => ({
    name: `the example ${name}`,
    example: `examples/debian-12/${name}.yml`,
    loop: name === 'btrfs',
  }),
);

export const DISK_ROWS: readonly DiskRow[] = [...roots, ...grubs, ...layouts, ...loops, ...examples];

/** The same disks made by mounting, which the kernel must be able to for each file system. */
export const LOOP_ROWS: readonly DiskRow[] = DISK_ROWS.filter(({ loop }) => loop !== true).map(
  ({ boot: _, quick: __, ...row }) => ({ ...row, name: `${row.name}, through a loop device`, loop: true }),
);
