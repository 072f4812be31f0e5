import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { COVERED_PATHS, makeCoveredFolders } from './covered-folders.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ic-covered-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const stated = (path: string) => {
  const { mode, mtimeMs } = lstatSync(join(root, path));
  return `${(mode & 0o7777).toString(8)} ${mtimeMs / 1000}`;
};

it('makes them as their package has them, and others as usual', () => {
  const owned = new Map([
    ['/proc', { mode: 0o040700, mtime: 5 }],
    ['/tmp', { mode: 0o041777, mtime: 6 }],
    ['/etc', { mode: 0o040755, mtime: 7 }],
  ]);
  makeCoveredFolders(root, { owned, epoch: 9 });
  expect(COVERED_PATHS.map(stated)).toEqual(['755 9', '700 5', '755 9', '555 9', '1777 6']);
});
