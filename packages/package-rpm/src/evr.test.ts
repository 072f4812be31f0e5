import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvrs, compareVersions, formatEvr, parseEvr } from './evr.js';

const hasRpm = spawnSync('rpm', ['--version']).error === undefined;

type Row = readonly [a: string, sign: string, b: string];

function rows(text: string): Row[] {
  const comparisons = text.split('\n').filter((line) => !line.startsWith('#'));
  return comparisons
    .flatMap((line) => line.split(';'))
    .filter((one) => one.trim() !== '')
    .map((one) => one.trim().split(' ') as [string, string, string]);
}

/** Versions and releases by themselves. */
const VERSIONS = `
# numbers and their length
1 < 2; 2 < 10; 1.0 < 1.1; 1.9 < 1.10; 1.0 < 1.0.0; 1.0 < 1.0.1; 1.2.3 < 1.2.4; 1.9.9 < 1.10.1; 1.99999 < 2.0;
20240101 > 20231231; 1.0 < 20240101; 0 < 1; 0.0 > 0; 9.0 < 10.0; 1 < 1.0; 100 > 99; 5.4.250 < 5.15.0;
6.6.85 < 6.6.85.1; 6.6.85.1 > 6.6.9.1; 3.9 < 3.11; 255 < 255.1; 99999999999999999998 < 99999999999999999999;
18446744073709551615 < 18446744073709551616; 2 < 123456789012345678901234567890
# leading zeros
1.01 = 1.1; 1.001 = 1.1; 01 = 1; 1.010 = 1.10; 1.9 < 1.0010; 00 = 0; 1.00 = 1.0; 1.1 < 1.02; 6 < 007;
2024.01.02 = 2024.1.2; 000000000000000000001 = 1
# letters
a < b; a = a; A < a; Z < a; a < aa; ab < b; abc < abd; 1.0a < 1.0b; 1.0 < 1.0a; 1.0aa > 1.0a; 1.0B < 1.0a;
1.0alpha < 1.0beta; 1.0beta < 1.0rc; 1.0 < 1.0rc1; 1.0rc1 < 1.0rc2; 1.0rc9 < 1.0rc10; 1.0p1 < 1.0p2;
9.8p1 < 9.9p1; 2023c < 2023d; 2023d < 2024a; 1.1.1k < 1.1.1w; xyz < 1xyz; rc1 < rc1a
# digits after letters, letters after digits
a < 1; 1.a < 1.1; 1.0.a < 1.0.1; 1a < 1.1; 1a2 < 1a10; 1a1b < 1a1c; 10b2 > 10a1; 1x < 1.0; 1.0x < 1.0.0;
a1 < ab; a1 < a1a; a < a1; 5.5p2 < 5.6; 4.0rc1 < 4.0.1; b1 < 1b; 1b1 > b1
# separators only separate
1.0 = 1_0; 1.0 = 1-0; 1.0 = 1+0; 1..0 = 1.0; 1.0. = 1.0; .1.0 = 1.0; 1.0 = 1.0_; 1.0+ = 1.0; 1.0++ = 1.0.;
1_2_3 = 1.2.3; 1.0 < 1.0+git1; 1.0+git1 = 1.0.git1; 1.0+git1 = 1.0git1; a.b = a_b; a..1 = a1; a. = a; ..1 = 1;
_ = +; 1.0- = 1.0; 1:0 = 1.0; 1.0.1 = 1.0+1; 1:2 > 1.1; a.b < ab; 1.2 < 12; 1.0/ = 1.0
# tilde
1.0~rc1 < 1.0; 1.0~rc1 < 1.0~rc2; 1.0~rc9 < 1.0~rc10; 1.0~ < 1.0; 1.0~~ < 1.0~; 1.0~~ < 1.0; ~ < a; ~1 < 1;
~1 < ~2; 1.0~rc1 < 1.0.1; 0.9 < 1.0~rc1; 1.0~rc1~git1 < 1.0~rc1; 1.0~rc1 < 1.0~rc1.1; 1.0~a < 1.0~1;
1.0.~1 = 1.0~1; 1.0~.1 = 1.0~1; 1.0~1 < 1.0.0; 1.0a~1 < 1.0a; 1.0~beta > 1.0~alpha; 1~~~ < 1~~; 1.~ < 1;
~~ < ~; ~ = ~; 1.0~rc1 < 1.0_rc1
# caret
1.0^ > 1.0; 1.0 < 1.0^git1; 1.0^git1 < 1.0.1; 1.0^git1 < 1.0.0; 1.0^git1 < 1.0a; 1.0^git1 < 1.0^git2;
1.0^git1 < 1.1; 1.0^20240101 < 1.0^20240102; 1.0^git9 < 1.0^git10; 1.0^^ > 1.0^; 1.0^ < 1.0^1; ^ < a; ^ < 1;
^1 < 1; ^ = ^; 1^1 = 1^01; 1.0^git1~1 < 1.0^git1; 1.0^^1 < 1.0^1; 1.0^a < 1.0^1
# tilde against caret
1.0~ < 1.0^; 1.0~rc1 < 1.0^git1; 1.0~rc1 < 1.0~rc1^git1; 1.0~rc1^git1 < 1.0~rc2; 1.0^git1~pre < 1.0^git1;
1.0 < 1.0^git1~pre; 1.0^~ < 1.0^; 1.0~ < 1.0~^; 1.0~^1 < 1.0; 1.0^~1 > 1.0; ~ < ~^; ^~ < ^; 1.0~1^2 > 1.0~1^1;
1.0^1~1 < 1.0^1~2
`;

