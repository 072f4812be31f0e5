import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareReleases } from './compare-releases.js';

const ORDER = [
  '5.10.0-9-amd64',
  '5.10.0-28-amd64',
  '6.1.0-9-cloud-amd64',
  '6.1.0-50-amd64',
  '6.1.0-50-cloud-amd64',
  '6.6.47.1-1.azl3',
  '6.6.117.1-1.azl3',
  '6.12.5+deb13-amd64',
  '6.12.38+deb13-amd64',
  '6.12.38+deb13.1-amd64',
];

describe('compareReleases', () => {
  it.each(ORDER.slice(1).map((newer, index) => [ORDER[index] ?? '', newer] as const))(
    '%s < %s',
    (older, newer) => {
      expect(compareReleases(older, newer)).toBeLessThan(0);
      expect(compareReleases(newer, older)).toBeGreaterThan(0);
      expect(compareReleases(newer, newer)).toBe(0);
    },
  );

  it('agrees with sort -V', () => {
    const sorted = execFileSync('sort', ['-V'], {
      input: `${[...ORDER].reverse().join('\n')}\n`,
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
    });
    expect([...ORDER].sort(compareReleases)).toEqual(sorted.trimEnd().split('\n'));
  });

  it('is an order', () => {
    const release = fc.stringMatching(/^[0-9a.+-]{0,6}$/);
    fc.assert(
      fc.property(release, release, release, (a, b, c) => {
        expect(Math.sign(compareReleases(a, b))).toBe(-Math.sign(compareReleases(b, a)) || 0);
        if (compareReleases(a, b) <= 0 && compareReleases(b, c) <= 0) {
          expect(compareReleases(a, c)).toBeLessThanOrEqual(0);
        }
        if (compareReleases(a, b) === 0) expect(a).toBe(b);
      }),
    );
  });
});
