import { randomBytes } from 'node:crypto';
import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionConfig } from '@ic/toolchain';
import { defaultContext, exec, sha256File } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { type AssembleOptions, assembleDisk } from './assemble-disk.js';
import {
  exampleDisk,
  exampleTree,
  has,
  hostTools,
  isRoot,
  MIB,
  partition,
  temporaryFolders,
} from './disk.test.fixture.js';
import type { DiskPlan, PlannedPartition } from './disk-plan.js';
import { planDisk } from './plan-disk.js';
import { listed, listedMounted } from './tree-listing.test.fixture.js';

const temporary = temporaryFolders();
const EPOCH = 1_700_000_000;
const tools = has('bwrap', 'mke2fs', 'e2fsck', 'mkfs.vfat', 'mcopy', 'fsck.vfat', 'mkfs.erofs', 'mksquashfs');
const mounts = tools && isRoot && has('losetup') && (await canLoop());
const TREES = ['ext2', 'ext3', 'erofs', 'squashfs'] as const;
const FATS = [
  ['fat12', 12, 3],
  ['fat16', 16, 12],
  ['fat32', 32, 34],
] as const;

async function canLoop(): Promise<boolean> {
  return exec('losetup', ['--find']).then(
    () => true,
    () => false,
  );
}

/** A partition of every kind, one behind the other. */
function everyKind() {
  let free = MIB;
  const behind = (id: string, mib: number, rest: Partial<PartitionConfig>) => {
    const start = free;
    free += mib * MIB;
    return partition(id, { start, end: free, ...rest });
  };
  const partitions = [
    behind('root', 24, { fsType: 'ext4', mountPoint: '/' }),
    behind('ext2', 24, { fsType: 'ext2', fsLabel: 'two', mountPoint: '/srv/ext2' }),
    behind('ext3', 24, { fsType: 'ext3', mountPoint: '/srv/ext3', mkfsOptions: ['-m', '0'] }),
    behind('erofs', 4, { fsType: 'erofs', mountPoint: '/srv/erofs' }),
    behind('squashfs', 4, {
      fsType: 'squashfs',
      mountPoint: '/srv/squashfs',
      mkfsOptions: ['-comp', 'gzip'],
    }),
    ...FATS.map(([id, fatBits, mib]) =>
      behind(id, mib, { fsType: 'vfat', fatBits, fsLabel: id.toUpperCase(), mountPoint: `/srv/${id}` }),
    ),
    behind('swap', 8, { fsType: 'swap', fsLabel: 'swap', type: 'linux-swap' }),
  ];
  return exampleDisk({ size: free + MIB, partitions });
}

async function tree(order?: 'forward' | 'backward'): Promise<string> {
  const rootfs = await temporary(order === 'backward' ? '/dev/shm' : undefined);
  for (const name of TREES) {
    const folder = join(rootfs, 'srv', name);
    await mkdir(folder, { recursive: true });
    // mkfs.erofs 1.5 fails at names of 255 bytes.
    await writeFile(join(folder, 'n'.repeat(name === 'erofs' ? 254 : 255)), 'a long name\n');
    await exec('mkfifo', ['-m', '0620', join(folder, 'fifo')]);
    await exampleTree(folder, order);
    await exec('touch', ['-d', '2001-01-01T00:00:00Z', join(folder, 'etc/shadow')]);
    await exec('touch', ['-h', '-d', '2030-01-01T00:00:00Z', join(folder, 'usr/bin/link')]);
  }
  for (const [name] of FATS) {
    await mkdir(join(rootfs, 'srv', name, 'folder'), { recursive: true });
    await writeFile(join(rootfs, 'srv', name, 'folder', 'a long name.txt'), name);
  }
  return rootfs;
}

interface Assembled {
  readonly image: string;
  readonly plan: DiskPlan;
  readonly rootfs: string;
}

async function assemble(rootfs: string, rest: Partial<AssembleOptions> = {}): Promise<Assembled> {
  const work = await temporary();
  const image = join(work, 'disk.raw');
  const plan = rest.plan ?? planDisk(everyKind(), { seed: 'seed' });
  await writeFile(image, '');
  await truncate(image, plan.size);
  const fixed = { plan, rootfs, image, work, tools: hostTools, epoch: EPOCH, mode: 'direct' as const };
  await assembleDisk({ ...fixed, context: defaultContext(), ...rest });
  return { image, plan, rootfs };
}

let first: Promise<Assembled> | undefined;
/** One disk for the tests that only look at it. */
async function example(): Promise<Assembled> {
  first ??= tree().then((rootfs) => assemble(rootfs));
  return first;
}

