import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskConfig } from '@ic/toolchain';
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
  temporaryFolders,
} from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';

const temporary = temporaryFolders();
const EPOCH = 1_700_000_000;
const tools = has('bwrap', 'mke2fs', 'debugfs', 'e2fsck', 'mkfs.vfat', 'mcopy', 'fsck.vfat');
const loops = tools && isRoot && has('losetup') && (await canLoop());

async function canLoop(): Promise<boolean> {
  return exec('losetup', ['--find']).then(
    () => true,
    () => false,
  );
}

/** ESP, root and data as in the example, in 64 MiB. */
function smallDisk(size = 64 * MIB): DiskConfig {
  const ends: Readonly<Record<string, number>> = { esp: 10 * MIB, root: 42 * MIB };
  let start = MIB;
  const partitions = exampleDisk().partitions.map((partition) => {
    const placed = { ...partition, start, end: ends[partition.id] };
    start = placed.end ?? start;
    return placed;
  });
  return exampleDisk({ size, partitions });
}

/** Files of these tests that a loop device holds. */
function ourLoops(): string[] {
  return readdirSync('/sys/block').flatMap((name) => {
    try {
      const file = readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8');
      return file.includes('ic-imagedisk-') ? [file] : [];
    } catch {
      return []; // no loop device, or no longer in use
    }
  });
}

interface Assembled {
  readonly image: string;
  readonly plan: AssembleOptions['plan'];
}

async function assemble(
  rootfs: string,
  rest: Partial<AssembleOptions> = {},
  config = smallDisk(),
): Promise<Assembled> {
  const work = await temporary();
  const image = join(work, 'disk.raw');
  const plan = planDisk(config, { seed: 'seed' });
  await writeFile(image, '');
  await truncate(image, plan.size);
  const context = defaultContext();
  await assembleDisk({
    plan,
    rootfs,
    image,
    tools: hostTools,
    epoch: EPOCH,
    mode: 'direct',
    context,
    ...rest,
  });
  return { image, plan };
}

async function tree(parent?: string, order?: 'forward' | 'backward'): Promise<string> {
  const folder = await temporary(parent);
  await exampleTree(folder, order);
  return folder;
}

/** A partition cut out of the image. */
async function cut({ image, plan }: Assembled, id: string): Promise<string> {
  const found = plan.partitions.find((partition) => partition.id === id);
  const file = `${image}.${id}`;
  const [skip, count] = [(found?.start ?? 0) / MIB, (found?.size ?? 0) / MIB];
  await exec('dd', [`if=${image}`, `of=${file}`, 'bs=1M', `skip=${skip}`, `count=${count}`, 'conv=sparse']);
  return file;
}

async function debugfs(file: string, ...commands: string[]): Promise<string> {
  return (await exec('debugfs', ['-f', '-', file], { input: commands.join('\n') })).stdout;
}

/** What debugfs says of a path, without what two ways of filling may differ in: numbers of inodes and blocks, times. */
async function facts(file: string, path: string): Promise<Record<string, string | undefined>> {
  const text = await debugfs(file, `stat "${path}"`);
  const of = (pattern: RegExp) => pattern.exec(text)?.[1];
  return {
    type: of(/Type: (\w+)/),
    mode: of(/Mode:\s+(\d+)/),
    uid: of(/User:\s+(\d+)/),
    gid: of(/Group:\s+(\d+)/),
    size: of(/Size: (\d+)/),
    links: of(/Links: (\d+)/),
    capability: of(/security.capability \(20\) = ([0-9a-f ]+)/),
    mtime: of(/mtime: (0x\w+:\w+)/),
  };
}

