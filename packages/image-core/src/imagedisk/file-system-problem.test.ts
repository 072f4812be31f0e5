import type { PartitionConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { partition } from './disk.test.fixture.js';
import { fileSystemProblem } from './file-system-problem.js';

const HOME = { name: '@home', mountPoint: '/home' };

describe('fileSystemProblem', () => {
  it.each<[Partial<PartitionConfig>]>([
    [{ fsType: 'ext2', fsLabel: 'sixteen-letters!', mkfsOptions: ['-O', '^dir_index', '-m', '0'] }],
    [{ fsType: 'erofs', mountPoint: '/usr', mkfsOptions: ['-zlz4hc,9', '-C65536'] }],
    [{ fsType: 'squashfs', mountPoint: '/opt', mkfsOptions: ['-comp', 'xz', '-Xbcj', 'x86'] }],
    [{ fsType: 'swap', fsLabel: 'fifteen-letters' }],
    [{ fsType: 'vfat', mkfsOptions: ['-r', '512'] }],
    [{ fsType: 'none' }],
    [{ fsType: 'ext4', mountPoint: '/', minimize: true }],
    [{ fsType: 'erofs', mountPoint: '/usr', minimize: true }],
    [{ fsType: 'xfs', mountPoint: '/', minimize: true }],
    [{ fsType: 'erofs', mountPoint: '/' }],
    [{ fsType: 'xfs', fsLabel: 'twelve-chars', mkfsOptions: ['-m', 'reflink=0'], mountPoint: '/' }],
    [{ fsType: 'btrfs', mountPoint: '/', compression: 'zstd:3', subvolumes: [HOME] }],
    [{ fsType: 'ext4', mountPoint: '/', flags: ['growfs'] }],
    [{ fsType: 'none', flags: ['growfs'] }],
    [{ type: 'linux-lvm', fsType: 'none' }],
  ])('has nothing against %j', (rest) => {
    expect(fileSystemProblem(partition('p', rest))).toBeUndefined();
  });

  it.each<[Partial<PartitionConfig>, RegExp]>([
    [{ fsType: 'erofs' }, /no mount point to take its content from/],
    [{ fsType: 'squashfs', mountPoint: '/etc' }, /mounted at \/etc, which a running system writes to/],
    [{ fsType: 'erofs', mountPoint: '/var' }, /erofs is read-only/],
    [{ fsType: 'swap', mountPoint: '/swap' }, /is swap and has the mount point \/swap/],
    [{ fsType: 'swap', fsLabel: 'sixteen-letters!' }, /a label of swap has at most 15 bytes/],
    [{ fsType: 'erofs', mountPoint: '/usr', fsLabel: 'usr' }, /label "usr", and erofs has none/],
    [{ fsType: 'ext4', mkfsOptions: ['-E', 'offset=0'] }, /"-E" in "mkfsOptions", which ext4 does not take/],
    [{ fsType: 'ext4', mkfsOptions: ['-m', '0', '/dev/sda'] }, /"\/dev\/sda" in "mkfsOptions"/],
    [{ fsType: 'ext4', mkfsOptions: ['0'] }, /"0" in/],
    [{ fsType: 'squashfs', mountPoint: '/opt', mkfsOptions: ['-o', '0'] }, /"-o" in/],
    [{ fsType: 'swap', mkfsOptions: ['-f'] }, /swap does not take/],
    [{ fsType: 'ext4', minimize: true }, /no mount point, so no content/],
    [{ fsType: 'xfs', fsLabel: 'thirteen-char' }, /a label of xfs has at most 12 bytes/],
    [{ fsType: 'xfs', mkfsOptions: ['-d', 'name=/dev/sda'] }, /"-d" in "mkfsOptions"/],
    [{ fsType: 'btrfs', mkfsOptions: ['--rootdir', '/'] }, /"--rootdir" in "mkfsOptions"/],
    [{ fsType: 'ext4', mountPoint: '/', compression: 'zstd' }, /has "compression", which btrfs alone knows/],
    [{ fsType: 'btrfs', subvolumes: [HOME] }, /has "subvolumes" but no mount point/],
    [
      { fsType: 'btrfs', mountPoint: '/srv', subvolumes: [HOME] },
      /subvolume "@home" outside of it, at \/home/,
    ],
    [{ fsType: 'btrfs', mountPoint: '/', subvolumes: [HOME, HOME] }, /two subvolumes with the name "@home"/],
    [{ fsType: 'f2fs', mountPoint: '/', flags: ['growfs'] }, /f2fs cannot grow while it is mounted/],
    [{ type: 'linux-lvm', fsType: 'ext4' }, /volumes of LVM are not made here/],
    [{ type: 'linux-raid', fsType: 'xfs', mountPoint: '/srv' }, /volumes of RAID are not made here/],
    [{ fsType: 'none', mkfsOptions: ['-f'] }, /a partition without file system does not take/],
  ])('refuses %j', (rest, reason) => {
    const problem = fileSystemProblem(partition('p', rest));
    expect(problem?.reason).toMatch(reason);
    expect(problem?.hint).toMatch(/\w/);
  });
});
