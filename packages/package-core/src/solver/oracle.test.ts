import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DimacsClause, isSatisfiable } from '../testing/dpll.js';
import { isNegated, type Literal, variableOf } from './literal.js';
import { minimalCore } from './minimal-core.js';
import { PackageSolver } from './package-solver.js';
import type { Constraint, Reason, Requirement } from './problem.js';
import { SatSolver } from './sat.js';

const dimacs = (literal: Literal): number => (variableOf(literal) + 1) * (isNegated(literal) ? -1 : 1);

/** Near the ratio of clauses to variables where random 3-SAT turns from solvable to not, 4.27, and hardest. */
const formulas = fc.integer({ min: 20, max: 40 }).chain((variables) => {
  const literal = fc.integer({ min: 0, max: 2 * variables - 1 });
  const clause = fc.uniqueArray(literal, { minLength: 3, maxLength: 3, selector: variableOf });
  const size = { minLength: 4 * variables, maxLength: Math.ceil(4.6 * variables) };
  return fc.record({ variables: fc.constant(variables), clauses: fc.array(clause, size) });
});

describe('SatSolver, against DPLL', () => {
  it('agrees on hard formulas of 20 to 40 variables; the minimal core is one', () => {
    const found = { satisfiable: 0, unsatisfiable: 0 };
    fc.assert(
      fc.property(formulas, ({ variables, clauses }) => {
        const solver = new SatSolver();
        for (let variable = 0; variable < variables; variable += 1) solver.addVariable();
        for (const clause of clauses) solver.addClause(clause);
        const expected = isSatisfiable(clauses.map((clause) => clause.map(dimacs)));
        expect(solver.solve().satisfiable).toBe(expected);
        found[expected ? 'satisfiable' : 'unsatisfiable'] += 1;
        if (expected) {
          for (const clause of clauses) expect(clause.some((one) => solver.value(one) > 0)).toBe(true);
          return;
        }
        const core = minimalCore(clauses).map((position) => (clauses[position] ?? []).map(dimacs));
        expectMinimal(core, (rest) => isSatisfiable(rest));
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(Math.min(found.satisfiable, found.unsatisfiable)).toBeGreaterThan(10);
  });
});

/** Packages are numbers; two of them, versions of one thing, share a name when half of them is the same. */
type World = readonly (readonly Constraint<number>[])[];

const worlds = fc.integer({ min: 20, max: 40 }).chain((size) => {
  const pkg = fc.integer({ min: 0, max: size - 1 });
  const some = fc.uniqueArray(pkg, { minLength: 1, maxLength: 3 });
  const because = 'random';
  const requirement = some.map((anyOf): Requirement<number> => ({ kind: 'requirement', anyOf, because }));
  const constraint: fc.Arbitrary<Constraint<number>> = fc.oneof(
    { weight: 9, arbitrary: requirement },
    { weight: 2, arbitrary: fc.tuple(requirement, pkg).map(([one, when]) => ({ ...one, when: [when] })) },
    { weight: 5, arbitrary: some.map((others) => ({ kind: 'conflict' as const, with: others, because })) },
    { weight: 2, arbitrary: some.map((anyOf) => ({ kind: 'wish' as const, anyOf, because })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'exclusion' as const, because }) },
  );
  return fc.record({
    world: fc.array(fc.array(constraint, { maxLength: 5 }), { minLength: size, maxLength: size }),
    goals: fc.array(requirement, { minLength: 1, maxLength: 6 }),
  });
});

/** Variables of packages for the oracle. */
const variableOfPackage = (pkg: number): number => pkg + 1;

function requirementClause(
  owner: number | undefined,
  { anyOf, when = [] }: Requirement<number>,
): DimacsClause {
  const owners = owner === undefined ? when : [owner, ...when];
  const clause = [...owners.map((one) => -variableOfPackage(one)), ...anyOf.map(variableOfPackage)];
  return clause.some((literal) => clause.includes(-literal)) ? [1, -1] : clause;
}

function clausesOf(pkg: number, constraint: Constraint<number>): DimacsClause[] {
  switch (constraint.kind) {
    case 'requirement':
      return [requirementClause(pkg, constraint)];
    case 'conflict':
      return constraint.with
        .filter((other) => other !== pkg)
        .map((other) => [-variableOfPackage(pkg), -variableOfPackage(other)]);
    case 'exclusion':
      return [[-variableOfPackage(pkg)]];
    case 'wish':
      return [];
  }
}

function reasonClause(reason: Reason<number>): DimacsClause {
  if (reason.kind === 'requirement') return requirementClause(reason.pkg, reason.requirement);
  if (reason.kind === 'exclusion') return [-variableOfPackage(reason.pkg)];
  return [-variableOfPackage(reason.pkg), -variableOfPackage(reason.other)];
}

const clausesOfWorld = (world: World): DimacsClause[] =>
  world.flatMap((constraints, pkg) => constraints.flatMap((constraint) => clausesOf(pkg, constraint)));

function expectMinimal(
  clauses: readonly DimacsClause[],
  satisfiable: (clauses: readonly DimacsClause[]) => boolean,
): void {
  expect(satisfiable(clauses)).toBe(false);
  for (const left of clauses.keys()) {
    expect(satisfiable(clauses.filter((_, position) => position !== left))).toBe(true);
  }
}

describe('PackageSolver, against DPLL', () => {
  it('agrees on worlds of 20 to 40 packages; sets satisfy every clause; explanations contradict and are minimal', () => {
    const found = { solved: 0, unsolvable: 0 };
    fc.assert(
      fc.property(worlds, ({ world, goals }) => {
        const universe = {
          nameOf: (pkg: number) => `n${pkg >> 1}`,
          constraintsOf: (pkg: number) => world[pkg] ?? [],
        };
        const outcome = new PackageSolver(universe).solve(goals);
        const clauses = [
          ...clausesOfWorld(world),
          ...goals.map((goal) => requirementClause(undefined, goal)),
        ];
        expect(outcome.solved).toBe(isSatisfiable(clauses));
        found[outcome.solved ? 'solved' : 'unsolvable'] += 1;
        if (!outcome.solved) {
          expectMinimal(outcome.explanation.map(reasonClause), isSatisfiable);
          return;
        }
        const holds = (literal: number) => outcome.packages.has(Math.abs(literal) - 1) === literal > 0;
        for (const clause of clauses) expect(clause.some(holds), clause.join(' ')).toBe(true);
      }),
      { numRuns: 400, seed: 4 },
    );
    expect(Math.min(found.solved, found.unsolvable)).toBeGreaterThan(50);
  });
});

it('the oracle itself: DPLL agrees with trying every assignment', () => {
  const literal = fc.integer({ min: 1, max: 6 }).chain((variable) => fc.constantFrom(variable, -variable));
  fc.assert(
    fc.property(fc.array(fc.array(literal, { maxLength: 3 }), { maxLength: 30 }), (clauses) => {
      const assignments = Array.from({ length: 1 << 6 }, (_, bits) => bits);
      const expected = assignments.some((bits) =>
        clauses.every((clause) =>
          clause.some((one) => (((bits >> (Math.abs(one) - 1)) & 1) === 1) === one > 0),
        ),
      );
      expect(isSatisfiable(clauses)).toBe(expected);
    }),
    { numRuns: 300 },
  );
});
