import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { plan } from './plan.js';

/** The plan of a disk with these partitions between an ESP and the root. */
async function planOf(partitions: readonly object[], disk: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ic-plan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const template = join(folder, 't.yml');
  const esp = { id: 'esp', type: 'esp', fsType: 'vfat', size: '64MiB', mountPoint: '/boot/efi' };
  const root = { id: 'root', fsType: 'ext4', mountPoint: '/' };
  const text = {
    image: { name: 'test', version: '1' },
    target: { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
    disk: { size: '4GiB', partitions: [esp, ...partitions, root], ...disk },
  };
  writeFileSync(template, JSON.stringify(text));
  const { partitions: planned, ...table } = await plan({ template });
  return { ...table, planned, between: planned.slice(1, -1) };
}

/** From the Discoverable Partitions Specification, and of UEFI and GRUB. */
const TYPES = {
  linux: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  bios: '21686148-6449-6e6f-744e-656564454649',
  xbootldr: 'bc13c2ff-59e6-4262-a352-b275fd6f7172',
  'linux-root-amd64': '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
  'linux-root-arm64': 'b921b045-1df0-41c3-af44-4c6f280d3fae',
  'linux-root-amd64-verity': '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5',
  'linux-root-arm64-verity': 'df3300ce-d69f-4c92-978c-9bfb0f38d820',
  'linux-swap': '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f',
  'linux-home': '933ac7e1-2eb4-4f13-b844-0e14e2aef915',
  'linux-srv': '3b8f8425-20e0-4f3b-907f-1a25a76f98e8',
  'linux-var': '4d21b016-b534-45c2-a9fb-5c16e091fd2d',
  'linux-tmp': '7ec6f557-3bc5-4aca-b293-16ef5df639d1',
  'linux-lvm': 'e6d6d379-f507-44c2-a23c-238f2a3df928',
  'linux-raid': 'a19d880f-05fc-4d3b-a006-743f0f84911e',
  'linux-luks': 'ca7d7ccb-63ed-4c53-861c-1742536059cc',
  'linux-dm-crypt': '7ffec5c9-2d00-49b7-8941-3ea10a5586b7',
};

it('plans every type of partition by its GUID', async () => {
  const asked = Object.keys(TYPES).map((type) => ({ id: type, type, size: '1MiB' }));
  const { between, planned } = await planOf(asked);
  expect(between.map(({ typeGuid }) => typeGuid)).toEqual(Object.values(TYPES));
  // esp
  expect(planned[0]?.typeGuid).toBe('c12a7328-f81f-11d2-ba4b-00a0c93ec93b');
});

it('plans every kind of file system', async () => {
  const kinds = {
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
    none: { fsType: 'none' },
  };
  const sizes: Readonly<Record<string, string>> = { fat12: '4MiB', xfs: '300MiB', btrfs: '114MiB' };
  const asked = Object.keys(kinds).map((fsType) => ({
    ...{ id: fsType, fsType, size: sizes[fsType] ?? '64MiB' },
    ...(/swap|none/.test(fsType) ? {} : { mountPoint: `/srv/${fsType}` }),
  }));
  const { between } = await planOf(asked);
  expect(between).toMatchObject(Object.values(kinds));
});

it('plans flags, names, labels, options and what is mounted as the template has them', async () => {
  const flags = [
    'boot',
    'esp',
    'bios_grub',
    'legacy_boot',
    'hidden',
    'read_only',
    'no_auto',
    'growfs',
    'required',
  ];
  const keys = {
    ...{
      id: 'data',
      name: 'the data',
      fsType: 'ext4',
      fsLabel: 'DATA',
      mountPoint: '/srv',
      mountOptions: 'noatime',
    },
    ...{ mkfsOptions: ['-m', '0'], minimize: true },
  };
  // Three of them are a type at the same time.
  const types: Readonly<Record<string, string>> = { boot: 'esp', esp: 'esp', bios_grub: 'bios' };
  const all = flags.map((flag) => ({
    ...{ id: `flag-${flag}`, type: types[flag] ?? 'linux', size: '1MiB', flags: [flag] },
  }));
  const { between } = await planOf([{ ...keys, start: '200MiB', end: '300MiB' }, ...all]);
  expect(between).toMatchObject([
    { ...keys, start: 200 * 1024 ** 2, size: 100 * 1024 ** 2 },
    ...flags.map((flag) => ({ id: `flag-${flag}`, flags: [flag] })),
  ]);
});

it('plans both kinds of partition tables', async () => {
  for (const [partitionTableType, size] of [
    ['gpt', '2GiB'],
    ['mbr', '3GiB'],
  ])
    expect(await planOf([], { partitionTableType, size })).toMatchObject({
      table: partitionTableType,
      size: Number(size?.[0]) * 1024 ** 3,
    });
});

it('plans more disks as it plans the first', async () => {
  const partitions = [{ id: 'data', fsType: 'ext4', mountPoint: '/srv' }];
  const additionalDisks = [
    { name: 'one', size: '1GiB', partitionTableType: 'mbr', partitions },
    { name: 'two', size: '2GiB', partitionTableType: 'gpt', alignment: '8MiB', partitions: [{ id: 'raw' }] },
  ];
  const planned = await planOf([], { additionalDisks });
  expect(planned.additionalDisks).toMatchObject([
    { name: 'one', table: 'mbr', size: 1024 ** 3, partitions: [{ id: 'data', mountPoint: '/srv' }] },
    { name: 'two', table: 'gpt', size: 2 * 1024 ** 3, partitions: [{ id: 'raw', start: 8 * 1024 ** 2 }] },
  ]);
});