/** Whole versions of packages. */
const EVRS = `
# releases
1.0-1 < 1.0-2; 1.0-1 < 1.0-1.1; 1.0-9.azl3 < 1.0-10.azl3; 1.0-1.azl3 < 1.0-1.emt3; 1.0-1.azl3 < 1.0-1.fc40;
1.0-1.el9 < 1.0-1.el9_4; 1.0-1.el9_4.1 < 1.0-1.el9_4.2; 1.0-1.el9 < 1.0-1.el10; 1.0-0.1.rc1 < 1.0-1;
1.0-1~1 < 1.0-1; 1.0-1 < 1.0-1^git; 1.0-99 < 1.1-1; 1.0-1 = 1.0-01; 1.0-1.azl3 = 1.0-1_azl3;
6.6.85.1-2.azl3 < 6.6.85.1-10.azl3; 255-20.azl3 < 255-21.azl3
# epochs
1:1.0-1 > 2.0-1; 1:1.0-1 < 1:1.0-2; 0:1.0-1 = 1.0-1; 2:0-0 > 1:9-9; 9:1-1 < 10:1-1; 1.0 < 1:1.0;
01:1-1 = 1:1-1; :1.0-1 = 1.0-1; 9999-1 < 1:0~1-1; 32:9.16-1 > 9.18-1
# seen in repositories
2.38-8.azl3 < 2.38-12.azl3; 3.3.3-2.azl3 < 3.3.3-3.azl3; 9.8p1-3.azl3 < 9.8p1-4.azl3;
255-20.azl3 < 255.1-1.azl3; 4.18.1.1-1.azl3 < 4.18.2-1.azl3; 1.9-1 < 1:1.2.3-1;
5.14.0-427.el9 < 5.14.0-427.13.1.el9_4; 5.14.0-70.el9 < 5.14.0-162.el9; 2.34-100.el9 < 2.34-100.el9_4.2;
0.17.4+git20240101-1 > 0.17.4-1; 1.0.0~rc95-2 < 1.0.0-1; 4.9.4-1 < 2:4.9.4-1;
20240912-1.azl3 > 2024.9.12-1.azl3; 3.9.19-7.azl3 < 3.12.3-1.azl3; 1.9.15-2 < 1.9.15p5-1;
6.12.0-1.emt3 > 6.6.85.1-1.azl3; 0.0.0-1 < 0.0.0^20240101git1a2b3c-1;
0.0.0^20231201gitffffff-1 < 0.0.0^20240101git1a2b3c-1; 1.28.4-1.module_el9 > 1.28.4-1.el9;
2.06-20.azl3 = 2.6-20.azl3
# a missing release is the oldest
1.0 < 1.0-1; 1.0 < 1.0-0; 1.0 < 1.0-0~1; 1.0~1-1 < 1.0; 1:1.0 < 1:1.0-1; 1.0-1 < 1.1; 1.0 = 1.0; 0:1.0 = 1.0
`;

const SIGNS = ['<', '=', '>'];
const signOf = (order: number): string => SIGNS[Math.sign(order) + 1] ?? '';

