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
])('%s on %s: %s', (pattern, name, expected) => {
  expect(nameGlob([pattern])(name)).toBe(expected);
  expect(nameGlob(['nothing', pattern])(name)).toBe(expected);
});
