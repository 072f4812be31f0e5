import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  link,
  mkdir,
  open,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionConfig } from '@ic/toolchain';
import { type Context, defaultContext, exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { assembleDisk } from './assemble-disk.js';
import {
  exampleDisk,
  has,
  hostTools,
  isRoot,
  MIB,
  partition,
  temporaryFolders,
} from './disk.test.fixture.js';
import type { DiskPlan } from './disk-plan.js';
import { planDisk } from './plan-disk.js';
import { listed, listedMounted } from './tree-listing.test.fixture.js';

const temporary = temporaryFolders();
/** Behind all times of the tree. */
const EPOCH = 4_000_000_000;
const KINDS = ['xfs', 'btrfs', 'f2fs'] as const;
type Kind = (typeof KINDS)[number];
const tools =
  has('bwrap', 'mkfs.xfs', 'xfs_db', 'xfs_repair', 'mkfs.btrfs', 'btrfs') &&
  has('mkfs.f2fs', 'sload.f2fs', 'fsck.f2fs', 'getcap', 'setfacl');
const CHECKS = {
  xfs: ['xfs_repair', '-n', '-f'],
  btrfs: ['btrfs', 'check', '--readonly'],
  f2fs: ['fsck.f2fs', '--dry-run'],
} as const;

const loopTypes = await exec('sh', ['-c', 'losetup --find >/dev/null && cat /proc/filesystems']).then(
  ({ stdout }) => stdout,
  () => '',
);
const mounts = (fsType: Kind) => isRoot && new RegExp(`\\t${fsType}$`, 'm').test(loopTypes);

/** What all three take over: owners, modes, times, links, holes. */
async function exampleTree(folder: string, kind: Kind): Promise<void> {
  for (const path of ['etc', 'usr/bin', 'empty', 'tmp', 'mounted/below']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  for (let index = 0; index < 60; index += 1)
    await writeFile(join(folder, `etc/file-${index}`), `${index}\n`);
  await writeFile(join(folder, 'usr/bin/libc6:amd64.list'), randomBytes(300_000));
  await writeFile(join(folder, 'usr/bin/dev-\\x2d [a]$\'"#;ü'.replaceAll(' ', '')), 'odd\n');
  await writeFile(join(folder, 'usr/bin/sudo'), 'set-id\n');
  await writeFile(join(folder, 'mounted/below/file'), 'on another partition\n');
  await symlink('../../etc/file-1', join(folder, 'usr/bin/link'));
  const sparse = await open(join(folder, 'etc/sparse'), 'w');
  await sparse.write('end', 2 * MIB);
  await sparse.close();
  await chown(join(folder, 'etc/file-1'), 100, 7000);
  await chown(join(folder, 'empty'), 5, 6);
  await chmod(join(folder, 'etc/file-2'), 0o600);
  await chmod(join(folder, 'usr/bin/sudo'), 0o6755);
  await chmod(join(folder, 'tmp'), 0o1777);
  await chmod(folder, 0o755);
  if (kind !== 'f2fs') {
    await exec('setcap', ['cap_net_raw+ep', join(folder, 'usr/bin/libc6:amd64.list')]);
    await exec('setfacl', ['-m', 'u:12:r,g:70000:rw', join(folder, 'etc/file-7')]);
    await exec('setfacl', ['-m', 'g:4:rx,d:g:4:rx', join(folder, 'empty')]);
    await exec('mkfifo', ['-m', '0620', join(folder, 'fifo')]);
    await chown(join(folder, 'etc/file-3'), 100_000, 70_000);
  }
  await writeFile(join(folder, 'usr/bin/:etc:a b'), 'blanks\n');
  await writeFile(join(folder, 'usr/bin/no\u00a0break'), 'a blank to people alone\n');
  await mkdir(join(folder, 'usr/a folder'));
  // Folders of one block, of several, and of a tree of blocks.
  for (const [name, count] of [
    ['short', 3],
    ['one', 40],
    ['leaf', 300],
    ['node', 700],
  ] as const) {
    await mkdir(join(folder, `usr/a folder/${name}`));
    for (let index = 0; index < count; index += 1) {
      const blank = index % 50 === 1 ? ' ' : '-';
      await writeFile(
        join(folder, `usr/a folder/${name}/a${blank}name of ${index}`.replaceAll(' of ', blank)),
        `${index}`,
      );
    }
  }
  await symlink('a folder/x y', join(folder, 'usr/blank'));
  if (kind !== 'xfs') await link(join(folder, 'etc/file-4'), join(folder, 'empty/hard'));
  await utimes(join(folder, 'etc/file-5'), 1e9, 1e9);
  await utimes(join(folder, 'mounted'), 1e9, 1e9);
  await utimes(folder, 1e9, 1e9);
}

function planOf(kind: Kind, rest: Partial<PartitionConfig> = {}): DiskPlan {
  const end = { xfs: 360, btrfs: 160, f2fs: 120 }[kind];
  return planDisk(
    exampleDisk({
      size: (end + 20) * MIB,
      partitions: [
        partition('root', { fsType: kind, fsLabel: 'a-label', mountPoint: '/', end: end * MIB, ...rest }),
        partition('below', { fsType: 'ext4', mountPoint: '/mounted', start: end * MIB }),
      ],
    }),
    { seed: 'seed' },
  );
}

async function assembled(
  plan: DiskPlan,
  rootfs: string,
  mode: 'direct' | 'loop',
  events?: Context['events'],
): Promise<string> {
  const work = await temporary();
  const image = join(work, 'disk.raw');
  await writeFile(image, '');
  await truncate(image, plan.size);
  await assembleDisk({
    plan,
    rootfs,
    image,
    tools: hostTools,
    epoch: EPOCH,
    mode,
    context: defaultContext(events && { events }),
  });
  return image;
}

async function cut(image: string, plan: DiskPlan): Promise<string> {
  const { start = 0, size = 0 } = plan.partitions[0] ?? {};
  const file = `${image}.cut`;
  const range = [`skip=${start / MIB}`, `count=${size / MIB}`];
  await exec('dd', [`if=${image}`, `of=${file}`, 'bs=1M', ...range, 'conv=sparse']);
  return file;
}

async function rootMounted(image: string, plan: DiskPlan, more = ''): Promise<string> {
  const [root] = plan.partitions;
  if (root === undefined) throw new Error('no root');
  return listedMounted(image, root, await temporary(), more);
}

/** The tree without what is on the other partition. */
async function expectedOf(rootfs: string): Promise<string> {
  return (await listed(rootfs, EPOCH)).replaceAll(/^.*\.\/mounted\/.*\n/gm, '');
}

describe.skipIf(!tools || !isRoot)('file systems as large as their partition', { timeout: 60_000 }, () => {
  it.each(KINDS)('%s is made whole, sparse, and with the ids of the plan', async (kind) => {
    const rootfs = await temporary();
    await exampleTree(rootfs, kind);
    const plan = planOf(kind);
    const image = await assembled(plan, rootfs, 'direct');
    const file = await cut(image, plan);
    const [program, ...args] = CHECKS[kind];
    await exec(program, [...args, file]);
    const { stdout } = await exec('blkid', ['-p', '-o', 'export', file]);
    for (const tag of [`TYPE=${kind}`, `UUID=${plan.partitions[0]?.fsUuid}`, 'LABEL=a-label'])
      expect(stdout).toContain(`${tag}\n`);
    const { blocks } = await stat(image);
    expect(blocks * 512).toBeLessThan(0.35 * plan.size);
    if (!mounts(kind)) return;
    // mkfs.btrfs gives the topmost folder the time of day.
    const noTime = (text: string) => text.replace(kind === 'btrfs' ? /^\. d .*$/m : /^$/, '. d');
    expect(noTime(await rootMounted(image, plan))).toBe(noTime(await expectedOf(rootfs)));
  });

  it('makes an XFS with the same bytes for the same tree', async () => {
    const rootfs = await temporary();
    await exampleTree(rootfs, 'xfs');
    const copy = await temporary('/dev/shm');
    await exec('cp', ['--archive', `${rootfs}/.`, copy]);
    const one = await assembled(planOf('xfs'), rootfs, 'direct');
    const other = await assembled(planOf('xfs'), copy, 'direct');
    expect((await exec('cmp', [one, other], { allow: [0, 1] })).stdout).toBe('');
  });

  it.each(['xfs', 'btrfs'] as const)('%s is filled through a loop device alike', async (kind) => {
    if (!mounts(kind)) return;
    const rootfs = await temporary();
    await exampleTree(rootfs, kind);
    const plan = planOf(kind);
    const image = await assembled(plan, rootfs, 'loop');
    expect(await rootMounted(image, plan)).toBe(await expectedOf(rootfs));
  });

  it.skipIf(!mounts('btrfs'))('makes subvolumes, and compresses what is in them', async () => {
    const rootfs = await temporary();
    await mkdir(join(rootfs, 'home/user'), { recursive: true });
    await mkdir(join(rootfs, 'mounted'));
    await writeFile(join(rootfs, 'home/user/zeros'), '0'.repeat(20 * MIB));
    const subvolumes = [
      { name: '@', mountPoint: '/' },
      { name: '@home', mountPoint: '/home' },
    ];
    const plan = planOf('btrfs', { subvolumes, compression: 'zstd:3' });
    const image = await assembled(plan, rootfs, 'loop');
    await exec('btrfs', ['check', '--readonly', await cut(image, plan)]);
    expect(await rootMounted(image, plan)).toMatch(/^\.\/@ d[\s\S]*^\.\/@home\/user\/zeros f/m);
    expect(await rootMounted(image, plan, ',subvol=@home')).toMatch(
      /^\.\/user\/zeros f 644 0 0 1 20971520 /m,
    );
    expect((await stat(image)).blocks * 512).toBeLessThan(12 * MIB);
  });

  it.each<[Kind, string, (rootfs: string) => Promise<unknown>]>([
    ['xfs', '/$ has a short name', (rootfs) => writeFile(join(rootfs, '$'), '')],
    [
      'xfs',
      '/link leads to a long name with blanks',
      (rootfs) => symlink(`a b${'c'.repeat(99)}`, join(rootfs, 'link')),
    ],
    ['f2fs', '/file has extended attributes', (rootfs) => capable(join(rootfs, 'file'))],
    ['f2fs', '/file has an owner above 65535', (rootfs) => owned(join(rootfs, 'file'))],
    ['f2fs', '/ is the root of the file system with another mode', (rootfs) => chmod(rootfs, 0o700)],
  ])('%s refuses what its tools would lose: %s', async (kind, reason, spoil) => {
    const rootfs = await temporary();
    await chmod(rootfs, 0o755);
    await spoil(rootfs);
    await expect(assembled(planOf(kind), rootfs, 'direct')).rejects.toMatchObject({
      code: 'PARTITION_INVALID',
      message: expect.stringContaining(reason),
      hint: expect.stringContaining('--assembly loop'),
    });
  });

  it('warns of ACLs that f2fs does not get', async () => {
    const rootfs = await temporary();
    await chmod(rootfs, 0o755);
    await mkdir(join(rootfs, 'mounted'));
    for (const name of ['one', 'mounted/other']) {
      await writeFile(join(rootfs, name), '');
      await exec('setfacl', ['-m', 'u:12:r', join(rootfs, name)]);
    }
    const warnings: object[] = [];
    await assembled(planOf('f2fs'), rootfs, 'direct', (event) => void warnings.push(event));
    expect(warnings).toEqual([
      {
        type: 'warning',
        code: 'ATTRIBUTES_LOST',
        message: 'sload.f2fs takes over no ACLs (partition "root"): /one loses its own',
      },
    ]);
  });

  it('does not let mkfs.xfs write what has no room in one piece over other files', async () => {
    const rootfs = await temporary();
    for (const name of ['first', 'second', 'third', 'fourth'])
      await writeFile(join(rootfs, name), randomBytes(50 * MIB));
    await expect(assembled(planOf('xfs'), rootfs, 'direct')).rejects.toMatchObject({
      code: 'DISK_TOO_SMALL',
      message: expect.stringMatching(
        /none of its 4 allocation groups has room for \/\w+ \(50 MiB\) in one piece/,
      ),
      hint: expect.stringContaining('--assembly loop'),
    });
    // One group holds the log.
    await rm(join(rootfs, 'fourth'));
    const plan = planOf('xfs');
    const image = await assembled(plan, rootfs, 'direct');
    await exec('xfs_repair', ['-n', '-f', await cut(image, plan)]);
    if (mounts('xfs')) expect(await rootMounted(image, plan)).toBe(await expectedOf(rootfs));
  });

  it('does not let mkfs.btrfs write over what is behind the partition', async () => {
    const rootfs = await temporary();
    await writeFile(join(rootfs, 'noise'), randomBytes(180 * MIB));
    await expect(assembled(planOf('btrfs'), rootfs, 'direct')).rejects.toMatchObject({
      code: 'DISK_TOO_SMALL',
      details: { partition: 'root' },
    });
  });
});

async function capable(path: string): Promise<void> {
  await writeFile(path, '');
  await exec('setcap', ['cap_net_raw+ep', path]);
}

async function owned(path: string): Promise<void> {
  await writeFile(path, '');
  await chown(path, 70_000, 0);
}