/** What rpm says of each pair; one process for all. */
function rpmSigns(pairs: readonly (readonly [string, string])[]): string[] {
  const list = pairs.map(([a, b]) => `{${JSON.stringify(a)},${JSON.stringify(b)}}`).join(',');
  const script = `%{lua: for _, p in ipairs({${list}}) do print(rpm.vercmp(p[1], p[2])) end}`;
  const output = execFileSync('rpm', ['--eval', script], { encoding: 'utf8' });
  // `print` ends no line here: "-1", "0" and "1" follow each other.
  return (output.match(/-?\d/g) ?? []).map((number) => signOf(Number(number)));
}

const versionRows = rows(VERSIONS);
const evrRows = rows(EVRS);

describe('compareVersions', () => {
  it('is held to more than 200 comparisons, together with compareEvrs', () => {
    expect(versionRows.length + evrRows.length).toBeGreaterThan(200);
  });

  it.each(versionRows)('%s %s %s', (a, sign, b) => {
    expect(signOf(compareVersions(a, b))).toBe(sign);
    expect(signOf(-compareVersions(b, a))).toBe(sign);
  });
});

describe('compareEvrs', () => {
  it.each(evrRows)('%s %s %s', (a, sign, b) => {
    expect(signOf(compareEvrs(parseEvr(a), parseEvr(b)))).toBe(sign);
    expect(signOf(-compareEvrs(parseEvr(b), parseEvr(a)))).toBe(sign);
  });

  const text = fc.string({ unit: fc.constantFrom(...'00129abZ~^.+_'), minLength: 1, maxLength: 6 });
  const evr = fc.tuple(fc.option(fc.nat(2)), text, fc.option(text)).map(([epoch, version, release]) => {
    return `${epoch === null ? '' : `${epoch}:`}${version}${release === null ? '' : `-${release}`}`;
  });

  it('orders any three', () => {
    fc.assert(
      fc.property(evr, evr, evr, (...texts) => {
        const [x, y, z] = texts.map(parseEvr).sort(compareEvrs);
        if (x === undefined || y === undefined || z === undefined) return;
        expect(compareEvrs(x, y)).toBeLessThanOrEqual(0);
        expect(compareEvrs(y, z)).toBeLessThanOrEqual(0);
        expect(signOf(compareEvrs(x, y))).toBe(signOf(-compareEvrs(y, x)));
      }),
    );
  });

  it.skipIf(!hasRpm)('agrees with rpm.vercmp on the tables and on random pairs', () => {
    const near = fc.tuple(evr, evr, fc.boolean()).map(([a, b, share]): [string, string] => {
      return share ? [a, a.slice(0, a.length >> 1) + b.replace(/.*:/, '')] : [a, b];
    });
    const table = [...versionRows, ...evrRows].map(([a, , b]): [string, string] => [a, b]);
    const pairs = [...table, ...fc.sample(near, 2000)];
    const theirs = rpmSigns(pairs).map((sign, index) => [pairs[index], sign]);
    expect(pairs.map((pair) => [pair, signOf(compareEvrs(parseEvr(pair[0]), parseEvr(pair[1])))])).toEqual(
      theirs,
    );
  });
});

describe('parseEvr and formatEvr', () => {
  it.each([
    ['1.0', { epoch: 0, version: '1.0', release: undefined }, '1.0'],
    ['1.0-2.azl3', { epoch: 0, version: '1.0', release: '2.azl3' }, '1.0-2.azl3'],
    ['0:1.0-2', { epoch: 0, version: '1.0', release: '2' }, '1.0-2'],
    ['3:1.0-2', { epoch: 3, version: '1.0', release: '2' }, '3:1.0-2'],
    [':1.0', { epoch: 0, version: '1.0', release: undefined }, '1.0'],
    ['1-2-3', { epoch: 0, version: '1-2', release: '3' }, '1-2-3'],
    ['1.0-', { epoch: 0, version: '1.0', release: '' }, '1.0-'],
    ['a:1', { epoch: 0, version: 'a:1', release: undefined }, 'a:1'],
    ['', { epoch: 0, version: '', release: undefined }, ''],
  ])('%j', (written, expected, formatted) => {
    expect(parseEvr(written)).toEqual(expected);
    expect(formatEvr(parseEvr(written))).toBe(formatted);
  });
});
