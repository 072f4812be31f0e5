import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameGlob } from './name-glob.js';

it.each([
  ['linux-image-*', 'linux-image-amd64', true],
  ['linux-image-*', 'linux-headers-amd64', false],
  ['libc6', 'libc6', true],
  ['libc6', 'libc6-dev', false],
  ['libc?', 'libc6', true],
  ['libc?', 'libc', false],
  ['lib[a-c]6', 'libc6', true],
  ['lib[!a-c]6', 'libc6', false],
  ['lib[!a-c]6', 'libz6', true],
  ['g++*', 'g++-12', true],
  ['g++*', 'gg-12', false],
  ['a.b*', 'aXb', false],
  ['[z-a]', 'b', false],
  ['[^', '[^', true],
  ['*', '', true],
  ['**', 'ab', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*b', 'axb', false],
  ['*[*]*', 'a*b', true],
  ['*[*]*', 'ab', false],
  ['*[z-a]*', 'b', false],
])('%s on %s: %s', (pattern, name, expected) => {
  expect(nameGlob([pattern])(name)).toBe(expected);
  expect(nameGlob(['nothing', pattern])(name)).toBe(expected);
});

it('matches as a regular expression with .* for each star does', () => {
  const letters = (all: string) => fc.string({ unit: fc.constantFrom(...all), maxLength: 8 });
  fc.assert(
    fc.property(letters('ab*?'), letters('ab'), (pattern, name) => {
      const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
      expect(nameGlob([pattern])(name)).toBe(new RegExp(`^${source}$`).test(name));
    }),
    { numRuns: 2000 },
  );
});

it('takes no longer for many stars than for one', () => {
  const isSeen = nameGlob(['*a*a*a*a*a*b']);
  const started = performance.now();
  expect(isSeen('a'.repeat(100_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});
