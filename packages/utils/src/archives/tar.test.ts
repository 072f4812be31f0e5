import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTar, type TarEntry } from './tar.js';
import { paxRecord, type RawEntry, rawTar } from './tar.test.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));

function entries(...raw: RawEntry[]): TarEntry[] {
  return [...readTar(rawTar(...raw))];
}

function text(entry: TarEntry | undefined): string {
  return Buffer.from(entry?.data ?? []).toString();
}

describe('readTar', () => {
  it.each<[string, string]>([
    ['./usr/bin/x', 'usr/bin/x'],
    ['/usr/bin/x', 'usr/bin/x'],
    ['usr//bin/./x', 'usr/bin/x'],
    ['.hidden', '.hidden'],
    ['a/.hidden', 'a/.hidden'],
    ['a/..b', 'a/..b'],
    ['a/...', 'a/...'],
    ['././a', 'a'],
    ['./ünï', 'ünï'],
  ])('the name %s means %s', (name, path) => {
    expect(entries({ name })[0]?.path).toBe(path);
  });

  it.each([['./'], ['.'], ['/'], ['']])('the directory %j is the root', (name) => {
    expect(entries({ name, flag: '5' })[0]).toMatchObject({ path: '', type: 'directory' });
  });

  it.each<[string, string, Partial<TarEntry>]>([
    ['0', 'file', { size: 2 }],
    ['\0', 'file', { size: 2 }],
    ['7', 'file', { size: 2 }],
    ['1', 'hardlink', { linkTarget: 'to/it', size: 0 }],
    ['2', 'symlink', { linkTarget: '/to/../it', size: 0 }],
    ['3', 'character-device', { deviceMajor: 5, deviceMinor: 1 }],
    ['4', 'block-device', { deviceMajor: 5, deviceMinor: 1 }],
    ['5', 'directory', { size: 0 }],
    ['6', 'fifo', { size: 0 }],
  ])('type %j is a %s', (flag, type, expected) => {
    const link = flag === '1' ? './to/it' : '/to/../it';
    const data = 'file' === type ? 'hi' : '';
    expect(entries({ name: 'x', flag, link, data, major: '5', minor: '1' })[0]).toMatchObject({
      type,
      ...expected,
    });
  });

  it('takes no data for a hard link, whatever size its header has', () => {
    const [link, next] = entries({ name: 'x', flag: '1', link: 'y', size: '1000' }, { name: 'next' });
    expect(link).toMatchObject({ type: 'hardlink', size: 0 });
    expect(next?.path).toBe('next');
  });

  it('reads mode, owners and time', () => {
    const [entry] = entries({ name: 'x', mode: '104755', uid: '1750', gid: '62', mtime: '14741632000' });
    expect(entry).toMatchObject({ mode: 0o4755, uid: 1000, gid: 50, mtime: 0o14741632000 });
  });

  it('reads base-256 numbers, negative times too', () => {
    const uid = Buffer.from([0x80, 0, 0, 0, 0xee, 0x6b, 0x28, 0x00]);
    const mtime = Buffer.alloc(12, 0xff);
    expect(entries({ name: 'x', uid, mtime })[0]).toMatchObject({ uid: 4_000_000_000, mtime: -1 });
  });

  it('prepends the prefix of ustar, and not what GNU tar keeps there', () => {
    expect(entries({ name: 'name', prefix: 'a/b' })[0]?.path).toBe('a/b/name');
    expect(entries({ name: 'name', prefix: 'a/b', magic: 'ustar  \0' })[0]?.path).toBe('name');
  });

  it('takes names and targets from GNU long-name entries, once', () => {
    const long = 'd/'.repeat(90);
    const [link, plain] = entries(
      { name: '././@LongLink', flag: 'L', data: `${long}name\0` },
      { name: '././@LongLink', flag: 'K', data: `${long}target\0` },
      { name: 'cut', flag: '2', link: 'cut' },
      { name: 'plain' },
    );
    expect(link).toMatchObject({ path: `${long}name`, linkTarget: `${long}target` });
    expect(plain?.path).toBe('plain');
  });

  it('lets PAX records override the header of one entry, and global ones of all that follow', () => {
    const raw = Buffer.from([1, 0, 0, 2, 0xff, 0, 10]);
    const pax = Buffer.concat([
      paxRecord('path', './päx'),
      paxRecord('size', '3'),
      paxRecord('mtime', '1700000000.5'),
      paxRecord('uid', '4000000'),
      paxRecord('SCHILY.xattr.security.capability', raw),
      paxRecord('comment', 'whatever'),
    ]);
    const [first, second] = entries(
      { name: 'g', flag: 'g', data: paxRecord('gid', '77') },
      { name: 'h', flag: 'x', data: pax },
      { name: 'cut', data: 'abc', size: '0' },
      { name: 'next' },
    );
    expect(first).toMatchObject({ path: 'päx', size: 3, mtime: 1_700_000_000.5, uid: 4_000_000, gid: 77 });
    expect(text(first)).toBe('abc');
    expect(Buffer.from(first?.xattrs?.get('security.capability') ?? [])).toEqual(raw);
    expect(second).toMatchObject({ path: 'next', uid: 0, gid: 77, xattrs: undefined });
  });

  it('falls back to the header where a PAX record is empty', () => {
    const [entry] = entries(
      { name: 'g', flag: 'g', data: paxRecord('path', 'global') },
      { name: 'h', flag: 'x', data: paxRecord('path', '') },
      { name: 'own' },
    );
    expect(entry?.path).toBe('own');
  });

  it('gives views of the archive, not copies', () => {
    const archive = rawTar({ name: 'x', data: 'hello' });
    const [entry] = readTar(archive);
    expect(entry?.data.buffer).toBe(archive.buffer);
  });

  it('ends at a block of zeros or at the end of the bytes', () => {
    const archive = rawTar({ name: 'x', data: 'hello' });
    expect([...readTar(Buffer.concat([archive, Buffer.from('garbage')]))]).toHaveLength(1);
    expect([...readTar(archive.subarray(0, 1024))]).toHaveLength(1);
    expect([...readTar(Buffer.alloc(0))]).toHaveLength(0);
  });

  it('accepts the checksum over signed bytes of old tars', () => {
    const archive = rawTar({ name: 'ü' });
    let sum = 8 * 32;
    for (let at = 0; at < 512; at += 1) if (at < 148 || at >= 156) sum += archive.readInt8(at);
    archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect([...readTar(archive)][0]?.path).toBe('ü');
  });

  it.each<[string, RawEntry[]]>([
    ['..', [{ name: '..', flag: '5' }]],
    ['a leading ..', [{ name: '../x' }]],
    ['a .. in the middle', [{ name: 'a/../x' }]],
    ['a .. at the end', [{ name: 'a/..', flag: '5' }]],
    ['a .. behind ./', [{ name: './../x' }]],
    ['a .. in the prefix', [{ name: 'x', prefix: '..' }]],
    ['a .. in a hard link', [{ name: 'x', flag: '1', link: '../y' }]],
    ['a .. in a long name', [{ name: 'L', flag: 'L', data: 'a/../../x\0' }, { name: 'x' }]],
    ['a .. in a PAX path', [{ name: 'h', flag: 'x', data: paxRecord('path', '/../x') }, { name: 'x' }]],
    ['a NUL in a PAX path', [{ name: 'h', flag: 'x', data: paxRecord('path', 'a\0b') }, { name: 'x' }]],
    ['a NUL in a long name', [{ name: 'L', flag: 'L', data: 'a\0b\0' }, { name: 'x' }]],
    [
      'a NUL in a target',
      [
        { name: 'h', flag: 'x', data: paxRecord('linkpath', 'a\0b') },
        { name: 'x', flag: '2' },
      ],
    ],
    ['a file without a name', [{ name: './', flag: '6' }]],
    ['a symlink without a target', [{ name: 'x', flag: '2' }]],
    ['a hard link to the root', [{ name: 'x', flag: '1', link: './' }]],
    ['a name that is not UTF-8', [{ name: Buffer.from([0x61, 0xfc]) }]],
    ['a sparse file of GNU tar', [{ name: 'x', flag: 'S' }]],
    [
      'a sparse file in PAX',
      [{ name: 'h', flag: 'x', data: paxRecord('GNU.sparse.major', '1') }, { name: 'x' }],
    ],
    ['an unknown type', [{ name: 'x', flag: 'Z' }]],
    ['a size beyond the end', [{ name: 'x', size: '77777777777' }]],
    ['a negative size', [{ name: 'x', size: Buffer.alloc(12, 0xff) }]],
    [
      'a size beyond all numbers',
      [{ name: 'x', size: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0xff)]) }],
    ],
    ['a negative owner', [{ name: 'x', uid: Buffer.alloc(8, 0xff) }]],
    ['a size that is no number', [{ name: 'x', size: 'abc' }]],
    [
      'a PAX size that is no number',
      [{ name: 'h', flag: 'x', data: paxRecord('size', '1e3') }, { name: 'x' }],
    ],
    [
      'a PAX size of many digits',
      [{ name: 'h', flag: 'x', data: paxRecord('size', '9'.repeat(99)) }, { name: 'x' }],
    ],
    ['a PAX time that is none', [{ name: 'h', flag: 'x', data: paxRecord('mtime', 'now') }, { name: 'x' }]],
    [
      'a PAX record that is too long',
      [{ name: 'h', flag: 'x', data: Buffer.from('99 path=x\n') }, { name: 'x' }],
    ],
    ['a PAX record of length 0', [{ name: 'h', flag: 'x', data: Buffer.from('0 path=x\n') }, { name: 'x' }]],
    ['a PAX record without =', [{ name: 'h', flag: 'x', data: Buffer.from('9 pathxxx\n') }, { name: 'x' }]],
    [
      'a PAX record without a length',
      [{ name: 'h', flag: 'x', data: Buffer.from('path=x\n') }, { name: 'x' }],
    ],
  ])('refuses %s', (title, raw) => {
    const code = title.includes('..') ? 'ARCHIVE_ESCAPES' : 'ARCHIVE_INVALID';
    expect(() => entries(...raw)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a wrong checksum and a cut-off header', () => {
    const archive = rawTar({ name: 'x', data: 'hello' });
    const changed = Buffer.from(archive);
    changed[0] = 0x79;
    const invalid = expect.objectContaining({ code: 'ARCHIVE_INVALID' });
    expect(() => [...readTar(changed)]).toThrow(invalid);
    expect(() => [...readTar(archive.subarray(0, 300))]).toThrow(invalid);
    expect(() => [...readTar(archive.subarray(0, 515))]).toThrow(invalid);
  });

  it('answers damaged archives with entries or ARCHIVE_INVALID, never with more bytes than there are', () => {
    const pax = Buffer.concat([paxRecord('path', './p'), paxRecord('size', '3'), paxRecord('mtime', '1.5')]);
    const good: RawEntry[] = [
      { name: 'L', flag: 'L', data: `${'n'.repeat(120)}\0` },
      { name: 'x', data: 'abc' },
      { name: 'h', flag: 'x', data: pax },
      { name: 'y', data: 'abc' },
      { name: 'l', flag: '1', link: 'y' },
    ];
    const template = rawTar(...good);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(template.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (changes, fixChecksums) => {
          const bytes = Buffer.from(template);
          for (const [at, byte] of changes) bytes[at] = byte;
          // Without this nearly every change ends at the checksum.
          if (fixChecksums) for (let at = 0; at < bytes.length - 1024; at += 512) rechecksum(bytes, at);
          let total = 0;
          try {
            for (const entry of readTar(bytes)) {
              total += entry.data.length;
              if (entry.path.split('/').includes('..') || entry.path.startsWith('/')) return false;
            }
            return total <= bytes.length;
          } catch (error) {
            return (error as { code?: string }).code?.startsWith('ARCHIVE_') === true;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function rechecksum(bytes: Buffer, at: number): void {
  bytes.fill(0x20, at + 148, at + 156);
  let sum = 0;
  for (let index = at; index < at + 512; index += 1) sum += bytes[index] ?? 0;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
}

describe('readTar beside GNU tar', () => {
  const tree = join(folder, 'tree');
  const long = 'd'.repeat(60);
  const paths = ['bin', 'bin/tool', 'bin/alias', 'bin/link', 'empty', `${long}/${long}/${'f'.repeat(60)}`];

  beforeAll(() => {
    mkdirSync(join(tree, 'bin'), { recursive: true });
    mkdirSync(join(tree, long, long), { recursive: true });
    writeFileSync(join(tree, 'bin/tool'), 'x'.repeat(1000));
    chmodSync(join(tree, 'bin/tool'), 0o6711);
    linkSync(join(tree, 'bin/tool'), join(tree, 'bin/alias'));
    symlinkSync('../bin/tool', join(tree, 'bin/link'));
    writeFileSync(join(tree, 'empty'), '');
    writeFileSync(join(tree, paths[5] ?? ''), 'deep');
    for (const path of paths.filter((name) => name !== 'bin/link'))
      utimesSync(join(tree, path), 1, 1_600_000_000);
  });

  it.each([['gnu'], ['pax'], ['oldgnu'], ['ustar']])('format %s', (format) => {
    const archive = execFileSync('tar', [`--format=${format}`, '--sort=name', '-C', tree, '-c', '.'], {
      maxBuffer: 2 ** 24,
    });
    const found = new Map([...readTar(archive)].map((entry) => [entry.path, entry]));
    expect([...found.keys()].filter((path) => paths.includes(path)).sort()).toEqual([...paths].sort());
    for (const path of ['bin', 'bin/alias', 'empty', paths[5] ?? '']) {
      const stat = lstatSync(join(tree, path));
      expect(found.get(path)).toMatchObject({
        mode: stat.mode & 0o7777,
        uid: stat.uid,
        gid: stat.gid,
        mtime: 1_600_000_000,
        size: stat.isFile() ? stat.size : 0,
      });
    }
    expect(found.get('bin/tool')).toMatchObject({ type: 'hardlink', linkTarget: 'bin/alias' });
    expect(found.get('bin/link')).toMatchObject({ type: 'symlink', linkTarget: '../bin/tool' });
    expect(text(found.get('bin/alias'))).toBe(readFileSync(join(tree, 'bin/alias'), 'utf8'));
    expect(text(found.get(paths[5] ?? ''))).toBe('deep');
  });
});
