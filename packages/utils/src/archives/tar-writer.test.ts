import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar, type TarEntry } from './tar.js';
import { writeTar } from './tar-writer.js';

const EPOCH = 1_600_000_000;
const LONG = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}`;
const hasMountInDev = existsSync('/dev/pts') && statSync('/dev/pts').dev !== statSync('/dev').dev;
const isRoot = process.getuid?.() === 0;

let folder: string;
let tree: string;
let tar: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-tarw-'));
  tree = join(folder, 'tree');
  tar = join(folder, 'out.tar');
  mkdirSync(tree);
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, data: string | Buffer = name): string {
  const path = join(tree, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, data);
  return path;
}

async function written(): Promise<Map<string, TarEntry>> {
  rmSync(tar, { force: true });
  await writeTar(tree, tar, { epoch: EPOCH });
  return new Map([...readTar(readFileSync(tar))].map((entry) => [entry.path, entry]));
}

describe('writeTar', () => {
  it('keeps names, types, modes and data', async () => {
    chmodSync(file('bin/tool', Buffer.alloc(1025, 'x')), 0o4711);
    chmodSync(file('secret'), 0);
    symlinkSync('../bin/tool', join(tree, 'bin/link'));
    file(LONG);
    file('ünï');
    file('empty', '');
    chmodSync(join(tree, 'bin'), 0o1777);
    const found = await written();
    expect(found.get('')).toMatchObject({ type: 'directory' });
    expect(found.get('bin')).toMatchObject({ type: 'directory', mode: 0o1777 });
    expect(found.get('bin/tool')).toMatchObject({ type: 'file', mode: 0o4711, size: 1025 });
    expect(found.get('bin/link')).toMatchObject({ type: 'symlink', linkTarget: '../bin/tool' });
    expect(found.get('secret')).toMatchObject({ type: 'file', mode: 0 });
    for (const name of [LONG, 'ünï', 'secret'])
      expect(Buffer.from(found.get(name)?.data ?? []).toString()).toBe(name);
    expect(found.get('empty')?.size).toBe(0);
  });

  it('clamps times to the epoch', async () => {
    utimesSync(file('old'), 1, 1_000_000_000);
    utimesSync(file('ancient'), 1, new Date(-5000));
    utimesSync(file('new'), 1, 2_000_000_000);
    utimesSync(file('fraction'), 1, 1_000_000_000.9);
    const found = await written();
    const times = ['old', 'ancient', 'new', 'fraction'].map((name) => found.get(name)?.mtime);
    expect(times).toEqual([1_000_000_000, 0, EPOCH, 1_000_000_000]);
  });

  it('gives the same bytes for the same tree, whatever order it was made in', async () => {
    const make = (names: string[]) => {
      rmSync(tree, { recursive: true });
      mkdirSync(tree);
      for (const name of names) file(name);
      symlinkSync('b', join(tree, 'z'));
      lutimesSync(join(tree, 'z'), 5, 5);
    };
    make(['b/2', 'a', 'b/1', 'B', 'a-b']);
    const order = [...(await written()).keys()];
    const first = readFileSync(tar);
    make(['a-b', 'B', 'b/1', 'a', 'b/2']);
    await written();
    expect(readFileSync(tar).equals(first)).toBe(true);
    expect(order).toEqual(['', 'B', 'a', 'a-b', 'b', 'b/1', 'b/2', 'z']);
  });

  it('stores an inode once', async () => {
    const first = file('a', 'data');
    mkdirSync(join(tree, 'b'));
    linkSync(first, join(tree, 'b/twin'));
    const found = await written();
    expect(found.get('a')).toMatchObject({ type: 'file', size: 4 });
    expect(found.get('b/twin')).toMatchObject({ type: 'hardlink', linkTarget: 'a' });
  });

  it('streams large files', async () => {
    const data = Buffer.alloc(9_000_001, 'abc');
    file('large', data);
    file('next');
    const found = await written();
    expect(Buffer.from(found.get('large')?.data ?? []).equals(data)).toBe(true);
    expect(found.has('next')).toBe(true);
  });

  it('keeps FIFOs, leaves out sockets', async () => {
    execFileSync('mkfifo', [join(tree, 'fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(tree, 'socket'), resolve));
    const found = await written();
    server.close();
    expect(found.get('fifo')?.type).toBe('fifo');
    expect(found.has('socket')).toBe(false);
  });

  it.skipIf(!isRoot)('keeps owners beyond 2^18 and devices', async () => {
    chownSync(file('owned'), 4_000_000, 100);
    const made = spawnSync('mknod', [join(tree, 'dev'), 'c', '254', '70000']);
    const found = await written();
    expect(found.get('owned')).toMatchObject({ uid: 4_000_000, gid: 100 });
    if (made.status === 0) {
      expect(found.get('dev')).toMatchObject({
        type: 'character-device',
        deviceMajor: 254,
        deviceMinor: 70_000,
      });
    }
  });

  it.skipIf(!hasMountInDev)('keeps folders on other file systems, empty', async () => {
    await writeTar('/dev', tar, { epoch: EPOCH });
    const paths = [...readTar(readFileSync(tar))].map(({ path }) => path);
    expect(paths).toContain('pts');
    expect(paths.filter((path) => path.startsWith('pts/'))).toEqual([]);
    expect(readdirSync('/dev/pts')).not.toEqual([]);
  });

  it('is unpacked by GNU tar to the same tree', async () => {
    file('bin/tool');
    file(LONG);
    file('ünï');
    symlinkSync('bin/tool', join(tree, 'link'));
    await written();
    mkdirSync(join(folder, 'back'));
    execFileSync('tar', ['-C', join(folder, 'back'), '-xf', tar]);
    execFileSync('diff', ['-r', '--no-dereference', tree, join(folder, 'back')]);
  });

  it('refuses a name that is not UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x61, 0xfc])]), '');
    await expect(written()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(existsSync(tar)).toBe(false);
  });

  it('leaves nothing when cancelled, and does not touch a file that is there', async () => {
    file('a');
    const gone = writeTar(tree, tar, { epoch: EPOCH, signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(tar)).toBe(false);
    writeFileSync(tar, 'mine');
    await expect(writeTar(tree, tar, { epoch: EPOCH })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(tar, 'utf8')).toBe('mine');
  });
});
