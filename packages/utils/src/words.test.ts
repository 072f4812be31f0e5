import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededUuid } from './hash.js';
import { nearest } from './nearest.js';
import { formatSize, parseSize } from './sizes.js';

describe('parseSize', () => {
  it.each([
    ['4096', 4096],
    ['1k', 1024],
    ['1KB', 1000],
    ['513MiB', 513 * 1024 ** 2],
    ['1.5G', 1.5 * 1024 ** 3],
    [' 2 TiB ', 2 * 1024 ** 4],
  ])('reads %s as %d', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', '4 parsecs', '-1M', '1.5', '0x10', '99999999T', 'GiB'])('refuses "%s"', (text) => {
    expect(() => parseSize(text)).toThrow(
      expect.objectContaining({ code: 'SIZE_INVALID', fault: 'request' }),
    );
  });

  it('reads back whole mebibytes as formatSize writes them, up to a gibibyte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), (count) => {
        expect(parseSize(formatSize(count * 1024 ** 2))).toBe(count * 1024 ** 2);
      }),
    );
  });
});

describe('nearest', () => {
  it.each([
    ['hostnam', ['hostname', 'hosts', 'name'], ['hostname']],
    ['opensshserver', ['openssh-server', 'openssh-client'], ['openssh-server']],
    ['teh', ['the', 'ten'], ['ten', 'the']],
    ['SYSTEMD', ['systemd'], ['systemd']],
    ['zzz', ['systemd'], []],
  ])('finds for %s', (name, candidates, found) => expect(nearest(name, candidates)).toEqual(found));
});

describe('seededUuid', () => {
  it('is the same for the same names, another for others, and of version 8', () => {
    expect(seededUuid('s', 'a')).toBe(seededUuid('s', 'a'));
    expect(seededUuid('s', 'a')).not.toBe(seededUuid('s', 'b'));
    expect(seededUuid('s', 'a', 'b')).not.toBe(seededUuid('s', 'ab'));
    expect(seededUuid('s', 'a')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
