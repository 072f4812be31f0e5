import { describe, expect, it } from 'vitest';
import { type Geometry, vhdFooter, vhdGeometry } from './vhd.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('vhdGeometry', () => {
  // "qemu-img create -f vpc" says the same, with cylinders rounded up in place of down.
  it.each<[number, Geometry]>([
    [1 * MIB, { cylinders: 30, heads: 4, sectors: 17 }],
    [100 * MIB, { cylinders: 1003, heads: 12, sectors: 17 }],
    [200 * MIB, { cylinders: 825, heads: 16, sectors: 31 }],
    [1 * GIB, { cylinders: 2080, heads: 16, sectors: 63 }],
    [4 * GIB, { cylinders: 8322, heads: 16, sectors: 63 }],
    [32 * GIB, { cylinders: 16_448, heads: 16, sectors: 255 }],
    [200 * GIB, { cylinders: 65_535, heads: 16, sectors: 255 }],
  ])('of %i bytes', (bytes, geometry) => {
    expect(vhdGeometry(bytes / 512)).toEqual(geometry);
  });
});

describe('vhdFooter', () => {
  const footer = vhdFooter({ size: 4 * GIB, seed: 'seed', epoch: 1_700_000_000 });

  it.each<[string, number, string]>([
    ['cookie', 0, Buffer.from('conectix').toString('hex')],
    ['features', 8, '00000002'],
    ['version', 12, '00010000'],
    ['data offset', 16, 'ffffffffffffffff'],
    ['time: seconds since 2000', 24, (1_700_000_000 - 946_684_800).toString(16)],
    ['creator', 28, Buffer.from('win ').toString('hex')],
    ['creator host', 36, Buffer.from('Wi2k').toString('hex')],
    ['original size', 40, '0000000100000000'],
    ['current size', 48, '0000000100000000'],
    ['geometry', 56, '2082103f'],
    ['type: fixed', 60, '00000002'],
    ['saved state and rest', 84, '00'.repeat(428)],
  ])('%s', (_, offset, hex) => {
    expect(footer.toString('hex', offset, offset + hex.length / 2)).toBe(hex);
  });

  it('has the complement of the sum of the other bytes', () => {
    const others = [...footer.subarray(0, 64), ...footer.subarray(68)];
    expect(footer.readUInt32BE(64)).toBe(2 ** 32 - 1 - others.reduce((sum, byte) => sum + byte, 0));
    expect(footer).toHaveLength(512);
  });

  it('has an id of the seed alone, and a time from 2000 on', () => {
    const other = vhdFooter({ size: MIB, seed: 'seed', epoch: 0 });
    expect(other.subarray(68, 84)).toEqual(footer.subarray(68, 84));
    expect(vhdFooter({ size: MIB, seed: 'other', epoch: 0 }).subarray(68, 84)).not.toEqual(
      footer.subarray(68, 84),
    );
    expect(other.readUInt32BE(24)).toBe(0);
  });
});
