import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hostPath, readInRoot, writeInRoot } from './root-files.js';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-root-'));
  root = join(folder, 'root');
  mkdirSync(root);
  writeFileSync(join(folder, 'host'), 'host');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('writes, appends and reads', () => {
  writeInRoot(root, 'var/file', 'one\n', { mode: 0o700 });
  writeInRoot(root, 'var/file', 'two\n', { append: true });
  expect(readInRoot(root, 'var/file')).toBe('one\ntwo\n');
  writeInRoot(root, 'var/file', 'three');
  expect(readFileSync(join(root, 'var/file'), 'utf8')).toBe('three');
  expect(statSync(join(root, 'var/file')).mode & 0o777).toBe(0o700);
});

it('follows links to folders as the root does', () => {
  symlinkSync('/data', join(root, 'var'));
  writeInRoot(root, 'var/file', '');
  expect(hostPath(root, 'var/file')).toBe(join(root, 'data/file'));
  expect(readdirSync(join(root, 'data'))).toEqual(['file']);
});

it.each([
  ['the absolute path of a file of the host', () => join(folder, 'host')],
  ['a way up', () => '../host'],
  ['nothing', () => '../new'],
])('a file that is a link to %s is neither written nor read', (_, target) => {
  symlinkSync(target(), join(root, 'file'));
  const refused = expect.objectContaining({
    code: 'PACKAGE_INVALID',
    message: expect.stringContaining('/file'),
  });
  expect(() => writeInRoot(root, 'file', 'bad')).toThrow(refused);
  expect(() => writeInRoot(root, 'file', 'bad', { append: true })).toThrow(refused);
  expect(() => readInRoot(root, 'file')).toThrow(refused);
  expect(readdirSync(folder).sort()).toEqual(['host', 'root']);
  expect(readFileSync(join(folder, 'host'), 'utf8')).toBe('host');
});

it('other errors are passed on', () => {
  expect(() => readInRoot(root, 'missing')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
