import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRelations } from './relation.js';

/** Fields that are undefined left out. */
function plain(field: string, architecture?: string): Record<string, string>[][] {
  return JSON.parse(
    JSON.stringify(parseRelations(field, architecture), (key, value) => (key === 'text' ? undefined : value)),
  );
}

describe('parseRelations', () => {
  it.each([
    ['', []],
    ['a', [[{ name: 'a' }]]],
    ['a, b', [[{ name: 'a' }], [{ name: 'b' }]]],
    ['a|b |c', [[{ name: 'a' }, { name: 'b' }, { name: 'c' }]]],
    ['a (>= 1:2.0~rc1-1+b2)', [[{ name: 'a', operator: '>=', version: '1:2.0~rc1-1+b2' }]]],
    ['a(<<1)', [[{ name: 'a', operator: '<<', version: '1' }]]],
    ['a ( = 1 )', [[{ name: 'a', operator: '=', version: '1' }]]],
    [
      'a (> 1), b (< 1)',
      [[{ name: 'a', operator: '>=', version: '1' }], [{ name: 'b', operator: '<=', version: '1' }]],
    ],
    ['python3:any (>= 3.6)', [[{ name: 'python3', qualifier: 'any', operator: '>=', version: '3.6' }]]],
    ['gcc:native', [[{ name: 'gcc', qualifier: 'native' }]]],
    ['libstdc++6, g++-12', [[{ name: 'libstdc++6' }], [{ name: 'g++-12' }]]],
    ['a,\n b,\n', [[{ name: 'a' }], [{ name: 'b' }]]],
  ])('%j', (field, expected) => {
    expect(plain(field)).toEqual(expected);
  });

  it.each([
    ['a [amd64]', 1],
    ['a [i386 amd64]', 1],
    ['a [i386]', 0],
    ['a [!amd64]', 0],
    ['a [!i386 !arm64]', 1],
    ['a [linux-any]', 1],
    ['a [any-amd64]', 1],
    ['a [hurd-any]', 0],
    ['a [i386] | b', 1],
    ['a <!nocheck>', 1],
    ['a <cross>', 0],
    ['a <cross> <!nocheck>', 1],
    ['a (>= 1) [amd64] <!nocheck !cross>', 1],
  ])('%s concerns amd64 in %i group', (field, count) => {
    expect(plain(field, 'amd64')).toHaveLength(count);
  });

  it('keeps the text of each relation', () => {
    expect(parseRelations('a:any (>=  1) | b').map((group) => group.map(({ text }) => text))).toEqual([
      ['a:any (>=  1)', 'b'],
    ]);
  });

  it.each(['a b', 'a (1)', 'a (>= )', '(>= 1)', 'a |', 'a (>= 1', ':any'])('%j is malformed', (field) => {
    expect(() => parseRelations(field)).toThrow(expect.objectContaining({ code: 'REPOSITORY_INVALID' }));
  });

  it('refuses a relation with many blanks as fast as it reads one', () => {
    const blanks = ' '.repeat(50_000);
    const started = performance.now();
    expect(parseRelations(`a${blanks}(>= 1)${blanks}[amd64]${blanks}<!x>`)).toHaveLength(1);
    expect(() => parseRelations(`a${blanks}b`)).toThrow(PackageError);
    expect(() => parseRelations(`a (>= 1)${blanks}<!x>${blanks}b`)).toThrow(PackageError);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('reads or rejects any text, and throws nothing but its error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab1 .,|:()[]<>=!~') }), (field) => {
        try {
          for (const group of parseRelations(field, 'amd64')) expect(group.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(PackageError);
        }
      }),
    );
  });
});
