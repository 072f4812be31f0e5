import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { exec } from '../exec.js';
import { readAr } from './ar.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-ar-'));
afterAll(() => rmSync(folder, { recursive: true }));

function member(name: string, data: string, size = String(data.length)): string {
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`;
  return `${header}${size.padEnd(10)}\`\n${data}${data.length % 2 === 1 ? '\n' : ''}`;
}

function ar(...members: string[]): Buffer {
  return Buffer.from(`!<arch>\n${members.join('')}`, 'latin1');
}

function listed(bytes: Uint8Array): [string, string][] {
  return readAr(bytes).map(({ name, data }) => [name, Buffer.from(data).toString()]);
}

describe('readAr', () => {
  it.each<[string, Buffer, [string, string][]]>([
    ['no members', ar(), []],
    ['names as dpkg-deb writes them', ar(member('debian-binary', '2.0\n')), [['debian-binary', '2.0\n']]],
    [
      'System V names',
      ar(member('a/', 'odd'), member('b/', '')),
      [
        ['a', 'odd'],
        ['b', ''],
      ],
    ],
    ['an odd last member without padding', ar(member('a/', 'odd')).subarray(0, -1), [['a', 'odd']]],
    ['a symbol table', ar(member('/', 'xxxx'), member('a/', 'y')), [['a', 'y']]],
    [
      'GNU long names',
      ar(
        member('//', 'a-name-beyond-sixteen/\nanother-one-like-that/\n'),
        member('/23', '2'),
        member('/0', '1'),
      ),
      [
        ['another-one-like-that', '2'],
        ['a-name-beyond-sixteen', '1'],
      ],
    ],
    [
      'a GNU long name of 255 bytes',
      ar(member('//', `${'n'.repeat(255)}/\n`), member('/0', '1')),
      [['n'.repeat(255), '1']],
    ],
  ])('%s', (_title, bytes, expected) => {
    expect(listed(bytes)).toEqual(expected);
  });

  it('says where a member lies', () => {
    const [first, second] = readAr(ar(member('a/', 'odd'), member('b/', 'even')));
    expect(first).toMatchObject({ offset: 68, size: 3 });
    expect(second).toMatchObject({ offset: 132, size: 4 });
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['another magic', Buffer.from('!<arch>x')],
    ['half a header', ar('debian-binary   0')],
    ['a header without its end', ar(member('a/', '').replace('`', "'"))],
    ['a member that is cut off', ar(member('a/', 'abcd')).subarray(0, -1)],
    ['a size that is no number', ar(member('a/', 'abcd', '4x'))],
    ['a negative size', ar(member('a/', 'abcd', '-4'))],
    ['no size', ar(member('a/', 'abcd', ''))],
    ['no name', ar(member('', 'abcd'))],
    ['a name with a slash', ar(member('a/b', 'abcd'))],
    ['the folder itself as a name', ar(member('./', 'abcd'))],
    ['the folder above as a name', ar(member('../', 'abcd'))],
    ['a long name beyond 255 bytes', ar(member('//', `${'n'.repeat(256)}/\n`), member('/0', 'abcd'))],
    ['a long name without a table', ar(member('/0', 'abcd'))],
    ['a long name outside the table', ar(member('//', 'abc/\n'), member('/99', 'abcd'))],
  ])('refuses %s', (_title, bytes) => {
    expect(() => readAr(bytes)).toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }));
  });

  it('answers any bytes with members or ARCHIVE_INVALID', () => {
    const good = ar(member('//', 'long/\n'), member('/0', 'x'), member('b/', 'yy'));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          return readAr(bytes).every(({ offset, size }) => offset + size <= bytes.length);
        } catch (error) {
          return (error as { code?: string }).code === 'ARCHIVE_INVALID';
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads what binutils writes', async (context) => {
    const names = ['short', 'a-name-of-more-than-sixteen-bytes'];
    for (const name of names) writeFileSync(join(folder, name), `${name}!`);
    const made = await exec('ar', ['qcS', 'made.a', ...names], { cwd: folder }).catch(() => undefined);
    if (made === undefined) context.skip('binutils ar is not installed');
    expect(listed(readFileSync(join(folder, 'made.a')))).toEqual(names.map((name) => [name, `${name}!`]));
  });
});
