import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionConfig } from '@ic/toolchain';
import { defaultContext, exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { assembleDisk } from './assemble-disk.js';
import {
  exampleDisk,
  exampleTree,
  has,
  hostTools,
  MIB,
  partition,
  temporaryFolders,
} from './disk.test.fixture.js';
import type { DiskPlan } from './disk-plan.js';
import { minimizeDisk } from './minimize-disk.js';
import { planDisk } from './plan-disk.js';

const temporary = temporaryFolders();

function planOf(...partitions: readonly PartitionConfig[]): DiskPlan {
  return planDisk(exampleDisk({ size: 2048 * MIB, partitions }), { seed: 'seed' });
}

/** Start and size of each partition and the size of the disk, in MiB. */
function shape({ size, partitions }: DiskPlan): unknown {
  return [...partitions.map((one) => [one.id, one.start / MIB, one.size / MIB]), size / MIB];
}

/** The example tree and 100 MiB in /usr. */
async function tree(): Promise<string> {
  const rootfs = await temporary();
  await exampleTree(rootfs);
  await mkdir(join(rootfs, 'usr/share'), { recursive: true });
  await writeFile(join(rootfs, 'usr/share/large'), Buffer.alloc(100 * MIB, 1));
  return rootfs;
}

const rest = { tools: hostTools, epoch: 1_700_000_000, context: defaultContext(), mode: 'direct' } as const;
const SMALL = { minimize: true } as const;
const EXT = { fsType: 'ext4', ...SMALL } as const;

describe('minimizeDisk', { timeout: 30_000 }, () => {
  it('leaves a disk alone that asks for nothing', async () => {
    const plan = planOf(partition('root', { fsType: 'ext4', mountPoint: '/' }));
    expect(await minimizeDisk(plan, { ...rest, rootfs: '/nowhere', work: '/nowhere' })).toEqual(plan);
  });

  it('moves up what is behind, wherever it stands in the list, and keeps gaps and ids', async () => {
    const plan = planOf(
      partition('last', { start: 1200 * MIB, end: 1300 * MIB }),
      partition('esp', {
        ...{ fsType: 'vfat', mountPoint: '/boot/efi', minimize: true },
        end: 101 * MIB,
      }),
      partition('data', { ...EXT, mountPoint: '/opt', start: 111 * MIB, end: 1111 * MIB }),
      partition('root', { fsType: 'ext4', mountPoint: '/', start: 1300 * MIB }),
    );
    const small = await minimizeDisk(plan, { ...rest, rootfs: await tree(), work: await temporary() });
    expect(shape(small)).toEqual([
      ['last', 140, 100],
      ['esp', 1, 17],
      ['data', 28, 23],
      ['root', 240, 747],
      988,
    ]);
    const ids = ({ partitions }: DiskPlan) => partitions.map(({ partUuid, fsUuid }) => [partUuid, fsUuid]);
    expect(ids(small)).toEqual(ids(plan));
  });

  it('never makes a partition larger than it may be', async () => {
    const plan = planOf(
      partition('root', { fsType: 'ext4', mountPoint: '/', end: 200 * MIB }),
      partition('data', { ...EXT, mountPoint: '/opt', start: 200 * MIB, end: 210 * MIB }),
    );
    expect(await minimizeDisk(plan, { ...rest, rootfs: await tree(), work: await temporary() })).toEqual(
      plan,
    );
  });

  it.skipIf(!has('bwrap', 'mke2fs', 'e2fsck', 'dumpe2fs', 'sfdisk')).each(['ext2', 'ext3', 'ext4'] as const)(
    'gives a disk that its content fits (%s)',
    async (fsType) => {
      const rootfs = await tree();
      const work = await temporary();
      const plan = await minimizeDisk(
        planOf(partition('root', { fsType, mountPoint: '/', minimize: true, start: 3 * MIB })),
        { ...rest, rootfs, work },
      );
      const image = join(work, 'disk.raw');
      await writeFile(image, '');
      await truncate(image, plan.size);
      await assembleDisk({ ...rest, plan, rootfs, image });
      const at = `${image}?offset=${3 * MIB}`;
      await exec('e2fsck', ['-fn', at]);
      const { stdout } = await exec('dumpe2fs', ['-h', at]);
      const free = 4096 * Number(/Free blocks:\s+(\d+)/.exec(stdout)?.[1]);
      const size = plan.partitions[0]?.size ?? 0;
      expect(size).toBeLessThan(150 * MIB);
      // Above the slack: what the kernel keeps back, and what the estimate is above the truth.
      expect(free).toBeGreaterThan(16 * MIB);
      expect(free).toBeLessThan(16 * MIB + 0.05 * size);
      const { stdout: table } = await exec('sfdisk', ['--json', image]);
      expect(JSON.parse(table).partitiontable.partitions).toMatchObject([
        { start: (3 * MIB) / 512, size: size / 512 },
      ]);
    },
  );

  it.skipIf(
    !has('bwrap', 'mkfs.xfs', 'xfs_db', 'xfs_repair', 'mkfs.btrfs', 'mkfs.f2fs', 'sload.f2fs', 'setfacl'),
  )('makes those that only their makers know, and no larger than they may be', async () => {
    const rootfs = await temporary();
    for (const [folder, files] of Object.entries({ usr: 2, var: 26 })) {
      await mkdir(join(rootfs, folder));
      for (let file = 0; file < files; file += 1)
        await writeFile(join(rootfs, folder, String(file)), Buffer.alloc(10 * MIB, file));
    }
    await mkdir(join(rootfs, 'data/listed'), { recursive: true });
    await exec('setfacl', ['-m', 'g:4:rx', join(rootfs, 'data/listed')]);
    const work = await temporary();
    const planned = planOf(
      partition('usr', { ...SMALL, fsType: 'btrfs', mountPoint: '/usr', end: 701 * MIB }),
      partition('data', {
        ...SMALL,
        fsType: 'f2fs',
        mountPoint: '/data',
        start: 701 * MIB,
        end: 1001 * MIB,
      }),
      partition('srv', { ...SMALL, fsType: 'xfs', mountPoint: '/srv', start: 1001 * MIB, end: 1311 * MIB }),
      partition('var', { ...SMALL, fsType: 'xfs', mountPoint: '/var', start: 1311 * MIB, end: 1900 * MIB }),
      partition('root', { fsType: 'ext4', mountPoint: '/', start: 1900 * MIB }),
    );
    const warnings: unknown[] = [];
    const context = defaultContext({ events: (event) => warnings.push(event) });
    const plan = await minimizeDisk(planned, { ...rest, context, rootfs, work });
    // Trials say nothing of what f2fs loses.
    expect(warnings).toEqual([]);
    expect(await readdir(work)).not.toContainEqual(expect.stringContaining('minimized'));
    const sizes = plan.partitions.map(({ size }) => size / MIB);
    const [usr = 0, data = 0, srv, varSize = 0] = sizes;
    expect(srv).toBe(300);
    expect([usr < 170, data < 100, varSize < 380]).toEqual([true, true, true]);
    const image = join(work, 'disk.raw');
    await writeFile(image, '');
    await truncate(image, plan.size);
    await assembleDisk({ ...rest, context, plan, rootfs, image });
    expect(warnings).toMatchObject([{ code: 'ATTRIBUTES_LOST' }]);
    const xfs = join(work, 'xfs');
    const { start = 0, size = 0 } = plan.partitions[3] ?? {};
    const pieces = ['bs=1M', `skip=${start / MIB}`, `count=${size / MIB}`];
    await exec('dd', [`if=${image}`, `of=${xfs}`, 'conv=sparse', ...pieces]);
    await exec('xfs_repair', ['-n', '-f', xfs]);
    const { stdout } = await exec('xfs_db', ['-r', '-c', 'sb 0', '-c', 'print fdblocks', xfs]);
    expect(4096 * Number(/\d+/.exec(stdout)?.[0])).toBeGreaterThan(26 * MIB);
  });

  it.skipIf(!has('bwrap', 'mkfs.btrfs'))('leaves it to the making to say that nothing fits', async () => {
    const rootfs = await tree();
    const planned = planOf(
      partition('usr', { ...SMALL, fsType: 'btrfs', mountPoint: '/usr', end: 116 * MIB }),
      partition('root', { fsType: 'ext4', mountPoint: '/', start: 116 * MIB }),
    );
    expect(await minimizeDisk(planned, { ...rest, rootfs, work: await temporary() })).toEqual(planned);
  });

  it.skipIf(!has('bwrap', 'mkfs.erofs', 'mksquashfs', 'unsquashfs', 'fsck.erofs'))(
    'leaves no room where nothing can be written',
    async () => {
      const rootfs = await tree();
      const work = await temporary();
      const planned = planOf(
        partition('usr', { fsType: 'erofs', mountPoint: '/usr', minimize: true, end: 501 * MIB }),
        partition('root', { fsType: 'squashfs', mountPoint: '/', minimize: true, start: 501 * MIB }),
      );
      const plan = await minimizeDisk(planned, { ...rest, rootfs, work });
      expect(await readdir(work)).not.toContainEqual(expect.stringContaining('minimized'));
      const image = join(work, 'disk.raw');
      await writeFile(image, '');
      await truncate(image, plan.size);
      await assembleDisk({ ...rest, plan, rootfs, image });
      for (const { start, size } of plan.partitions) expect([start % MIB, size % MIB]).toEqual([0, 0]);
      expect(plan.size).toBeLessThan(10 * MIB);
      const usr = join(work, 'usr');
      const pieces = ['bs=1M', 'skip=1', `count=${(plan.partitions[0]?.size ?? 0) / MIB}`];
      await exec('dd', [`if=${image}`, `of=${usr}`, ...pieces]);
      await exec('fsck.erofs', [usr]);
      await exec('unsquashfs', ['-o', String(plan.partitions[1]?.start), '-s', image]);
    },
  );
});
