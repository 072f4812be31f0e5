import { describe, expect, it } from 'vitest';
import { MIB } from './disk.test.fixture.js';
import { fatGeometry } from './fat-geometry.js';

describe('fatGeometry', () => {
  it.each([
    [12, 1, { bits: 12, sectorsPerCluster: 8 }],
    [12, 16, { bits: 12, sectorsPerCluster: 16 }],
    [12, 300, undefined],
    [16, 2, undefined],
    [16, 3, { bits: 16, sectorsPerCluster: 1 }],
    [16, 512, { bits: 16, sectorsPerCluster: 32 }],
    [16, 4095, { bits: 16, sectorsPerCluster: 128 }],
    [16, 4097, undefined],
    [32, 32, undefined],
    [32, 33, { bits: 32, sectorsPerCluster: 1 }],
    [32, 512, { bits: 32, sectorsPerCluster: 8 }],
  ] as const)('FAT%s in %s MiB', (bits, mib, geometry) => {
    expect(fatGeometry(mib * MIB, bits)).toEqual(geometry);
  });
});
