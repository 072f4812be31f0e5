import { describe, expect, it } from 'vitest';
import { bitmap } from './bitmap.test.fixture.js';
import { bitmapProblem } from './bitmap-problem.js';

describe('bitmapProblem', () => {
  it.each([1, 4, 8, 16, 24, 32])('takes %d bits', (bits) => {
    expect(bitmapProblem(bitmap({ bits }))).toBeUndefined();
  });

  it('takes masks for colours where there is room for them', () => {
    expect(bitmapProblem(bitmap({ bits: 32, compression: 3 }))).toBeUndefined();
    expect(bitmapProblem(bitmap({ bits: 24, compression: 3 }))).toBe('it is compressed (kind 3)');
  });

  it.each<[string, Buffer, string]>([
    ['a PNG file', Buffer.from('\x89PNG', 'latin1'), 'it is no BMP file'],
    ['half a header', bitmap().subarray(0, 40), 'it ends within its headers'],
    ['no pixel', bitmap({ width: 0 }), 'it is 0 by 1 pixels large'],
    ['rows from the top down', bitmap({ height: -1 }), 'it is 1 by -1 pixels large'],
    ['run lengths', bitmap({ bits: 8, compression: 1 }), 'it is compressed (kind 1)'],
    ['64 bits', bitmap({ bits: 64 }), 'its pixels have 64 bits'],
  ])('refuses %s', (_title, start, problem) => {
    expect(bitmapProblem(start)).toBe(problem);
  });
});
