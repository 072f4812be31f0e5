import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlannedPartition } from '../imagedisk/disk-plan.js';
import { configureFstab, fstabText } from './fstab.js';
import { makeSystem } from './image-fixture.test.helper.js';

function partition(partUuid: string, over: Partial<PlannedPartition>): PlannedPartition {
  const fixed = { id: partUuid, number: 1, name: '', typeGuid: '', start: 0, size: 0, flags: [] };
  return { ...fixed, partUuid, fsType: 'ext4', ...over };
}

function plan(...partitions: PlannedPartition[]) {
  return { table: 'gpt', size: 0, sectorSize: 512, diskId: '', partitions } as const;
}

const HEADER = '# <file system> <mount point> <type> <options> <dump> <pass>\n';

describe('fstabText', () => {
  it('puts swap files last', () => {
    const swapFiles = [{ path: '/var/swap', size: 65_536 }];
    const text = fstabText(
      plan(partition('r', { mountPoint: '/', swapFiles }), partition('s', { fsType: 'swap' })),
    );
    expect(text).toBe(
      `${HEADER}PARTUUID=r / ext4 errors=remount-ro 0 1\nPARTUUID=s none swap sw 0 0\n/var/swap none swap sw 0 0\n`,
    );
  });

  it('puts outer mount points first and leaves out what is not mounted', () => {
    const text = fstabText(
      plan(
        partition('e', { mountPoint: '/boot/efi', fsType: 'vfat' }),
        partition('v', { mountPoint: '/var' }),
        partition('h', { mountPoint: '/home', mountOptions: 'nodev,nosuid' }),
        partition('b', { fsType: 'none' }),
        partition('u', {}),
        partition('r', { mountPoint: '/' }),
      ),
    );
    expect(text).toBe(
      [
        HEADER,
        'PARTUUID=r / ext4 errors=remount-ro 0 1\n',
        'PARTUUID=h /home ext4 nodev,nosuid 0 2\n',
        'PARTUUID=v /var ext4 defaults 0 2\n',
        'PARTUUID=e /boot/efi vfat umask=0077 0 2\n',
      ].join(''),
    );
  });

  it('never checks what is read-only, and has swap behind the mounts', () => {
    const text = fstabText(
      plan(
        partition('s', { fsType: 'swap' }),
        partition('t', { fsType: 'swap', mountOptions: 'sw,pri=5' }),
        partition('u', { mountPoint: '/usr', fsType: 'squashfs' }),
        partition('o', { mountPoint: '/opt', fsType: 'erofs', mountOptions: 'ro,nodev' }),
        partition('r', { mountPoint: '/', fsType: 'ext3' }),
      ),
    );
    expect(text).toBe(
      [
        HEADER,
        'PARTUUID=r / ext3 errors=remount-ro 0 1\n',
        'PARTUUID=o /opt erofs ro,nodev 0 0\n',
        'PARTUUID=u /usr squashfs ro 0 0\n',
        'PARTUUID=s none swap sw 0 0\n',
        'PARTUUID=t none swap sw,pri=5 0 0\n',
      ].join(''),
    );
  });

  it('mounts subvolumes by name, and the partition where none takes its place', () => {
    const subvolumes = [
      { name: '@', mountPoint: '/' },
      { name: '@home', mountPoint: '/home' },
    ];
    const btrfs = { fsType: 'btrfs', compression: 'zstd:3', flags: ['growfs'] } as const;
    const text = fstabText(
      plan(
        partition('r', { ...btrfs, mountPoint: '/', mountOptions: 'noatime', subvolumes }),
        partition('s', {
          fsType: 'btrfs',
          mountPoint: '/srv',
          subvolumes: [{ name: 'a', mountPoint: '/srv/a' }],
        }),
      ),
    );
    expect(text).toBe(
      [
        HEADER,
        'PARTUUID=r / btrfs noatime,subvol=@,compress=zstd:3,x-systemd.growfs 0 0\n',
        'PARTUUID=r /home btrfs noatime,subvol=@home,compress=zstd:3 0 0\n',
        'PARTUUID=s /srv btrfs defaults 0 0\n',
        'PARTUUID=s /srv/a btrfs defaults,subvol=a 0 0\n',
      ].join(''),
    );
  });

  it('leaves a read-only root writable, which something lies over, and has all disks', () => {
    const text = fstabText({
      ...plan(partition('r', { mountPoint: '/', fsType: 'erofs' })),
      additionalDisks: [
        { name: 'more', ...plan(partition('d', { mountPoint: '/srv', fsType: 'xfs', grows: true })) },
      ],
    });
    expect(text).toBe(
      `${HEADER}PARTUUID=r / erofs defaults 0 0\nPARTUUID=d /srv xfs defaults,x-systemd.growfs 0 0\n`,
    );
  });

  it('escapes what would end a field', () => {
    expect(fstabText(plan(partition('a', { mountPoint: '/my data' })))).toBe(
      `${HEADER}PARTUUID=a /my\\040data ext4 defaults 0 2\n`,
    );
  });
});

it('configureFstab makes the mount points', async () => {
  const { image, rootfs } = makeSystem({ tree: { 'etc/fstab': '# UNCONFIGURED' } });
  await configureFstab({ ...image, plan: plan(partition('d', { mountPoint: '/srv/data' })) });
  expect(existsSync(join(rootfs, 'srv/data'))).toBe(true);
});