describe.skipIf(!tools)('assembleDisk', () => {
  const modes = loops ? (['direct', 'loop'] as const) : (['direct'] as const);

  it.each(modes)('fills file systems that pass their checks (%s)', async (mode) => {
    const made = await assemble(await tree(), { mode });
    for (const id of ['root', 'data']) {
      const checked = await exec('e2fsck', ['-fn', await cut(made, id)]);
      expect(checked.stderr).not.toMatch(/error|invalid/i);
    }
    const esp = await exec('fsck.vfat', ['-nv', await cut(made, 'esp')]);
    expect(esp.stdout).toMatch(/: 8 files,/);
    expect(esp.stdout).not.toMatch(/Dirty|differ|wrong/i);
  });

  it.each(modes)('keeps modes, owners, links, capabilities, holes and odd names (%s)', async (mode) => {
    const rootfs = await tree();
    const root = await cut(await assemble(rootfs, { mode }), 'root');
    const owned = (uid: string, gid: string) => (isRoot ? { uid, gid } : {});
    expect(await facts(root, '/')).toMatchObject({ type: 'directory', mode: '0750', ...owned('3', '4') });
    expect(await facts(root, '/etc/shadow')).toMatchObject({ mode: '0640', ...owned('0', '42') });
    expect(await facts(root, '/etc/file-1')).toMatchObject(owned('100000', '70000'));
    expect(await facts(root, '/usr/bin/sudo')).toMatchObject({ mode: '04755' });
    expect(await facts(root, '/usr/bin/hostname')).toMatchObject({ type: 'regular', links: '2' });
    expect(await facts(root, '/usr/bin/link')).toMatchObject({ type: 'symlink' });
    if (isRoot && has('setcap')) {
      expect((await facts(root, '/usr/bin/ping')).capability).toMatch(/^01 00 00 02 00 20 00 00/);
    }
    expect(await facts(root, '/etc/sparse')).toMatchObject({ size: String(9 * MIB) });
    expect(await debugfs(root, 'blocks /etc/sparse')).toMatch(/sparse\s+\d+\s*$/m);
    expect(await debugfs(root, 'ls "/odd dir"')).toContain(String.raw`quote" and\x0aline`);
  });

  it.each(modes)('puts each folder on the partition that is mounted there (%s)', async (mode) => {
    const rootfs = await tree();
    await exec('setfattr', ['-n', 'user.mark', '-v', 'mount point', join(rootfs, 'opt')]);
    const before = await stat(join(rootfs, 'opt'));
    const made = await assemble(rootfs, { mode });
    const root = await cut(made, 'root');
    const data = await cut(made, 'data');
    const owner = isRoot ? { uid: '5', gid: '6' } : {};
    expect(await facts(root, '/opt')).toMatchObject({ type: 'directory', mode: '01777', ...owner });
    expect(await debugfs(root, 'ls -p /opt')).not.toContain('data');
    for (const [file, path] of [
      [root, '/opt'],
      [data, '/'],
    ] as const) {
      expect(await debugfs(file, `ea_list ${path}`)).toContain('user.mark (11) = "mount point"');
    }
    expect(await debugfs(root, 'ls -p /boot/efi')).not.toContain('EFI');
    expect(await facts(data, '/')).toMatchObject({ mode: '01777', ...owner });
    expect(await facts(data, '/data/file')).toMatchObject({ size: '5' });
    const listed = await exec('mdir', ['-b', '-/', '-i', await cut(made, 'esp'), '::'], {
      env: { PATH: '/usr/bin:/bin', MTOOLS_SKIP_CHECK: '1' },
    });
    expect(listed.stdout.trim().split('\n').sort()).toEqual([
      '::/EFI/',
      '::/EFI/BOOT/',
      '::/EFI/BOOT/BOOTX64.EFI',
      '::/loader/',
      '::/loader/entries/',
      '::/loader/entries/a long name [1].conf',
      '::/loader/loader.conf',
    ]);
    expect((await stat(join(rootfs, 'opt'))).mtimeMs).toBe(before.mtimeMs);
  });

  it('gives the ids and labels of the plan to blkid', async () => {
    const made = await assemble(await tree());
    for (const { id, fsUuid, fsLabel } of made.plan.partitions) {
      const found = (await exec('blkid', ['-p', '-o', 'export', await cut(made, id)])).stdout;
      expect(found).toContain(`UUID=${fsUuid}\n`);
      if (fsLabel !== undefined) expect(found).toContain(`LABEL=${fsLabel}\n`);
    }
  });

  it.skipIf(!isRoot)(
    'gives the same bytes for the same tree, whenever and wherever it was made',
    async () => {
      const first = await tree();
      const second = await tree('/dev/shm', 'backward');
      const images = [await assemble(first), await assemble(second)];
      const hashes = await Promise.all(images.map(({ image }) => sha256File(image)));
      expect(hashes[0]).toBe(hashes[1]);
    },
  );

  it.each(modes)('writes no time after the epoch (%s)', async (mode) => {
    const root = await cut(await assemble(await tree(), { mode }), 'root');
    for (const path of ['/', '/etc/hostname', '/usr/bin/link', '/lost+found', '/opt']) {
      const text = await debugfs(root, `stat ${path}`);
      const times = [...text.matchAll(/([acm]|cr)time: (0x\w+:\w+)/g)].map((match) => match[2]);
      expect(times).toEqual(Array.from({ length: 4 }, () => '0x6553f100:00000000'));
    }
    const superblock = await debugfs(root, 'stats -h');
    expect(superblock).toMatch(/Last mounted on:\s+<not available>/);
    expect(superblock).toMatch(/Last write time:\s+Tue Nov 14 22:13:20 2023/);
  });

  it.each(modes)('keeps times before the epoch (%s)', async (mode) => {
    const rootfs = await tree();
    await exec('touch', ['-d', '2001-01-01T00:00:00.5Z', join(rootfs, 'etc/hostname')]);
    const root = await cut(await assemble(rootfs, { mode }), 'root');
    expect(await debugfs(root, 'stat /etc/hostname')).toMatch(
      /ctime: 0x3a4fc880:0+ .*\n atime: 0x3a4fc880:0+ .*\n mtime: 0x3a4fc880:0+ .*\ncrtime: 0x6553f100:0+ /,
    );
  });

  it('writes nothing outside the partitions', async () => {
    const config = smallDisk();
    const { image } = await assemble(
      await tree(),
      {},
      { ...config, partitions: config.partitions.slice(0, 2) },
    );
    const bytes = await readFile(image);
    expect(bytes.subarray(34 * 512, MIB).equals(Buffer.alloc(MIB - 34 * 512))).toBe(true);
    expect(bytes.subarray(42 * MIB, -33 * 512).equals(Buffer.alloc(22 * MIB - 33 * 512))).toBe(true);
  });

  it('stays sparse', async () => {
    const { image } = await assemble(await tree(), {}, smallDisk(4096 * MIB));
    const { blocks, size } = await stat(image);
    expect(size).toBe(4096 * MIB);
    expect(blocks * 512).toBeLessThan(100 * MIB);
  });

  it.skipIf(!loops)('leaves no loop device and no mount behind when it is cancelled', async () => {
    const rootfs = await tree();
    await writeFile(join(rootfs, 'large'), Buffer.alloc(60 * MIB, 1));
    const abort = new AbortController();
    const watch = setInterval(() => {
      if (ourLoops().length > 0) abort.abort();
    }, 2);
    const context = defaultContext({ signal: abort.signal });
    const work = assemble(rootfs, { mode: 'loop', context }, exampleDisk());
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
    clearInterval(watch);
    await expect.poll(ourLoops).toEqual([]);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain('ic-imagedisk-');
  });

  it('refuses a mount point that leads out of the root file system', async () => {
    const rootfs = await temporary();
    await exec('ln', ['-s', '/etc', join(rootfs, 'opt')]);
    await expect(assemble(rootfs)).rejects.toMatchObject({ code: 'PARTITION_INVALID', fault: 'request' });
  });
});

