import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CpioInput, readCpio, writeCpio } from './cpio.js';

const TREE: CpioInput[] = [
  { path: '', mode: 0o40755, links: 2 },
  { path: 'bin', mode: 0o40755, links: 3 },
  { path: 'bin/tool', mode: 0o104755, data: Buffer.from('odd'), uid: 1000, gid: 50, mtime: 1_700_000_000 },
  { path: 'bin/sh', mode: 0o120777, data: Buffer.from('tool') },
  { path: 'dev', mode: 0o40755 },
  { path: 'dev/console', mode: 0o20600, deviceMajor: 5, deviceMinor: 1 },
  { path: 'ünï', mode: 0o100644, inode: 77, links: 2 },
  { path: 'twin', mode: 0o100644, inode: 77, links: 2, data: Buffer.alloc(5000, 'x') },
];

const invalid = expect.objectContaining({ code: expect.stringMatching(/^ARCHIVE_(INVALID|ESCAPES)$/) });

describe('cpio', () => {
  it('reads back what it wrote', () => {
    const defaults = { uid: 0, gid: 0, mtime: 0, links: 1, deviceMajor: 0, deviceMinor: 0 };
    const read = [...readCpio(writeCpio(TREE))];
    expect(read.map((entry) => ({ ...entry, data: Buffer.from(entry.data) }))).toEqual(
      TREE.map((entry, index) => ({
        ...defaults,
        inode: index + 1,
        ...entry,
        data: Buffer.from(entry.data ?? ''),
      })),
    );
  });

  it('writes what the format says, byte by byte', () => {
    const archive = writeCpio([{ path: './a', mode: 0o100644, data: Buffer.from('hello'), mtime: 16 }]);
    const fields = ['00000001', '000081a4', '00000000', '00000000', '00000001', '00000010', '00000005'];
    const rest = ['00000000', '00000000', '00000000', '00000000', '00000002', '00000000'];
    const head = `070701${[...fields, ...rest].join('')}a\0`;
    expect(archive.subarray(0, 120).toString('latin1')).toBe(`${head}hello\0\0\0`);
    expect(archive.length % 4).toBe(0);
    expect(archive.toString('latin1')).toMatch(/TRAILER!!!\0+$/);
  });

  it('stops at the trailer', () => {
    const two = Buffer.concat([writeCpio(TREE), writeCpio(TREE)]);
    expect([...readCpio(two)]).toHaveLength(TREE.length);
  });

  it('checks the sums of 070702', () => {
    const archive = writeCpio([{ path: 'a', mode: 0o100644, data: Buffer.from('hello') }]);
    archive.write('070702', 0);
    expect(() => [...readCpio(archive)]).toThrow(invalid);
    archive.write((532).toString(16).padStart(8, '0'), 102);
    expect([...readCpio(archive)]).toHaveLength(1);
  });

  it.each<[string, CpioInput]>([
    ['a path that leaves the root', { path: 'a/../../b', mode: 0o100644 }],
    ['a NUL', { path: 'a\0b', mode: 0o100644 }],
    ['a number beyond 32 bits', { path: 'a', mode: 0o100644, mtime: 2 ** 32 }],
    ['a negative number', { path: 'a', mode: 0o100644, uid: -1 }],
  ])('does not write %s', (_title, entry) => {
    expect(() => writeCpio([entry])).toThrow(invalid);
  });

  it.each<[string, (archive: Buffer) => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    [
      'another magic',
      (archive) => Buffer.from(archive.toString('latin1').replace('070701', '070707'), 'latin1'),
    ],
    ['no trailer', (archive) => archive.subarray(0, 120)],
    ['a cut', (archive) => archive.subarray(0, 116)],
    ['no NUL after the name', (archive) => Buffer.from(archive).fill(0x62, 111, 112)],
    ['a digit that is none', (archive) => Buffer.from(archive).fill('g', 20, 21)],
    ['a name that leaves the root', () => writeCpio([{ path: 'xx', mode: 0o100644 }]).fill('.', 110, 112)],
  ])('refuses %s', (_title, change) => {
    const archive = writeCpio([{ path: 'a', mode: 0o100644, data: Buffer.from('hello') }]);
    expect(() => [...readCpio(change(archive))]).toThrow(invalid);
  });

  it('answers damaged archives with members or ARCHIVE_INVALID', () => {
    const good = writeCpio(TREE.slice(0, 4));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          return [...readCpio(bytes)].every(({ path }) => !path.split('/').includes('..'));
        } catch (error) {
          return (error as { code?: string }).code?.startsWith('ARCHIVE_') === true;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.skipIf(!existsSync('/usr/bin/cpio') && !existsSync('/bin/cpio'))('is listed by GNU cpio', () => {
    const listed = execFileSync('cpio', ['--quiet', '-t'], { input: writeCpio(TREE) }).toString();
    expect(listed.trim().split('\n')).toEqual(TREE.map(({ path }) => path || '.'));
  });
});
