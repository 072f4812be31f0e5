import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackageSolver } from './package-solver.js';
import type { Constraint, Reason, Requirement, Universe } from './problem.js';

/** Packages are numbers here; two of them share a name when half of them is the same. */
type World = readonly (readonly Constraint<number>[])[];

const nameOf = (pkg: number): string => `n${pkg >> 1}`;

function universeOf(world: World): Universe<number> {
  return { nameOf, constraintsOf: (pkg) => world[pkg] ?? [] };
}

const requirement = (...anyOf: number[]): Requirement<number> => ({
  kind: 'requirement',
  anyOf,
  because: `needs ${anyOf.join('|')}`,
});
const requirementWhen = (when: number[], ...anyOf: number[]): Requirement<number> => ({
  ...requirement(...anyOf),
  when,
});
const conflict = (...others: number[]): Constraint<number> => ({
  kind: 'conflict',
  with: others,
  because: `against ${others.join(',')}`,
});
const wish = (...anyOf: number[]): Constraint<number> => ({ kind: 'wish', anyOf, because: 'wish' });
const wishWhen = (when: number[], ...anyOf: number[]): Constraint<number> => ({
  kind: 'wish',
  anyOf,
  when,
  because: 'wish',
});
const exclusion: Constraint<number> = { kind: 'exclusion', because: 'excluded' };

const SIZE = 9;
const pkg = fc.integer({ min: 0, max: SIZE - 1 });
const someOf = fc.uniqueArray(pkg, { maxLength: 3 });
const constraint: fc.Arbitrary<Constraint<number>> = fc.oneof(
  { weight: 5, arbitrary: someOf.map((list) => requirement(...list)) },
  { weight: 3, arbitrary: fc.tuple(someOf, someOf).map(([when, list]) => requirementWhen(when, ...list)) },
  { weight: 3, arbitrary: someOf.map((list) => conflict(...list)) },
  { weight: 1, arbitrary: someOf.map((list) => wish(...list)) },
  { weight: 1, arbitrary: fc.tuple(someOf, someOf).map(([when, list]) => wishWhen(when, ...list)) },
  { weight: 1, arbitrary: fc.constant(exclusion) },
);
const worlds = fc.array(fc.array(constraint, { maxLength: 4 }), { minLength: SIZE, maxLength: SIZE });
const goalLists = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: someOf.map((list) => requirement(...list)) },
    { weight: 1, arbitrary: fc.tuple(someOf, someOf).map(([when, list]) => requirementWhen(when, ...list)) },
  ),
  { minLength: 1, maxLength: 3 },
);

const applies = (
  { when = [] }: { when?: readonly number[] | undefined },
  set: ReadonlySet<number>,
): boolean => when.every((one) => set.has(one));

function holds(constraint: Constraint<number>, owner: number | undefined, set: ReadonlySet<number>): boolean {
  switch (constraint.kind) {
    case 'requirement':
      return !applies(constraint, set) || constraint.anyOf.some((one) => set.has(one));
    case 'conflict':
      return !constraint.with.some((one) => one !== owner && set.has(one));
    case 'exclusion':
      return false;
    case 'wish':
      return true;
  }
}

function valid(set: ReadonlySet<number>, world: World, goals: readonly Requirement<number>[]): boolean {
  return (
    goals.every((goal) => holds(goal, undefined, set)) &&
    [...set].every((one) => (world[one] ?? []).every((constraint) => holds(constraint, one, set)))
  );
}

function* subsets(of: readonly number[]): Generator<Set<number>> {
  for (let bits = 0; bits < 1 << of.length; bits += 1)
    yield new Set(of.filter((_, place) => (bits >> place) & 1));
}

const ALL = Array.from({ length: SIZE }, (_, index) => index);

function consistent(reasons: readonly Reason<number>[]): boolean {
  return [...subsets(ALL)].some((set) =>
    reasons.every((reason) => {
      if (reason.pkg !== undefined && !set.has(reason.pkg)) return true;
      if (reason.kind === 'requirement') return holds(reason.requirement, reason.pkg, set);
      return reason.kind === 'conflict' && !set.has(reason.other);
    }),
  );
}

