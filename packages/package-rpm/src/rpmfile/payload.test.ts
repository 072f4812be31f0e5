import { createHash } from 'node:crypto';
import { writeCpio } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { type HandMadeRpm, makeRpm, type TestTags } from '../testing/make-rpm.js';
import { checkDigests } from './digests.js';
import { readPayloadFiles } from './payload.js';
import { readRpm } from './rpm-file.js';

const unsound = (reason: string | RegExp) =>
  expect.objectContaining({
    code: 'PACKAGE_INVALID',
    message: typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason),
  });
describe('digests', () => {
  const files = [{ path: '/f', data: 'text' }];
  const digests = (tags: TestTags, signatureTags?: HandMadeRpm['signatureTags']) =>
    checkDigests(readRpm(makeRpm({ files, tags, signatureTags })), {});
  const hash = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');
  const wrong = { strings: ['0'.repeat(64)] };
  const plain = makePayloadOf(files);

  it.each<[string, TestTags]>([
    ['of the payload', {}],
    ['none at all', { 5092: undefined, 5093: undefined }],
    ['in capitals', { 5092: { strings: [hash('sha256', plain).toUpperCase()] } }],
    ['SHA-512', { 5092: { strings: [hash('sha512', plain)] }, 5093: { int32: [10] } }],
    ['of an uncompressed payload alone', { 5092: undefined, 5097: { strings: [hash('sha256', plain)] } }],
    ['of a payload compressed anew', { 5092: wrong, 5097: { strings: [hash('sha256', plain)] } }],
  ])('%s hold', async (_title, tags) => {
    await digests(tags);
  });

  it.each<[string, TestTags, HandMadeRpm['signatureTags']]>([
    ['the payload', { 5092: wrong }, undefined],
    ['the payload either way', { 5092: wrong, 5097: wrong }, undefined],
    ['the header', {}, () => ({ 273: { string: '0'.repeat(64) } })],
    ['the header, the newest digest', {}, () => ({ 279: { string: '0'.repeat(64) } })],
    ['the header, the old digest', {}, () => ({ 269: { string: '0'.repeat(40) } })],
  ])('of %s do not', async (title, tags, signatureTags) => {
    await expect(digests(tags, signatureTags)).rejects.toMatchObject({
      code: title.includes('header') ? 'HEADER_MISMATCH' : 'PAYLOAD_MISMATCH',
    });
  });
});

describe('payloads of rpm 6', () => {
  const files = [
    { path: '/d', mode: 0o40755 },
    { path: '/d/a', data: 'text!', inode: 9 },
    { path: '/d/b', data: 'text!', inode: 9 },
    { path: '/l', mode: 0o120777, linkTarget: 'd/a' },
    { path: '/ghost', data: 'never there', flags: 0x40 },
    { path: '/z', data: 'last' },
  ];
  const stripped = (members: readonly [number, string][], end = trailer()) =>
    Buffer.concat([...members.map(([index, data]) => member(index, data)), end]);
  const whole: [number, string][] = [
    [0, ''],
    [1, ''],
    [2, 'text!'],
    [3, 'd/a'],
    [5, 'last'],
  ];
  const read = (payload: Buffer) => {
    const rpm = readRpm(makeRpm({ files, payload }));
    return [...readPayloadFiles(rpm, payload)].map(({ file, data }) => [
      file.path,
      Buffer.from(data).toString(),
    ]);
  };

  it('name files by their place in the header', () => {
    expect(read(stripped(whole))).toEqual([
      ['/d', ''],
      ['/d/a', ''],
      ['/d/b', 'text!'],
      ['/l', ''],
      ['/z', 'last'],
    ]);
  });

  it.each<[string, Buffer, string]>([
    ['a file that is not there', stripped([[77, '']]), 'a file 77'],
    ['no end', stripped(whole, Buffer.alloc(0)), 'no cpio header'],
    ['a cut', stripped(whole).subarray(0, 74), 'cut off'],
    ['a file less', stripped(whole.slice(1)), 'lacks /d'],
  ])('with %s are refused', (_title, payload, reason) => {
    expect(() => read(payload)).toThrow(unsound(reason));
  });
});

function member(index: number, data: string): Buffer {
  const padded = Buffer.alloc(16 + Math.ceil(data.length / 4) * 4);
  padded.write(`07070X${index.toString(16).padStart(8, '0')}`);
  padded.write(data, 16);
  return padded;
}

function trailer(): Buffer {
  return writeCpio([]);
}

function makePayloadOf(files: readonly { path: string; data: string }[]): Buffer {
  return writeCpio(
    files.map(({ path, data }) => ({ path, mode: 0o100644, data: Buffer.from(data), inode: 1 })),
  );
}