describe.skipIf(!tools || !loops)('direct and loop', () => {
  it('give the same files, modes, owners, attributes and times', async () => {
    const rootfs = await tree();
    const lists = [];
    for (const mode of ['direct', 'loop'] as const) {
      const root = await cut(await assemble(rootfs, { mode }), 'root');
      const paths = (await exec('find', ['.', '-mindepth', '1', '-printf', '/%P\\0'], { cwd: rootfs })).stdout
        .split('\0')
        .filter((path) => path !== '' && !/["\n]|^\/(?:opt|boot\/efi)\//.test(path));
      const list: Record<string, unknown> = {};
      for (const path of ['/', ...paths]) list[path] = await facts(root, path);
      lists.push(list);
    }
    expect(Object.keys(lists[0] ?? {}).length).toBeGreaterThan(50);
    expect(lists[1]).toEqual(lists[0]);
  });
});

describe.skipIf(!tools)('a partition that is too small', () => {
  const sized = (id: string, size: number): DiskConfig => {
    const config = smallDisk(512 * MIB);
    let start = MIB;
    const partitions = config.partitions.map((partition) => {
      const length = partition.id === id ? size : 40 * MIB;
      const placed = { ...partition, start, end: start + length };
      start += length;
      return placed;
    });
    return { ...config, partitions };
  };

  it.each([
    ['root', 'many', 'direct'],
    ['root', 'large', 'direct'],
    ['esp', 'large', 'direct'],
    ['esp', 'many', 'direct'],
    ...(loops
      ? ([
          ['root', 'many', 'loop'],
          ['root', 'large', 'loop'],
        ] as const)
      : []),
  ] as const)('is told what it needs, and that is enough (%s with %s files, %s)', async (id, kind, mode) => {
    const rootfs = await tree();
    const folder = join(rootfs, { root: 'usr', esp: 'boot/efi' }[id], 'more');
    await mkdir(folder);
    const [count, bytes] = kind === 'many' ? [id === 'esp' ? 300 : 2500, 9000] : [2, 30 * MIB];
    for (let index = 0; index < count; index += 1) {
      await writeFile(join(folder, `file-number-${index}`), Buffer.alloc(bytes, 1 + (index % 255)));
    }
    const refused = await assemble(rootfs, { mode }, sized(id, 2 * MIB)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'DISK_TOO_SMALL', fault: 'request', hint: /"disk.size"/ });
    const { needed } = (refused as { details: { needed: number } }).details;
    expect((refused as Error).message).toContain(`needs ${needed / MIB} MiB`);
    const made = await assemble(rootfs, { mode }, sized(id, needed));
    if (id === 'esp') return;
    const free = /Free blocks:\s+(\d+)/.exec(await debugfs(await cut(made, id), 'stats -h'))?.[1];
    // Honest also means that it asks for little more than what ext4 needs and keeps back for itself.
    expect(Number(free) * 4096).toBeLessThan(2 * MIB + 0.05 * needed);
  });
});
