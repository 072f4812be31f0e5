import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UtilsError } from './errors.js';
import { diskFull, moveFileAtomic, requireFolder, writeFileAtomic } from './files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('writeFileAtomic', () => {
  it('makes folders, sets the mode, replaces and leaves no neighbour', async () => {
    const path = join(folder, 'a/b');
    await writeFileAtomic(path, 'one', { mode: 0o600 });
    await writeFileAtomic(path, 'two', { mode: 0o600 });
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
  });

  it('leaves the old file and no neighbour when it fails', async () => {
    const path = join(folder, 'taken');
    execFileSync('mkdir', ['-p', join(path, 'x')]);
    await expect(writeFileAtomic(path, 'new')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('moveFileAtomic', () => {
  it('renames within a file system', async () => {
    writeFileSync(join(folder, 'from'), 'data');
    await moveFileAtomic(join(folder, 'from'), join(folder, 'sub/to'));
    expect(readdirSync(folder)).toEqual(['sub']);
    expect(readFileSync(join(folder, 'sub/to'), 'utf8')).toBe('data');
  });

  const elsewhere = '/dev/shm';
  const crosses = statSync(elsewhere, { throwIfNoEntry: false })?.dev !== statSync(tmpdir()).dev;
  it.skipIf(!crosses)('keeps holes when it has to copy', async () => {
    const from = join(folder, 'sparse');
    writeFileSync(from, 'begin');
    truncateSync(from, 64 * 1024 ** 2);
    const other = mkdtempSync(join(elsewhere, 'ic-files-'));
    try {
      await moveFileAtomic(from, join(other, 'to'));
      const moved = statSync(join(other, 'to'));
      expect(moved.size).toBe(64 * 1024 ** 2);
      expect(moved.blocks * 512).toBeLessThan(1024 ** 2);
      expect(readdirSync(other)).toEqual(['to']);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});

it('tells a full disk from other errors', () => {
  expect(diskFull(Object.assign(new Error('x'), { code: 'ENOSPC' }), '/place')).toMatchObject({
    code: 'DISK_FULL',
    message: 'no space left for /place',
  });
  const other = new Error('other');
  expect(diskFull(other, '/place')).toBe(other);
  const known = new UtilsError('CANCELLED', 'cancelled');
  expect(diskFull(known, '/place')).toBe(known);
});

describe('requireFolder', () => {
  const usable = (path: string) => requireFolder(path, 'output folder', 'choose another');

  it('takes what is there or can be made, and makes nothing', async () => {
    await usable(folder);
    await usable(join(folder, 'a/b'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a file', 'file'],
    ['a folder below a file', 'file/a/b'],
  ])('refuses %s', async (_, path) => {
    writeFileSync(join(folder, 'file'), '');
    await expect(usable(join(folder, path))).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      fault: 'request',
      hint: 'choose another',
      message: `${join(folder, path)} cannot be the output folder: ${join(folder, 'file')} is not a folder`,
    });
  });

  it.skipIf(process.getuid?.() === 0)('refuses what cannot be written to', async () => {
    await expect(usable('/usr/image')).rejects.toThrow('/usr cannot be written to by this user');
  });
});
