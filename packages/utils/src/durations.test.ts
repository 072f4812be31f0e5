import { expect, it } from 'vitest';
import { parseDuration } from './durations.js';

it.each([
  ['45s', 45_000],
  ['90min', 5_400_000],
  ['1.5h', 5_400_000],
  [' 30 d ', 2_592_000_000],
  ['2W', 1_209_600_000],
  ['0s', 0],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

it.each(['', '5', 'd', '5m', '-1d', '1e3s', '1d 2h', '99999999999999w', '0.0001s'])('%j is none', (text) => {
  expect(() => parseDuration(text)).toThrowError(
    expect.objectContaining({ code: 'DURATION_INVALID', fault: 'request' }),
  );
});
