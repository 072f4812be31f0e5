import { gzipSync } from 'node:zlib';
import { writeCpio } from '@ic/utils';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HandMadeRpm, makeRpm, type TestTags } from '../testing/make-rpm.js';
import { readWhole } from '../testing/read-whole.js';

const unsound = (reason: string | RegExp) =>
  expect.objectContaining({
    code: expect.stringMatching(/^(PACKAGE_INVALID|MEMBER_ESCAPES|DECOMPRESSION_LIMIT)$/),
    message: typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason),
  });
/** Where the main header of a hand-made package begins. */
const mainHeaderAt = (bytes: Buffer) => bytes.indexOf(Buffer.from('8eade801', 'hex'), 100);

/** Where the entry of a tag is in the index of the main header. */
function entryOf(bytes: Buffer, mainHeader: number, tag: number): number {
  let at = mainHeader + 16;
  while (bytes.readUInt32BE(at) !== tag) at += 16;
  return at;
}

/** A payload with files of these paths, four bytes each. */
function makePayload(paths: readonly string[]): Buffer {
  return writeCpio(paths.map((path) => ({ path, mode: 0o100644, data: Buffer.from('text') })));
}

describe('packages that lie', () => {
  const good: HandMadeRpm = {
    files: [
      { path: '/d', mode: 0o40755 },
      { path: '/d/f', data: 'text' },
      { path: '/l', mode: 0o120777, linkTarget: 'd' },
    ],
  };

  it('are read when they do not', async () => {
    expect(await readWhole(makeRpm(good))).toBe(3);
    expect(await readWhole(makeRpm())).toBe(0);
  });

  const withTags = (tags: TestTags) => makeRpm({ ...good, tags });
  const patched = (change: (bytes: Buffer, mainHeader: number) => unknown) => {
    const bytes = makeRpm(good);
    change(bytes, mainHeaderAt(bytes));
    return bytes;
  };
  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'no rpm file'],
    [
      'a directory that is too long for each of its files',
      makeRpm({ files: [{ path: `/${'d'.repeat(4091)}/file`, data: 'text' }] }),
      'more than 4096 characters',
    ],
    ['another kind of file', Buffer.alloc(4096, 'deb'), 'no rpm file'],
    ['a lead alone', makeRpm(good).subarray(0, 96), 'cut off before a header'],
    ['a future format', patched((bytes) => bytes.writeUInt8(9, 4)), 'of format 9'],
    ['another kind of signature', patched((bytes) => bytes.writeUInt16BE(1, 78)), 'signatures of type 1'],
    ['no magic', patched((bytes, at) => bytes.writeUInt8(0, at)), 'no magic'],
    ['no entries', patched((bytes, at) => bytes.writeUInt32BE(0, at + 8)), 'claims 0 entries'],
    [
      'too many entries',
      patched((bytes, at) => bytes.writeUInt32BE(0x10000, at + 8)),
      'claims 65536 entries',
    ],
    ['too many bytes', patched((bytes, at) => bytes.writeUInt32BE(0x10000000, at + 12)), 'claims'],
    [
      'more bytes than the file',
      patched((bytes, at) => bytes.writeUInt32BE(0x0fffffff, at + 12)),
      'longer than the file',
    ],
    ['no region', patched((bytes, at) => bytes.writeUInt32BE(64, at + 16)), 'no immutable region'],
    [
      'a region of another size',
      patched((bytes, at) => bytes.writeUInt32BE(32, at + 28)),
      'no immutable region',
    ],
    [
      'a region that ends early',
      patched((bytes, at) => bytes.writeUInt32BE(16, at + 24)),
      'does not end where',
    ],
    [
      'a region beyond the end',
      patched((bytes, at) => bytes.writeInt32BE(0x7fffffff, at + 24)),
      'does not end where',
    ],
    [
      'a region before the start',
      patched((bytes, at) => bytes.writeInt32BE(-16, at + 24)),
      'does not end where',
    ],
    [
      'a region over part of the index',
      patched((bytes, at) =>
        bytes.writeInt32BE(-32, at + 16 + 16 * bytes.readUInt32BE(at + 8) + bytes.readUInt32BE(at + 24) + 8),
      ),
      'does not begin where',
    ],
    ['an unknown type', patched((bytes, at) => bytes.writeUInt32BE(12, at + 36)), 'is of no known kind'],
    ['a type of nothing', patched((bytes, at) => bytes.writeUInt32BE(0, at + 36)), 'is of no known kind'],
    [
      'a tag of a region inside',
      patched((bytes, at) => bytes.writeUInt32BE(63, at + 32)),
      'is of no known kind',
    ],
    ['a tag twice', patched((bytes, at) => bytes.writeUInt32BE(1001, at + 32)), 'is there twice'],
    ['no value', patched((bytes, at) => bytes.writeUInt32BE(0, at + 44)), 'has a wrong count'],
    ['two of one string', patched((bytes, at) => bytes.writeUInt32BE(2, at + 44)), 'has a wrong count'],
    [
      'a value beyond the store',
      patched((bytes, at) => bytes.writeUInt32BE(0x7fffff0, at + 40)),
      'without an end',
    ],
    ['a value before the store', patched((bytes, at) => bytes.writeInt32BE(-4, at + 40)), 'overlaps'],
    [
      'overlapping values',
      patched((bytes, at) => bytes.writeUInt32BE(2, entryOf(bytes, at, 1001) + 8)),
      'overlaps',
    ],
    [
      'more numbers than bytes',
      patched((bytes, at) => bytes.writeUInt32BE(4096, entryOf(bytes, at, 5093) + 12)),
      'does not fit',
    ],
    [
      'a number out of step',
      patched((bytes, at) =>
        bytes.writeUInt32BE(
          bytes.readUInt32BE(entryOf(bytes, at, 5093) + 8) + 1,
          entryOf(bytes, at, 5093) + 8,
        ),
      ),
      'is not aligned',
    ],
    ['a name that is none', withTags({ 1000: { string: '' } }), 'no tag 1000'],
    ['a name that is a number', withTags({ 1000: { int32: [1] } }), 'is no string'],
    ['an epoch that is text', withTags({ 1003: { string: '1' } }), 'is no number'],
    [
      'a name that is not UTF-8',
      patched((bytes) => bytes.fill(0xff, bytes.indexOf('made\0'), bytes.indexOf('made\0') + 1)),
      'is not UTF-8',
    ],
    [
      'requirements without flags',
      withTags({ 1049: { strings: ['a', 'b'] }, 1048: { int32: [0] } }),
      'without versions or flags',
    ],
    ['fewer modes than files', withTags({ 1030: { int16: [0o40755] } }), 'one value each of tag 1030'],
    [
      'more owners than files',
      withTags({ 1039: { strings: ['a', 'b', 'c', 'd'] } }),
      'one value each of tag 1039',
    ],
    ['a folder that is not there', withTags({ 1116: { int32: [0, 7, 0] } }), 'is in no directory'],
    ['a name with a slash', withTags({ 1117: { strings: ['d', '/f', 'l'] } }), 'no absolute path'],
    ['a name that leads up', withTags({ 1117: { strings: ['d', '..', 'l'] } }), 'no absolute path'],
    ['a folder that leads up', withTags({ 1118: { strings: ['/../', '/d/'] } }), 'no absolute path'],
    ['a relative folder', withTags({ 1118: { strings: ['d/', '/d/'] } }), 'no absolute path'],
    [
      'a size beyond all counting',
      withTags({ 5008: { int64: [0n, 2n ** 63n, 0n] } }),
      'larger than we can count',
    ],
    ['a payload of another kind', withTags({ 1124: { string: 'drpm' } }), 'of the kind "drpm"'],
    ['a digest of an unknown kind', withTags({ 5093: { int32: [1] } }), 'unknown algorithm 1'],
    ['another size of a file', makeRpm({ files: [{ path: '/f', data: 'text', size: 5 }] }), 'its header 5'],
    ['a payload that lacks a file', makeRpm({ ...good, payload: makePayload([]) }), 'lacks /d'],
    ['a payload with a file more', makeRpm({ ...good, payload: makePayload(['/d', '/x']) }), 'a file "/x"'],
    ['a payload with a file twice', makeRpm({ ...good, payload: makePayload(['/l', '/l']) }), '/l twice'],
    [
      'a payload that leaves the root',
      makeRpm({
        ...good,
        payload: Buffer.from(makePayload(['xx/f']).toString('latin1').replace('xx/f', '../f'), 'latin1'),
      }),
      'a name that leaves it',
    ],
    [
      'a payload that grows beyond what is said',
      makeRpm({
        ...good,
        payload: gzipSync(Buffer.alloc(1_000_000)),
        signatureTags: () => ({ 1007: { int32: [1000] } }),
      }),
      'beyond the 1000 bytes',
    ],
    ['a payload that is none', makeRpm({ ...good, payload: Buffer.from('no cpio') }), 'no cpio header'],
    [
      'a payload that is damaged',
      makeRpm({ ...good, payload: Buffer.from('28b52ffd0000', 'hex') }),
      'damaged',
    ],
  ])('%s', async (_title, bytes, reason) => {
    await expect(readWhole(bytes)).rejects.toEqual(unsound(reason));
  });
});

