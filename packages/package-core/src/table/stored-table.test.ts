import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTable, encodeTable, type TableFormat } from './stored-table.js';
import { findString, StringPool } from './string-pool.js';

const FORMAT: TableFormat = { magic: 'ic-test', version: 3, sections: 3 };
const tables = fc.tuple(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint32Array({ maxLength: 10 }),
  fc.float64Array({ maxLength: 10 }),
);

describe('a stored table', () => {
  it('has what was put into it, wherever its bytes lie', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 0, max: 7 }), ([bytes, words, numbers], shift) => {
        const encoded = encodeTable(FORMAT, [bytes, words, numbers]);
        const stored = Buffer.concat([Buffer.alloc(shift), encoded]).subarray(shift);
        const table = decodeTable(FORMAT, stored);
        expect(table?.bytes(0)).toEqual(bytes);
        expect(table?.words(1)).toEqual(words);
        expect(table?.numbers(2)).toEqual(numbers);
      }),
    );
  });

  it('is not read when any byte of it has changed, or when it is cut', () => {
    fc.assert(
      fc.property(tables, fc.nat(), fc.integer({ min: 1, max: 255 }), (sections, place, change) => {
        const encoded = encodeTable(FORMAT, sections);
        const at = place % encoded.length;
        const cut = encoded.subarray(0, at);
        expect(decodeTable(FORMAT, cut)).toBeUndefined();
        encoded[at] = (encoded[at] ?? 0) ^ change;
        expect(decodeTable(FORMAT, encoded)).toBeUndefined();
      }),
    );
  });

  it.each([-1, 0.5, 9, 2 ** 60, Number.NaN])('is not read when a section claims %s bytes of 8', (length) => {
    const encoded = encodeTable(FORMAT, [new Uint8Array(), new Uint32Array(), Float64Array.of(1)]);
    encoded.writeDoubleLE(length, 12 + 2 * 8);
    encoded.writeUInt32LE(crc32(encoded.subarray(12)), 8);
    expect(decodeTable(FORMAT, encoded)).toBeUndefined();
  });

  it('is not read as another format', () => {
    const encoded = encodeTable(FORMAT, [new Uint8Array(), new Uint32Array(), new Float64Array()]);
    expect(decodeTable({ ...FORMAT, version: 4 }, encoded)).toBeUndefined();
    expect(decodeTable({ ...FORMAT, magic: 'ic-else' }, encoded)).toBeUndefined();
  });
});

it('a string pool finds each string under one number, and no other', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (texts, other) => {
      const pool = new StringPool();
      const ids = texts.map((text) => {
        const bytes = Buffer.from(text);
        return pool.add(bytes, 0, bytes.length);
      });
      const strings = pool.finish();
      expect(new Set(ids).size).toBe(new Set(texts.map((text) => Buffer.from(text).toString('hex'))).size);
      texts.forEach((text, index) => {
        expect(findString(strings, text)).toBe(ids[index]);
      });
      if (other !== '' && !texts.includes(other)) expect(findString(strings, other)).toBeUndefined();
    }),
  );
});
