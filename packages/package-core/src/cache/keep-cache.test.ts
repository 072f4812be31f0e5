import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { defaultContext, processMark, sha256 } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeTable } from '../table/stored-table.js';
import { useCache } from './cache-use.js';
import { openClaims } from './claims.js';
import { clearCache, listCache, pruneCache, verifyCache } from './keep-cache.js';

let cacheDir: string;
beforeEach(() => {
  cacheDir = join(mkdtempSync(join(tmpdir(), 'ic-keep-')), 'cache');
});
afterEach(() => rmSync(dirname(cacheDir), { recursive: true }));

const DAY = 24 * 3600 * 1000;
const NOW = Date.parse('2026-11-20T12:00:00Z');
const context = defaultContext({ clock: { now: () => new Date(NOW) } });

/** Writes a file that was last used some days ago. */
function put(path: string, content: string | Uint8Array, days = 0): string {
  const file = join(cacheDir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  const time = new Date(NOW - days * DAY);
  utimesSync(file, time, time);
  return path;
}
const packagePath = (content: string) => `packages/sha256/${sha256(content)}`;
const putPackage = (content: string, days = 0) => put(packagePath(content), content, days);
const paths = (files: readonly { readonly path: string }[]) =>
  files.map(({ path }) => relative(cacheDir, path));
const isThere = (path: string) => existsSync(join(cacheDir, path));
const deadMark = async () => (await processMark()).replace(/\d+$/, '1');

/** A use that began some days ago. */
const usedSince = (days: number) =>
  useCache(cacheDir, defaultContext({ clock: { now: () => new Date(NOW - days * DAY) } }));

describe('listCache', () => {
  it('counts by kind', async () => {
    putPackage('one', 3);
    putPackage('three', 1);
    put(`metadata/lists/${sha256('x')}`, 'x');
    put(`chroot/${sha256('key')}.${sha256('y')}.tar.zst`, 'yy', 2);
    put('packages/partial/half', 'h');
    put('metadata/lists/.abc.1.0f.partial', 'h');
    put('work/build-1/file', 'not counted');
    expect(await listCache(cacheDir)).toEqual([
      { kind: 'packages', files: 2, size: 8, lastUse: '2026-11-19T12:00:00.000Z' },
      { kind: 'metadata', files: 1, size: 1, lastUse: '2026-11-20T12:00:00.000Z' },
      { kind: 'chroot environments', files: 1, size: 2, lastUse: '2026-11-18T12:00:00.000Z' },
      { kind: 'partial files', files: 2, size: 2, lastUse: '2026-11-20T12:00:00.000Z' },
    ]);
  });

  it('finds nothing where there is no cache yet, and makes none', async () => {
    expect((await listCache(cacheDir)).map(({ files }) => files)).toEqual([0, 0, 0, 0]);
    await Promise.all([verifyCache(cacheDir), pruneCache(cacheDir), clearCache(cacheDir)]);
    expect(existsSync(cacheDir)).toBe(false);
  });
});

describe('a folder of something else', () => {
  it.each([
    ['list', listCache],
    ['verify', verifyCache],
    ['prune', pruneCache],
    ['clear', clearCache],
  ] as const)('is refused by %s', async (_name, work) => {
    put('packages/mine.deb', '');
    put('CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n# of another program\n');
    await expect(work(cacheDir)).rejects.toMatchObject({ code: 'CACHE_UNKNOWN', fault: 'request' });
    await expect(work(join(cacheDir, 'CACHEDIR.TAG'))).rejects.toMatchObject({ code: 'CACHE_UNKNOWN' });
    expect(isThere('packages/mine.deb')).toBe(true);
  });
});

describe('verifyCache', () => {
  const table = encodeTable({ magic: 'testing', version: 1, sections: 1 }, [Buffer.from('rows')]);
  const owners = (json: string) => `${sha256('[]')}\n${json}`;
  const current = `metadata/current/${sha256('url')}`;
  const chroot = (key: string, content: string) => `chroot/${sha256(key)}.${sha256(content)}.tar.zst`;

  it('finds every kind of file right', async () => {
    putPackage('package');
    put(`metadata/lists/${sha256('list')}`, 'list');
    put(`metadata/lists/sha256-${sha256('list')}`, 'list');
    put(
      `metadata/lists/sha512-${'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e'}`,
      '',
    );
    put('metadata/lists/any.table', table);
    put('metadata/lists/any.owners', owners('[]'));
    put(current, 'Release');
    put(`${current}.json`, JSON.stringify({ sha256: sha256('Release') }));
    put('metadata/host-mirrors.json', '{}');
    put(chroot('key', 'tar'), 'tar');
    expect(await verifyCache(cacheDir)).toEqual({ good: 10, removed: [] });
  });

  it('removes what is wrong, unless it is to be said only', async () => {
    const wrong = [
      put(packagePath('package'), 'packagf'),
      put(`metadata/lists/${sha256('list')}`, 'lisp'),
      put(`metadata/lists/sha384-${'0'.repeat(96)}`, 'list'),
      put('metadata/lists/any.table', table.subarray(0, -1)),
      put('metadata/lists/other.table', ''),
      put('metadata/lists/any.owners', owners('[1]')),
      put(current, 'Release'),
      put(chroot('key', 'tar'), 'rat'),
      put(`chroot/${sha256('without a hash')}.tar.zst`, 'tar'),
      put(`packages/partial/${sha256('x')}.${await deadMark()}.0a`, 'hal'),
      put('metadata/current/.x.1.0f.partial', 'hal', 1),
      put(`metadata/lists/.x.${await deadMark()}.0f.partial`, 'hal', 0),
    ].sort();
    const kept = [
      putPackage('good'),
      put('packages/partial/of somebody', '', 0),
      put(`packages/partial/${sha256('x')}.${await processMark()}.0b`, 'hal', 9),
      put(`metadata/lists/.x.${await processMark()}.0f.partial`, 'hal', 9),
    ];
    const told = await verifyCache(cacheDir, { dryRun: true }, context);
    expect(paths(told.removed)).toEqual(wrong);
    expect(wrong.every(isThere)).toBe(true);
    expect(paths((await verifyCache(cacheDir, {}, context)).removed)).toEqual(wrong);
    expect(wrong.some(isThere)).toBe(false);
    expect(kept.every(isThere)).toBe(true);
    expect(await verifyCache(cacheDir, {}, context)).toEqual({ good: 1, removed: [] });
  });
});

describe('pruneCache', () => {
  it('removes what was not used for longest until the rest fits', async () => {
    const [oldest, older, newer] = [
      putPackage('a'.repeat(10), 9),
      putPackage('b'.repeat(10), 5),
      putPackage('c', 1),
    ];
    expect(await pruneCache(cacheDir, { maxSize: 21 }, context)).toEqual({ removed: [], inUse: 0 });
    expect(paths((await pruneCache(cacheDir, { maxSize: 20, dryRun: true }, context)).removed)).toEqual([
      oldest,
    ]);
    expect(paths((await pruneCache(cacheDir, { maxSize: 20 }, context)).removed)).toEqual([oldest]);
    expect([oldest, older, newer].map(isThere)).toEqual([false, true, true]);
    await pruneCache(cacheDir, { maxSize: 0 }, context);
    expect([older, newer].map(isThere)).toEqual([false, false]);
  });

  it('removes what was not used for too long', async () => {
    const [old, recent] = [putPackage('a', 31), putPackage('b', 29)];
    await pruneCache(cacheDir, { olderThan: 30 * DAY }, context);
    expect([old, recent].map(isThere)).toEqual([false, true]);
  });

  it('without limits removes what killed builds left', async () => {
    const left = put(`packages/partial/${sha256('x')}.${await deadMark()}.0a`, 'hal');
    const kept = putPackage('a', 1000);
    symlinkSync(`${await deadMark()}-0123456789ab`, join(cacheDir, 'packages/partial/x.claim'));
    expect(paths((await pruneCache(cacheDir, {}, context)).removed)).toEqual([left]);
    expect([left, kept].map(isThere)).toEqual([false, true]);
    expect(await openClaims(join(cacheDir, 'packages/partial')).sweep()).toEqual([]);
  });

  it('leaves what running builds use', async () => {
    const [unused, used] = [putPackage('a', 9), putPackage('b', 5)];
    const [early, late] = [await usedSince(6), await usedSince(1)];
    const { removed, inUse } = await pruneCache(cacheDir, { maxSize: 0 }, context);
    expect([paths(removed), inUse]).toEqual([[unused], 1]);
    await early.release();
    await pruneCache(cacheDir, { maxSize: 0 }, context);
    expect(isThere(used)).toBe(false);
    await late.release();
  });
});

describe('clearCache', () => {
  it('removes what builds have written, and nothing else', async () => {
    putPackage('a');
    put('metadata/lists/any.table', '');
    const others = [
      put('notes.txt', ''),
      put('packages/mine.deb', ''),
      put('chroot/other.tar', ''),
      put('metadata/seen/abc/1', ''),
    ];
    const use = await usedSince(-1);
    expect((await clearCache(cacheDir, { dryRun: true }, context)).removed).toHaveLength(2);
    expect(await clearCache(cacheDir, {}, context)).toMatchObject({ removed: { length: 2 }, inUse: 0 });
    expect(others.every(isThere)).toBe(true);
    expect(readFileSync(join(cacheDir, 'CACHEDIR.TAG'), 'latin1')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
    await use.release();
  });

  it('makes those wait who begin to use the cache', async () => {
    putPackage('a');
    const removing = await openClaims(join(cacheDir, 'users')).take('removing');
    let isUsed = false;
    const use = useCache(cacheDir, context).then((claim) => {
      isUsed = true;
      return claim;
    });
    const clearing = clearCache(cacheDir, {}, context);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isUsed).toBe(false);
    await removing?.release();
    await (await use).release();
    await clearing;
    const cancel = new AbortController();
    const again = await openClaims(join(cacheDir, 'users')).take('removing');
    cancel.abort();
    await expect(useCache(cacheDir, { ...context, signal: cancel.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await again?.release();
    expect(await openClaims(join(cacheDir, 'users')).sweep()).toEqual([]);
  });
});
