import { describe, expect, it } from 'vitest';
import { checkFreshness } from './index-freshness.js';

const NOW = '2026-06-01T12:00:00Z';

describe('checkFreshness', () => {
  it.each<[string, { date?: string; validUntil?: string }, string | undefined]>([
    ['no dates', {}, undefined],
    ['published before', { date: '2001-01-01T00:00:00Z' }, undefined],
    ['published now', { date: NOW, validUntil: NOW }, undefined],
    ['10 seconds ahead, as apt takes it', { date: '2026-06-01T12:00:10Z' }, undefined],
    ['11 seconds ahead', { date: '2026-06-01T12:00:11Z' }, 'INDEX_NOT_YET_VALID'],
    ['valid for another second', { validUntil: '2026-06-01T12:00:01Z' }, undefined],
    [
      'not valid for a second',
      { date: '2026-05-01T00:00:00Z', validUntil: '2026-06-01T11:59:59Z' },
      'INDEX_EXPIRED',
    ],
    [
      'neither yet nor any more',
      { date: '2026-07-01T00:00:00Z', validUntil: '2026-05-01T00:00:00Z' },
      'INDEX_EXPIRED',
    ],
  ])('%s', (_, dates, code) => {
    const [date, validUntil] = [dates.date, dates.validUntil].map((text) => text && new Date(text));
    const check = () =>
      checkFreshness(
        { repository: { name: 'debian' }, suite: 'stable' },
        { date: date || undefined, validUntil: validUntil || undefined },
        new Date(NOW),
      );
    if (code === undefined) expect(check).not.toThrow();
    else {
      expect(check).toThrow(
        expect.objectContaining({
          code,
          hint: expect.stringContaining('--at'),
          message: expect.stringContaining('"debian" (stable)'),
          details: expect.objectContaining({ now: '2026-06-01T12:00:00.000Z' }),
        }),
      );
    }
  });
});