function named({ plan }: Assembled, id: string): PlannedPartition {
  const found = plan.partitions.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no partition ${id}`);
  return found;
}

async function cut(made: Assembled, id: string): Promise<string> {
  const { start, size } = named(made, id);
  const file = `${made.image}.${id}`;
  const range = [`skip=${start / MIB}`, `count=${size / MIB}`];
  await exec('dd', [`if=${made.image}`, `of=${file}`, 'bs=1M', ...range, 'conv=sparse']);
  return file;
}

describe.skipIf(!tools)('every kind of file system', { timeout: 30_000 }, () => {
  it.skipIf(!mounts)('holds the tree as it is', async () => {
    const made = await example();
    for (const name of TREES) {
      const expected = await listed(join(made.rootfs, 'srv', name), EPOCH);
      expect(expected).toMatch(/sudo f 4755[\s\S]*fifo p 620|fifo p 620[\s\S]*sudo f 4755/);
      expect(expected).toMatch(/ping cap_net_raw=ep/);
      expect(await listedMounted(made.image, named(made, name), await temporary()), name).toBe(expected);
    }
  });

  it.skipIf(!isRoot)(
    'has the same bytes for the same tree, whenever and in whatever order it was made',
    async () => {
      const images = [await example(), await assemble(await tree('backward'))];
      const hashes = await Promise.all(
        images.map(async (made) =>
          Promise.all(
            made.plan.partitions.map(async ({ id }) => [id, await sha256File(await cut(made, id))]),
          ),
        ),
      );
      expect(hashes[1]).toEqual(hashes[0]);
      const whole = await Promise.all(images.map(({ image }) => sha256File(image)));
      expect(whole[1]).toBe(whole[0]);
    },
  );

  it('passes its check and shows the ids of the plan', async () => {
    const made = await example();
    for (const { id, fsType, fsUuid, fsLabel } of made.plan.partitions) {
      const file = await cut(made, id);
      const found = (await exec('blkid', ['-p', '-o', 'export', file])).stdout;
      expect(found).toContain(`TYPE=${fsType}\n`);
      if (fsUuid !== undefined) expect(found).toContain(`UUID=${fsUuid}\n`);
      if (fsLabel !== undefined) expect(found).toContain(`LABEL=${fsLabel}\n`);
      if (fsType.startsWith('ext')) await exec('e2fsck', ['-fn', file]);
      if (fsType === 'erofs') await exec('fsck.erofs', [file]);
      if (fsType === 'squashfs') {
        const superblock = (await exec('unsquashfs', ['-s', file])).stdout;
        expect(superblock).toContain('Compression gzip');
      }
    }
    for (const [id, bits] of FATS) {
      const file = await cut(made, id);
      const checked = await exec('fsck.vfat', ['-nv', file]);
      expect(checked.stdout).toContain(`2 FATs, ${bits} bit entries`);
      expect(checked.stdout).not.toMatch(/Dirty|differ|wrong/i);
      const read = await exec('mtype', ['-i', file, '::/folder/a long name.txt']);
      expect(read.stdout).toBe(id);
    }
    const free = (await exec('dumpe2fs', ['-h', await cut(made, 'ext3')])).stdout;
    expect(free).toMatch(/Reserved block count:\s+0\n/);
  });

  it('stays sparse', async () => {
    const made = await example();
    const { blocks } = await stat(made.image);
    expect(blocks * 512).toBeLessThan(0.3 * made.plan.size);
  });

  it.each(['erofs', 'squashfs'] as const)(
    'says how large a %s must be',
    async (fsType) => {
      const rootfs = await temporary();
      await mkdir(join(rootfs, 'srv/erofs'), { recursive: true });
      await writeFile(join(rootfs, 'srv/erofs/noise'), randomBytes(1.5 * MIB));
      const sized = (mib: number) =>
        planDisk(
          exampleDisk({
            partitions: [
              partition('root', { fsType: 'ext4', mountPoint: '/', end: 60 * MIB }),
              partition('small', {
                fsType,
                mountPoint: '/srv/erofs',
                start: 60 * MIB,
                end: (60 + mib) * MIB,
              }),
            ],
          }),
          { seed: 'seed' },
        );
      const refused = await assemble(rootfs, { plan: sized(1) }).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 'DISK_TOO_SMALL',
        details: { partition: 'small', needed: 2 * MIB },
      });
      await assemble(rootfs, { plan: sized(2) });
    },
    20_000,
  );
});
