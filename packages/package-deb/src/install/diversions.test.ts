import { expect, it } from 'vitest';
import { parseDiversions } from './diversions.js';

it.each([
  ['', {}],
  ['/a\n/a.real\npkg\n', { '/a': { to: '/a.real', by: 'pkg' } }],
  ['/a\n/b\n:\n/c\n/d\np\n', { '/a': { to: '/b', by: ':' }, '/c': { to: '/d', by: 'p' } }],
  ['/a\n/../../etc/x/../y\np\n', { '/a': { to: '/etc/y', by: 'p' } }],
  ['/a\n/b\n', {}],
])('%j', (text, diversions) => {
  expect(Object.fromEntries(parseDiversions(text))).toEqual(diversions);
});
