import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RootTree } from './root-tree.js';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-tree-'));
  root = join(folder, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

describe('a path', () => {
  it.each([
    { links: {}, path: 'a/b/c', located: 'a/b/c' },
    { links: {}, path: 'a', located: 'a' },
    { links: { lib: 'usr/lib' }, path: 'lib/x/y', located: 'usr/lib/x/y' },
    { links: { lib: '/usr/lib' }, path: 'lib/y', located: 'usr/lib/y' },
    { links: { 'a/b': '../c' }, path: 'a/b/y', located: 'c/y' },
    { links: { 'a/b': '..' }, path: 'a/b/y', located: 'y' },
    { links: { 'a/b': '../../../../c' }, path: 'a/b/y', located: 'c/y' },
    { links: { a: '/../..' }, path: 'a/y', located: 'y' },
    { links: { a: '.' }, path: 'a/a/a/y', located: 'y' },
    { links: { a: 'b', b: 'c', c: '/d' }, path: 'a/y', located: 'd/y' },
    { links: { a: 'b//./x/' }, path: 'a/y', located: 'b/x/y' },
    { links: { 'd/l': 'm/../../e', 'd/m': '/deep/er' }, path: 'd/l/y', located: 'e/y' },
    { links: { 'a/last': '/etc/passwd' }, path: 'a/last', located: 'a/last' },
  ] as { links: Record<string, string>; path: string; located: string }[])(
    '$path through $links is $located',
    ({ links, path, located }) => {
      for (const [from, to] of Object.entries(links)) link(from, to);
      const tree = new RootTree(root);
      expect(tree.locate(path)).toBe(located);
      expect(tree.locate(path)).toBe(located);
      expect(lstatSync(join(root, dirname(located))).isDirectory()).toBe(true);
      expect(readdirSync(folder)).toEqual(['root']);
    },
  );

  it.each(['', '..', 'a/..', '../a', 'a/../b', './a', 'a//b', 'a/.'])('%j is not one', (path) => {
    expect(() => new RootTree(root).locate(path)).toThrow(
      expect.objectContaining({ code: 'PACKAGE_INVALID' }),
    );
    expect(readdirSync(folder)).toEqual(['root']);
  });

  it('below a file is refused, with its name', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => new RootTree(root).locate('file/x')).toThrow(
      /^\/file cannot be unpacked: a file stands where/,
    );
  });

  it.each([{ a: 'b', b: 'a' }, { a: 'a' }, { a: 'a/a' }])(
    'of links that go in circles is refused: %j',
    (links) => {
      for (const [from, to] of Object.entries(links)) link(from, to);
      expect(() => new RootTree(root).locate('a/x')).toThrow(/in circles/);
    },
  );

  it('of links that double at each step is refused soon', () => {
    mkdirSync(join(root, 'l0'));
    for (let level = 1; level < 40; level++) link(`l${level}`, `l${level - 1}/../l${level - 1}`);
    const started = performance.now();
    expect(() => new RootTree(root).locate('l39/x')).toThrow(/in circles/);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('is looked up anew after programs have changed the tree', () => {
    const tree = new RootTree(root);
    expect(tree.locate('a/b/c')).toBe('a/b/c');
    rmSync(join(root, 'a/b'), { recursive: true });
    link('a/b', '/elsewhere');
    tree.forget();
    expect(tree.locate('a/b/c')).toBe('elsewhere/c');
  });
});

const part = fc.constantFrom('a', 'b', 'c', 'd');
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const target = fc
  .tuple(
    fc.constantFrom('', '/', '/../'),
    fc.array(fc.oneof(part, fc.constantFrom('..', '.', '')), { maxLength: 4 }),
  )
  .map(([start, parts]) => start + parts.join('/'))
  .filter((text) => text !== '');

describe('through any links', () => {
  const plant = (links: [string, string][]) => {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
    for (const [from, to] of links) {
      const tree = new RootTree(root);
      try {
        const host = tree.host(tree.locate(from));
        if (!existsSync(host) && lstatSync(host, { throwIfNoEntry: false }) === undefined)
          symlinkSync(to, host);
      } catch {
        // Links that are there already go in circles.
      }
    }
  };

  it('nothing is made outside of the root', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, target), { maxLength: 6 }), path, (links, wanted) => {
        plant(links);
        const tree = new RootTree(root);
        try {
          const located = tree.locate(`${wanted}/x`);
          expect(`/${located}/`).not.toContain('/../');
          writeFileSync(tree.host(located), '');
        } catch (error) {
          expect(error).toMatchObject({ code: 'PACKAGE_INVALID' });
        }
        expect(readdirSync(folder)).toEqual(['root']);
      }),
      { numRuns: 200 },
    );
  });

  const mayChroot = process.getuid?.() === 0 && existsSync('/usr/bin/perl');

  /** What the kernel makes of paths with the root as `/`: each found by device and inode. */
  function asTheKernel(paths: readonly string[]): string[] {
    const script =
      'chroot shift; chdir "/"; for (@ARGV) { my @s = stat $_; print @s ? "$s[0]:$s[1]\\n" : "none\\n" }';
    return spawnSync('perl', ['-e', script, root, ...paths], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
  }

  it.skipIf(!mayChroot)('directories are those that the kernel finds after chroot(2)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(path, target), { maxLength: 6 }),
        fc.array(path, { minLength: 3, maxLength: 6 }),
        (links, wanted) => {
          plant(links);
          const known = asTheKernel(wanted);
          for (const [index, one] of wanted.entries()) {
            if (known[index] === 'none') continue;
            const tree = new RootTree(root);
            const { dev, ino } = lstatSync(tree.host(tree.directory(one)));
            expect([one, `${dev}:${ino}`]).toEqual([one, known[index]]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
