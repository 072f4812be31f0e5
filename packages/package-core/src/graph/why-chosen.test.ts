import { describe, expect, it } from 'vitest';
import { PackageError } from '../errors.js';
import { graphOf } from '../testing/graph-of.js';
import type { DependencyGraph } from './dependency-graph.js';
import { whyChosen } from './why-chosen.js';

const graph = graphOf(
  {
    base: ['shell'],
    shell: ['libc', 'terminal'],
    libc: [],
    terminal: ['libc'],
    server: ['long', 'tool'],
    long: ['longer'],
    longer: ['goal'],
    tool: ['goal'],
    goal: ['server', 'libc:i386'],
    'libc:i386': [],
    other: ['goal'],
  },
  ['server', 'other'],
  ['base', 'shell'],
);

const chains = (of: DependencyGraph, name: string): string[] =>
  whyChosen(of, name).map(({ root, edges }) =>
    [
      `${root.to.name}${root.base ? ' (base)' : ''}`,
      ...edges.map(({ to }) => `${to.name}:${to.architecture}`),
    ].join(' → '),
  );

describe('whyChosen', () => {
  it.each([
    ['server', ['server']],
    ['longer', ['server → long:amd64 → longer:amd64']],
    ['goal', ['other → goal:amd64']],
    ['terminal', ['shell (base) → terminal:amd64']],
    ['base', ['base (base)']],
    ['libc', ['shell (base) → libc:amd64', 'other → goal:amd64 → libc:i386']],
    ['libc:i386', ['other → goal:amd64 → libc:i386']],
    ['libc.i386', ['other → goal:amd64 → libc:i386']],
    ['goal=1', ['other → goal:amd64']],
  ])('%s', (name, expected) => {
    expect(chains(graph, name)).toEqual(expected);
  });

  it('takes of chains of one length the one from what was asked for first', () => {
    const set = { a: ['z'], b: ['z'], z: [] };
    expect(chains(graphOf(set, ['b', 'a']), 'z')).toEqual(['b → z:amd64']);
    expect(chains(graphOf(set, ['a', 'b']), 'z')).toEqual(['a → z:amd64']);
  });

  it.each([
    ['serfer', 'did you mean server?'],
    ['xxxxxxxx', '"ic resolve TEMPLATE --packages" lists those that are'],
    ['libc:arm64', '"ic resolve TEMPLATE --packages" lists those that are'],
  ])('refuses %s, which is not there', (name, hint) => {
    let error: unknown;
    try {
      whyChosen(graph, name);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PackageError);
    expect(error).toMatchObject({
      code: 'PACKAGE_NOT_CHOSEN',
      fault: 'request',
      message: `"${name}" is not among the packages of this image`,
      hint,
    });
  });
});