describe('PackageSolver, against trying every set', () => {
  it('finds a set exactly when there is one; it meets every constraint', () => {
    fc.assert(
      fc.property(worlds, goalLists, (world, goals) => {
        const outcome = new PackageSolver(universeOf(world)).solve(goals);
        expect(outcome.solved).toBe([...subsets(ALL)].some((set) => valid(set, world, goals)));
        if (outcome.solved) expect(valid(outcome.packages, world, goals)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('chooses nothing needless: no proper subset would do, where alternatives bring nothing along', () => {
    const leaf = fc.integer({ min: 5, max: SIZE - 1 });
    const inner = fc.oneof(
      fc.uniqueArray(leaf, { minLength: 2, maxLength: 3 }).map((list) => requirement(...list)),
      pkg.map((one) => requirement(one)),
      pkg.map((one) => conflict(one)),
    );
    const simple = fc
      .array(fc.array(inner, { maxLength: 4 }), { minLength: 5, maxLength: 5 })
      .map((world) => [...world, [], [], [], []]);
    const goals = fc
      .array(inner, { minLength: 1, maxLength: 3 })
      .map((list) => list.filter((one) => one.kind === 'requirement'));
    fc.assert(
      fc.property(simple, goals, (world, asked) => {
        const outcome = new PackageSolver(universeOf(world)).solve(asked);
        if (!outcome.solved) return;
        for (const set of subsets([...outcome.packages])) {
          if (set.size < outcome.packages.size) expect(valid(set, world, asked)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('chooses nothing that nothing else leads to', () => {
    fc.assert(
      fc.property(worlds, goalLists, (world, goals) => {
        const outcome = new PackageSolver(universeOf(world)).solve(goals);
        if (!outcome.solved) return;
        const reached = new Set<number>();
        for (let size = -1; size < reached.size; ) {
          size = reached.size;
          for (const next of [...goals, ...[...reached].flatMap((one) => world[one] ?? [])]) {
            if (next.kind !== 'requirement' && next.kind !== 'wish') continue;
            if (!applies(next, reached)) continue;
            for (const other of next.anyOf) if (outcome.packages.has(other)) reached.add(other);
          }
        }
        expect([...outcome.packages].sort()).toEqual([...reached].sort());
      }),
      { numRuns: 500 },
    );
  });

  it('leaves no wish open that the set would have room for', () => {
    fc.assert(
      fc.property(worlds, goalLists, (world, goals) => {
        const outcome = new PackageSolver(universeOf(world)).solve(goals);
        if (!outcome.solved) return;
        const set = outcome.packages;
        for (const constraint of [...set].flatMap((one) => world[one] ?? [])) {
          if (constraint.kind !== 'wish' || constraint.anyOf.some((one) => set.has(one))) continue;
          if (!applies(constraint, set)) continue;
          for (const one of constraint.anyOf) expect(valid(new Set([...set, one]), world, goals)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('grants a wish that only something needless stood against', () => {
    const world: World = ALL.map((one) => (one === 0 ? [wish(8)] : one === 8 ? [conflict(1)] : []));
    const outcome = new PackageSolver(universeOf(world)).solve([requirement(1, 0), requirement(0, 2)]);
    expect(outcome).toEqual({ solved: true, packages: new Set([0, 8]) });
  });

  it('explains with constraints that contradict each other and of which none can be left out', () => {
    fc.assert(
      fc.property(worlds, goalLists, (world, goals) => {
        const outcome = new PackageSolver(universeOf(world)).solve(goals);
        fc.pre(!outcome.solved);
        if (outcome.solved) return;
        const { explanation } = outcome;
        expect(consistent(explanation)).toBe(false);
        for (const left of explanation) {
          expect(consistent(explanation.filter((reason) => reason !== left))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('answers many questions with what it learned from those before', () => {
    fc.assert(
      fc.property(worlds, fc.array(goalLists, { minLength: 2, maxLength: 6 }), (world, questions) => {
        const solver = new PackageSolver(universeOf(world));
        for (const goals of questions) {
          const outcome = solver.solve(goals);
          expect(outcome.solved).toBe(new PackageSolver(universeOf(world)).solve(goals).solved);
          if (outcome.solved) expect(valid(outcome.packages, world, goals)).toBe(true);
          else expect(consistent(outcome.explanation)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('PackageSolver, what it prefers', () => {
  const cases: { title: string; world: World; goals: Requirement<number>[]; expected: number[] }[] = [
    { title: 'the first alternative', world: [], goals: [requirement(4, 2)], expected: [4] },
    {
      title: 'an alternative that is needed anyway, even when it is known later',
      world: [[requirement(2, 4)], [], [], [], [], [], [requirement(8)], [], [requirement(4)]],
      goals: [requirement(0), requirement(6)],
      expected: [0, 4, 6, 8],
    },
    {
      title: 'the second alternative when the first cannot be',
      world: [[requirement(2, 4)], [], [requirement(6)], [], [], [], [conflict(0)]],
      goals: [requirement(0)],
      expected: [0, 4],
    },
    {
      title: 'not what a choice brought that another choice made needless',
      world: [[requirement(2, 4)], [], [], [], [], [], [requirement(8, 3)], [], [requirement(4, 5)]],
      goals: [requirement(0), requirement(6)],
      expected: [0, 2, 6, 8, 4].filter((one) => one !== 2),
    },
    {
      title: 'the first alternative, even when it brings the second along',
      world: [[requirement(2, 4)], [], [requirement(4)]],
      goals: [requirement(0)],
      expected: [0, 2, 4],
    },
    {
      title: 'not the first alternative that brings the second along, when that is needed anyway',
      world: [
        [requirement(2, 4)],
        [],
        [requirement(4)],
        [],
        [],
        [],
        [requirement(8, 3)],
        [],
        [requirement(4)],
      ],
      goals: [requirement(0), requirement(6)],
      expected: [0, 4, 6, 8],
    },
    {
      title: 'a plain wish before the first of several alternatives',
      world: [[requirement(2, 4), wish(6)], [], [], [], [], [], [conflict(2)]],
      goals: [requirement(0)],
      expected: [0, 4, 6],
    },
    { title: 'a wish where it can be', world: [[wish(2, 4)]], goals: [requirement(0)], expected: [0, 2] },
    {
      title: 'no wish that collides with what is asked for',
      world: [[wish(2)], [], [conflict(4)]],
      goals: [requirement(0), requirement(4)],
      expected: [0, 4],
    },
    {
      title: 'the second alternative of a wish when the first cannot be',
      world: [[wish(2, 4)], [], [exclusion]],
      goals: [requirement(0)],
      expected: [0, 4],
    },
    {
      title: 'what is needed together with something, whichever of them comes first',
      world: [[requirementWhen([2], 6)], [], [], [], [requirementWhen([0], 8)]],
      goals: [requirement(0), requirement(2), requirement(4)],
      expected: [0, 2, 4, 6, 8],
    },
    {
      title: 'nothing that is needed only together with what is not there',
      world: [[requirementWhen([2], 6)]],
      goals: [requirement(0)],
      expected: [0],
    },
    {
      title: 'another alternative where the first cannot be together with something',
      world: [[requirementWhen([2, 4])], [], [requirement(4, 6)]],
      goals: [requirement(0), requirement(2)],
      expected: [0, 2, 6],
    },
    {
      title: 'the better of several that are needed together with something',
      world: [[requirementWhen([2], 6, 8)]],
      goals: [requirement(0), requirement(2)],
      expected: [0, 2, 6],
    },
    {
      title: 'a wish together with something that another wish brings',
      world: [[wishWhen([4], 6), wish(4)]],
      goals: [requirement(0)],
      expected: [0, 4, 6],
    },
    {
      title: 'not what only a needless package made necessary',
      world: [
        [requirement(2, 4), requirementWhen([2], 5)],
        [],
        [],
        [],
        [],
        [],
        [requirement(8, 3)],
        [],
        [requirement(4)],
      ],
      goals: [requirement(0), requirement(6)],
      expected: [0, 4, 6, 8],
    },
    {
      title: 'an older version where the newest cannot be',
      world: [[], [], [requirement(5)], [], [conflict(5)], [conflict(4)]],
      goals: [requirement(4, 5), requirement(2)],
      expected: [2, 5],
    },
  ];
  it.each(cases)('$title', ({ world, goals, expected }) => {
    const outcome = new PackageSolver(universeOf(world)).solve(goals);
    expect(outcome.solved && [...outcome.packages].sort()).toEqual(expected.sort());
  });

  it.each([
    { title: 'nothing', locked: [], expected: [0, 4, 7] },
    { title: 'what the new version of something else would change', locked: [6], expected: [0, 5, 6] },
    { title: 'what the request does not need', locked: [2], expected: [0, 4, 7] },
    { title: 'what cannot be beside something asked for', locked: [8], expected: [0, 4, 7] },
  ])('keeps what is locked where it can be: $title', ({ locked, expected }) => {
    const versions = locked.includes(6) ? [6, 7] : [7, 6];
    const constraints = new Map<number, readonly Constraint<number>[]>([
      [0, [requirement(...versions, 8)]],
      [4, [requirement(7)]],
      [5, [requirement(6)]],
      [6, [conflict(7)]],
      [8, [exclusion]],
    ]);
    const universe: Universe<number> = {
      nameOf,
      isLocked: (one) => locked.includes(one),
      constraintsOf: (one) => constraints.get(one) ?? [],
    };
    const outcome = new PackageSolver(universe).solve([requirement(4, 5), requirement(0)]);
    expect(outcome.solved && [...outcome.packages].sort()).toEqual(expected);
  });

  it('asks for the constraints of nothing but what it considers choosing, and once', () => {
    const asked: number[] = [];
    const universe: Universe<number> = {
      nameOf,
      constraintsOf: (one) => {
        asked.push(one);
        return one === 0 ? [requirement(2, 4), conflict(6, 8)] : [];
      },
    };
    const solver = new PackageSolver(universe);
    solver.solve([requirement(0)]);
    solver.solve([requirement(0)]);
    expect(asked).toEqual([0, 2]);
  });

  it('tells an explanation from what was asked for downwards, collisions last', () => {
    const world: World = [[requirement(2)], [], [requirement(4, 5)], [], [conflict(6)], [exclusion], [], []];
    const outcome = new PackageSolver(universeOf(world)).solve([
      requirement(6),
      requirement(8),
      requirement(0),
    ]);
    expect(outcome.solved ? [] : outcome.explanation.map((reason) => [reason.kind, reason.pkg])).toEqual([
      ['requirement', undefined],
      ['requirement', undefined],
      ['requirement', 0],
      ['requirement', 2],
      ['exclusion', 5],
      ['conflict', 4],
    ]);
  });
});

it('runs the example of the README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const example = /## Solver.*?```js\n(.*?)```/s.exec(readme)?.[1]?.replace(/^import .*$/gm, '') ?? '';
  const run = new Function('PackageSolver', `${example}; return packages;`);
  expect(run(PackageSolver)).toEqual(['client', 'gnutls', 'server']);
});
