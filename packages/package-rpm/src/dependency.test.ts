import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDependency, overlaps } from './dependency.js';
import { parseDependency } from './testing/parse-dependency.js';

/** Debian's own interpreter has Debian's python3-rpm; another one of that name may come first in PATH. */
const PYTHON = '/usr/bin/python3';
const hasRpm = spawnSync(PYTHON, ['-c', 'import rpm']).status === 0;

/** For each pair of dependencies whether rpm finds that they overlap, and how it writes the first. */
function rpmOverlaps(pairs: readonly (readonly [string, string])[]): [boolean, string][] {
  const script = `
import json, rpm, sys
SENSE = {'<': rpm.RPMSENSE_LESS, '>': rpm.RPMSENSE_GREATER, '=': rpm.RPMSENSE_EQUAL}
def ds(text):
    name, operator, evr = (text.split(' ') + ['', ''])[:3]
    return rpm.ds((name, sum(SENSE[char] for char in operator), evr), rpm.RPMTAG_REQUIRENAME)
print(json.dumps([[bool(ds(a).Compare(ds(b))), ds(a).DNEVR()[2:]] for a, b in json.load(sys.stdin)]))`;
  const options = { encoding: 'utf8', input: JSON.stringify(pairs) } as const;
  return JSON.parse(execFileSync(PYTHON, ['-c', script], options));
}

const TABLE: [provided: string, required: string, expected: boolean][] = [
  ['a', 'a', true],
  ['a', 'a >= 1', true],
  ['a = 1', 'a', true],
  ['a = 1', 'a = 1', true],
  ['a = 1', 'a = 2', false],
  ['a = 1', 'a > 1', false],
  ['a = 1', 'a >= 1', true],
  ['a = 1', 'a < 1', false],
  ['a = 1', 'a <= 1', true],
  ['a = 2', 'a > 1', true],
  ['a = 2', 'a < 1', false],
  ['a = 1-1', 'a = 1', true],
  ['a = 1-1', 'a >= 1', true],
  ['a = 1-1', 'a <= 1', true],
  ['a = 1-1', 'a > 1', false],
  ['a = 1-1', 'a < 1', false],
  ['a = 1', 'a = 1-1', true],
  ['a = 1', 'a > 1-1', true],
  ['a = 1', 'a < 1-1', true],
  ['a = 1-2', 'a > 1-1', true],
  ['a = 1-1', 'a > 1-1', false],
  ['a = 1-', 'a = 1-5', true],
  ['a = 1~rc1', 'a < 1', true],
  ['a = 1~rc1', 'a >= 1', false],
  ['a = 1^git1', 'a > 1', true],
  ['a = 1:1', 'a = 1', false],
  ['a = 1:1', 'a > 9', true],
  ['a = 0:1', 'a = 1', true],
  ['a = 1', 'a < 1:0', true],
  ['a < 2', 'a > 1', true],
  ['a < 1', 'a > 2', false],
  ['a < 1', 'a > 1', false],
  ['a <= 1', 'a >= 1', true],
  ['a <= 1', 'a > 1', false],
  ['a < 1', 'a < 2', true],
  ['a > 1', 'a > 9', true],
  ['a > 1', 'a = 2', true],
  ['a > 1', 'a = 1', false],
  ['a >= 1', 'a = 1-1', true],
  ['a < 1-2', 'a = 1', true],
  ['a < 1-2', 'a < 1', true],
  ['a < 1', 'a > 1-2', false],
];

const reversed = ([provided, required]: (typeof TABLE)[number]): [string, string] => [required, provided];

describe('overlaps', () => {
  it.each(TABLE)('%s and %s: %s', (provided, required, expected) => {
    expect(overlaps(parseDependency(provided), parseDependency(required))).toBe(expected);
    expect(overlaps(parseDependency(required), parseDependency(provided))).toBe(expected);
  });

  it.skipIf(!hasRpm)('agrees with rpm on the table and on random pairs', () => {
    const part = fc.constantFrom('0', '1', '2', '1.0', '1~', '1^');
    const range = fc
      .tuple(
        fc.constantFrom('<', '<=', '=', '>=', '>'),
        fc.constantFrom('', '0:', '1:'),
        part,
        fc.option(part),
      )
      .map(([operator, epoch, version, release]) => {
        return `a ${operator} ${epoch}${version}${release === null ? '' : `-${release}`}`;
      });
    const random = fc.sample(
      fc.tuple(fc.oneof({ weight: 9, arbitrary: range }, { weight: 1, arbitrary: fc.constant('a') }), range),
      2000,
    );
    const pairs = [...TABLE.map(([a, b]): [string, string] => [a, b]), ...TABLE.map(reversed), ...random];
    const theirs = rpmOverlaps(pairs).map(([overlap], index) => [pairs[index], overlap]);
    expect(pairs.map((pair) => [pair, overlaps(parseDependency(pair[0]), parseDependency(pair[1]))])).toEqual(
      theirs,
    );
  });
});

describe('formatDependency', () => {
  const texts = ['a', 'a = 1', 'a >= 1:2-3', '/bin/sh', 'libc.so.6(GLIBC_2.4)(64bit)', 'a < 1~rc1-0.1'];

  it.each(texts)('writes %s as it is', (text) => {
    expect(formatDependency(parseDependency(text))).toBe(text);
  });

  it('leaves out an epoch of 0', () => {
    expect(formatDependency(parseDependency('a = 0:1-2'))).toBe('a = 1-2');
  });

  it('writes a rich dependency as it is', () => {
    expect(formatDependency({ name: '(a if b)' })).toBe('(a if b)');
  });

  it.skipIf(!hasRpm)('agrees with rpm', () => {
    const theirs = rpmOverlaps(texts.map((text) => [text, text])).map(([, written]) => written);
    expect(texts.map((text) => formatDependency(parseDependency(text)))).toEqual(theirs);
  });
});
