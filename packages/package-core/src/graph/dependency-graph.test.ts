import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackageSolver } from '../solver/package-solver.js';
import type { Constraint, Requirement } from '../solver/problem.js';
import { packageRefOf } from '../testing/graph-of.js';
import { type DependencyGraph, dependencyGraph, type SolvedSet } from './dependency-graph.js';
import { shortestChains } from './shortest-chains.js';

const requirement = (because: string, ...anyOf: string[]): Requirement<string> => ({
  kind: 'requirement',
  anyOf,
  because,
});

function graph(
  constraints: Readonly<Record<string, readonly Constraint<string>[]>>,
  goals: readonly Requirement<string>[],
  isBase?: SolvedSet<string>['isBase'],
): DependencyGraph {
  return dependencyGraph({
    packages: new Map(Object.keys(constraints).map((name) => [name, packageRefOf(name)])),
    goals,
    universe: { constraintsOf: (name) => constraints[name] ?? [] },
    isBase,
  });
}

const edgesOf = ({ edges }: DependencyGraph): string[] =>
  edges.map(({ from, to, because }) => `${from.name} → ${to.name} (${because.join('; ')})`);

describe('dependencyGraph', () => {
  const goals = [requirement('a', 'a')];

  it.each<{ title: string; constraints: readonly Constraint<string>[]; edges: string[] }>([
    {
      title: 'tells in which words a package is needed, in the order of the set',
      constraints: [requirement('Requires: z', 'z'), requirement('Requires: b', 'b')],
      edges: ['a → b (Requires: b)', 'a → z (Requires: z)'],
    },
    {
      title: 'has one edge for a pair, each relation once',
      constraints: [requirement('one', 'b'), requirement('two', 'b'), requirement('one', 'b')],
      edges: ['a → b (one; two)'],
    },
    {
      title: 'has every alternative that is there and no other',
      constraints: [requirement('any', 'z', 'absent', 'b')],
      edges: ['a → b (any)', 'a → z (any)'],
    },
    {
      title: 'leaves out what the package meets itself',
      constraints: [requirement('itself', 'b', 'a')],
      edges: [],
    },
    {
      title: 'leaves out what holds only beside a package that is not there',
      constraints: [{ ...requirement('b if absent', 'b'), when: ['absent'] }],
      edges: [],
    },
    {
      title: 'has what holds beside a package that is there',
      constraints: [{ ...requirement('b if z', 'b'), when: ['z'] }],
      edges: ['a → b (b if z)'],
    },
    {
      title: 'has wishes, but neither conflicts nor exclusions',
      constraints: [
        { kind: 'wish', anyOf: ['b', 'absent'], because: 'Recommends: b' },
        { kind: 'conflict', with: ['z'], because: 'Conflicts: z' },
        { kind: 'exclusion', because: 'excluded' },
      ],
      edges: ['a → b (Recommends: b)'],
    },
  ])('$title', ({ constraints, edges }) => {
    expect(edgesOf(graph({ a: constraints, b: [], z: [] }, goals))).toEqual(edges);
  });

  it('has the roots in the order of the request, the base last', () => {
    const asked = [
      requirement('base', 'c'),
      requirement('b*', 'b'),
      requirement('c', 'c'),
      requirement('a', 'a'),
    ];
    const { roots } = graph({ a: [], b: [], c: [] }, asked, ({ because }) => because === 'base');
    expect(roots.map(({ to, because, base }) => [to.name, because, base])).toEqual([
      ['b', 'b*', false],
      ['c', 'c', false],
      ['a', 'a', false],
      ['c', 'base', true],
    ]);
  });

  it('reaches every package that the solver chose', () => {
    const names = [...'abcdefgh'];
    const some = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
    const constraint: fc.Arbitrary<Constraint<string>> = fc.oneof(
      some.map((anyOf) => requirement('needs', ...anyOf)),
      fc.tuple(some, some).map(([when, anyOf]) => ({ ...requirement('needs', ...anyOf), when })),
      some.map((anyOf): Constraint<string> => ({ kind: 'wish', anyOf, because: 'wants' })),
      some.map((others): Constraint<string> => ({ kind: 'conflict', with: others, because: 'against' })),
    );
    const worlds = fc.array(fc.array(constraint, { maxLength: 3 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(worlds, some, (world, asked) => {
        const universe = {
          nameOf: (name: string) => name,
          constraintsOf: (name: string) => world[names.indexOf(name)] ?? [],
        };
        const goals = asked.map((name) => requirement(name, name));
        const outcome = new PackageSolver(universe).solve(goals);
        if (!outcome.solved) return;
        const packages = new Map([...outcome.packages].sort().map((name) => [name, packageRefOf(name)]));
        const found = dependencyGraph({ packages, goals, universe });
        expect(new Set(shortestChains(found, found.roots).keys())).toEqual(new Set(found.packages));
      }),
      { numRuns: 300 },
    );
  });
});
