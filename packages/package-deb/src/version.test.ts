import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from './version.js';

const ORDERED: [string, string][] = [
  ['1.0', '1.1'],
  ['1.9', '1.10'],
  ['1.0~rc1', '1.0'],
  ['1.0~~', '1.0~'],
  ['1.0~rc1-1', '1.0-1'],
  ['1.0', '1.0-1'],
  ['1.0-1', '1.0-1+b1'],
  ['1.0-1~bpo12+1', '1.0-1'],
  ['1.0-1+deb12u9', '1.0-1+deb12u10'],
  ['9:1', '10:0'],
  ['2.0', '1:0.1'],
  ['1.0a', '1.0b'],
  ['1.0', '1.0a'],
  ['1.0a', '1.0+'],
  ['1.0Z', '1.0a'],
  ['1.2.3-1', '1.2.3-1.1'],
  ['1-2-3', '1-2-4'],
  ['1-9', '1-1-1'],
  ['99999999999999999998', '99999999999999999999'],
];

const EQUAL: [string, string][] = [
  ['1.0', '1.0'],
  ['0:1.0', '1.0'],
  ['1.0', '1.0-0'],
  ['1.00', '1.0'],
  ['1.', '1.0'],
  ['1.01', '1.1'],
];

const hasDpkg = spawnSync('dpkg', ['--version']).error === undefined;

/** What dpkg says of each pair; one shell for all of them. */
function dpkgOrder(pairs: readonly (readonly [string, string])[]): number[] {
  const script =
    'while [ $# -gt 0 ]; do if dpkg --compare-versions "$1" lt "$2"; then echo -1; ' +
    'elif dpkg --compare-versions "$1" eq "$2"; then echo 0; else echo 1; fi; shift 2; done';
  const output = execFileSync('sh', ['-c', script, 'sh', ...pairs.flat()], { encoding: 'utf8' });
  return output.trim().split('\n').map(Number);
}

describe('compareVersions', () => {
  it.each(ORDERED)('%s is older than %s', (older, newer) => {
    expect(Math.sign(compareVersions(older, newer))).toBe(-1);
    expect(Math.sign(compareVersions(newer, older))).toBe(1);
  });

  it.each(EQUAL)('%s equals %s', (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
  });

  const text = fc.string({ unit: fc.constantFrom(...'0019aZ.+~'), maxLength: 5 });
  const version = fc
    .tuple(fc.option(fc.nat(2)), text, fc.option(text.filter((revision) => revision !== '')))
    .map(([epoch, upstream, revision]) => {
      const prefix = epoch === null ? '' : `${epoch}:`;
      return `${prefix}1${upstream}${revision === null ? '' : `-${revision}`}`;
    });

  it('is a total order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(x, y)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it.skipIf(!hasDpkg)('agrees with dpkg --compare-versions', () => {
    const pairs = [...ORDERED, ...EQUAL, ...fc.sample(fc.tuple(version, version), 150)];
    const expected = dpkgOrder(pairs).map((sign, index) => [pairs[index], sign]);
    expect(pairs.map(([a, b]) => [[a, b], Math.sign(compareVersions(a, b))])).toEqual(expected);
  });
});
