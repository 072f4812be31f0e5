import { describe, expect, it } from 'vitest';
import { parseTime } from './parse-time.js';

describe('parseTime', () => {
  it.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T12:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:30+01:00', '2026-03-01T11:00:30.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, time) => {
    expect(parseTime(text)?.toISOString()).toBe(time);
  });

  it.each([
    '',
    'now',
    '2026',
    '2026-02-29',
    '2026-13-01',
    '2026-03-01T12:00',
    '2026-03-01T25:00Z',
    '1772323200',
  ])('%s is no time', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});
