import { describe, expect, it } from 'vitest';
import { backoff, parseRetryAfter } from './retry.js';

describe('parseRetryAfter', () => {
  const date = 'Mon, 02 Nov 2026 10:00:00 GMT';
  it.each<[string | undefined, string | undefined, number | undefined]>([
    [undefined, date, undefined],
    ['3', undefined, 3000],
    ['0', date, 0],
    ['86400', date, 60_000],
    ['Mon, 02 Nov 2026 10:00:05 GMT', date, 5000],
    ['Mon, 02 Nov 2026 09:00:00 GMT', date, 0],
    ['Mon, 02 Nov 2026 10:00:05 GMT', undefined, undefined],
    ['soon', date, undefined],
    ['-1', undefined, undefined],
  ])('%j at %j is %j ms', (value, now, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});

describe('backoff', () => {
  it.each([
    [0, 500],
    [1, 1000],
    [3, 4000],
    [20, 60_000],
  ])('try %i waits between half and all of %i ms', (attempt, most) => {
    for (let count = 0; count < 50; count += 1) {
      const wait = backoff(500, attempt);
      expect(wait).toBeGreaterThanOrEqual(most / 2);
      expect(wait).toBeLessThanOrEqual(most);
    }
  });
});