const OUTCOMES = ['read', 'PACKAGE_INVALID', 'MEMBER_ESCAPES', 'DECOMPRESSION_LIMIT'];

describe('damaged packages', () => {
  const files = Array.from({ length: 20 }, (_, index) => ({ path: `/d/file${index}`, data: `${index}` }));
  const whole = makeRpm({
    files,
    tags: { 5092: undefined },
    signatureTags: () => ({ 1007: { int32: [100_000] } }),
  });
  const extremes = [
    0, 1, 15, 16, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
  ];

  async function outcome(bytes: Buffer): Promise<string> {
    try {
      await readWhole(bytes);
      return 'read';
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  it('are refused wherever they are cut', async () => {
    for (let length = 0; length < whole.length; length += 7) {
      expect(await outcome(whole.subarray(0, length))).toBe('PACKAGE_INVALID');
    }
  });

  it('are read or refused whatever their bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, byte] of changes) bytes[at] = byte;
          return OUTCOMES.includes(await outcome(bytes));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('are read or refused whatever their numbers', async () => {
    const end = whole.indexOf('070701');
    await fc.assert(
      fc.asyncProperty(fc.nat(Math.floor(end / 4) - 1), fc.constantFrom(...extremes), async (word, value) => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt32BE(value, word * 4);
        return OUTCOMES.includes(await outcome(bytes));
      }),
      { numRuns: 1500 },
    );
  });
});
