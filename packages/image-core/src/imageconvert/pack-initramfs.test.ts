import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decompressSync, exec, readCpio, sha256File } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { exampleTree, has, hostTools, temporaryFolders } from '../imagedisk/disk.test.fixture.js';
import { clampMtimes } from '../imageos/clamp-mtimes.js';
import { type PackInitramfsOptions, packInitramfs } from './pack-initramfs.js';

const temporary = temporaryFolders();
const EPOCH = 1_700_000_000;
const MOST = 64 * 1024 ** 2;
const RELEASE = '6.1.0-9-cloud-amd64';

/** A tree with a kernel and an init. */
async function optionsFor(
  zstd: 'y' | 'n' = 'y',
  order?: 'forward' | 'backward',
): Promise<PackInitramfsOptions> {
  const rootfs = join(await temporary(), 'root');
  await mkdir(rootfs);
  await exampleTree(rootfs, order);
  for (const path of [
    'boot',
    'sbin',
    'lib/systemd',
    `lib/modules/${RELEASE}`,
    'lib/modules/6.1.0-8-cloud-amd64',
  ]) {
    await mkdir(join(rootfs, path), { recursive: true });
  }
  await writeFile(join(rootfs, `boot/vmlinuz-${RELEASE}`), 'the newest kernel');
  await writeFile(join(rootfs, 'boot/vmlinuz-6.1.0-8-cloud-amd64'), 'the one before');
  await writeFile(join(rootfs, `boot/config-${RELEASE}`), `CONFIG_RD_ZSTD=${zstd}\n`);
  await symlink('/lib/systemd/systemd', join(rootfs, 'sbin/init'));
  await writeFile(join(rootfs, 'lib/systemd/systemd'), 'init');
  await utimes(join(rootfs, 'etc/file-3'), 1_000_000_000, 1_000_000_000);
  clampMtimes(rootfs, EPOCH);
  return {
    rootfs,
    base: join(await temporary(), 'edge-1.0'),
    commandLine: ' console=ttyS0  "a b"=c ',
    tools: hostTools,
    epoch: EPOCH,
    signal: new AbortController().signal,
    events: () => {},
  };
}

describe.skipIf(!has('bwrap', 'cpio', 'zstd'))('packInitramfs', () => {
  it('makes the newest kernel, all of the tree with an init, and a script for iPXE', async () => {
    const options = await optionsFor();
    const made = await packInitramfs(options);
    expect(made.map(({ path }) => path)).toEqual(
      ['vmlinuz', 'initrd', 'ipxe'].map((format) => `${options.base}.${format}`),
    );
    for (const { path, bytes, sha256 } of made) {
      expect([bytes, sha256]).toEqual([(await stat(path)).size, await sha256File(path)]);
    }
    expect((await readdir(join(options.base, '..'))).length).toBe(3);
    expect(await readFile(`${options.base}.vmlinuz`, 'utf8')).toBe('the newest kernel');
    expect(await readFile(`${options.base}.ipxe`, 'utf8')).toBe(
      '#!ipxe\nkernel edge-1.0.vmlinuz initrd=edge-1.0.initrd console=ttyS0 "a b"=c\ninitrd edge-1.0.initrd\nboot\n',
    );
  });

  it.skipIf(!has('setcap'))('warns of the extended attributes that it loses', async () => {
    const warnings: object[] = [];
    const options = { ...(await optionsFor()), events: (event: object) => void warnings.push(event) };
    await packInitramfs(options);
    expect(warnings).toContainEqual({
      type: 'warning',
      code: 'ATTRIBUTES_LOST',
      message: expect.stringMatching(/: \/usr\/bin\/ping loses its own$/),
    });
    expect((await readdir(join(options.base, '..'))).length).toBe(3);
  });

  it('keeps types, modes, owners, hard links and times, and unpacks with GNU cpio', async () => {
    const options = await optionsFor();
    await packInitramfs(options);
    const bytes = decompressSync(await readFile(`${options.base}.initrd`), { maxBytes: MOST });
    const entries = [...readCpio(bytes)];
    const found = new Map(entries.map((entry) => [entry.path, entry]));
    expect(found.get('etc/hostname')).toMatchObject({ mtime: EPOCH, links: 2 });
    expect(found.get('etc/hostname')?.inode).toBe(found.get('usr/bin/hostname')?.inode);
    expect(found.get('etc/file-3')?.mtime).toBe(1_000_000_000);
    expect(found.get('usr/bin/sudo')?.mode).toBe(0o104755);
    expect(found.get('usr/bin/link')?.mode).toBe(0o120777);
    const folders = new Set(['', ...entries.filter(({ mode }) => mode >> 12 === 4).map(({ path }) => path)]);
    for (const path of found.keys()) expect(folders).toContain(path.split('/').slice(0, -1).join('/'));
    const unpacked = await temporary();
    await exec('cpio', ['--extract', '--quiet', '--make-directories', `--directory=${unpacked}`], {
      input: bytes,
    });
    await exec('diff', ['--recursive', '--no-dereference', options.rootfs, unpacked]);
  });

  it('begins with the init of the system, or with its own', async () => {
    const options = await optionsFor();
    const last = async () => {
      const bytes = decompressSync(await readFile(`${options.base}.initrd`), { maxBytes: MOST });
      const end = bytes.indexOf('TRAILER!!!');
      const second = bytes.indexOf('070701', end);
      return second < 0 ? [] : [...readCpio(bytes.subarray(second))];
    };
    await packInitramfs(options);
    expect((await last()).map(({ path, mode, data }) => [path, mode, String(Buffer.from(data))])).toEqual([
      ['init', 0o120777, '/sbin/init'],
    ]);
    for (const format of ['vmlinuz', 'initrd', 'ipxe']) await rm(`${options.base}.${format}`);
    await writeFile(join(options.rootfs, 'init'), '#!/bin/sh\n');
    await packInitramfs(options);
    expect(await last()).toEqual([]);
  });

  it('gives the same bytes for the same tree, in whatever order it was made', async () => {
    const [first, second] = [await optionsFor('y', 'forward'), await optionsFor('y', 'backward')];
    const hashes = async (options: PackInitramfsOptions) =>
      (await packInitramfs(options)).map(({ sha256 }) => sha256);
    expect(await hashes(first)).toEqual(await hashes(second));
  });

  it('compresses with gzip for a kernel that does not read zstd', async () => {
    const [zstd, gzip] = [await optionsFor('y'), await optionsFor('n')];
    await packInitramfs(zstd);
    await packInitramfs(gzip);
    expect((await readFile(`${zstd.base}.initrd`)).readUInt32LE()).toBe(0xfd2fb528);
    expect((await readFile(`${gzip.base}.initrd`)).readUInt16BE()).toBe(0x1f8b);
  });

  it.each([
    ['sbin/init', '/sbin/init', /systemd-sysv/],
    [`boot/vmlinuz-${RELEASE}`, 'no kernel is installed', /linux-image|kernel/],
  ])('BOOT_FILE_MISSING without %s', async (path, message, hint) => {
    const options = await optionsFor();
    await rm(join(options.rootfs, path));
    await rm(join(options.rootfs, 'boot/vmlinuz-6.1.0-8-cloud-amd64'));
    await expect(packInitramfs(options)).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      fault: 'request',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('IMAGE_FAILED when cpio fails', async () => {
    const broken = { root: '/', run: () => exec('sh', ['-c', 'echo out of order >&2; exit 2']) };
    await expect(packInitramfs({ ...(await optionsFor()), tools: broken })).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringContaining('out of order'),
    });
  });
});
