import { describe, expect, it } from 'vitest';
import { parseSparseMap } from './data-ranges.js';

describe('parseSparseMap', () => {
  it('waits for more while the map is cut off, wherever that is', () => {
    const header = Buffer.alloc(512);
    const records = '22 GNU.sparse.major=1\n';
    header.write(`${records.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('x', 156, 'latin1');
    const extended = Buffer.alloc(512);
    extended.write(records, 0, 'latin1');
    const map = Buffer.from('2\n4096\n512\n8192\n0\n');
    const archive = Buffer.concat([
      header,
      extended,
      Buffer.alloc(512),
      map,
      Buffer.alloc(494),
      Buffer.from('1\n2\n3\n'),
    ]);
    const end = 1536 + map.length;
    for (let length = 0; length < end; length += 1) {
      expect(parseSparseMap(archive.subarray(0, length))).toBe('incomplete');
    }
    for (const length of [end, end + 100, archive.length]) {
      expect(parseSparseMap(archive.subarray(0, length))).toEqual([
        { start: 4096, length: 512 },
        { start: 8192, length: 0 },
      ]);
    }
  });

  it('knows an archive of a file without holes', () => {
    const header = Buffer.alloc(512);
    header.write('0', 156, 'latin1');
    expect(parseSparseMap(header)).toBeUndefined();
  });
});
