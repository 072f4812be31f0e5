import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNegated, type Literal, literalOf, negationOf, variableOf } from './literal.js';
import { luby } from './luby.js';
import { minimalCore } from './minimal-core.js';
import { SatSolver } from './sat.js';

/** Tries every assignment: the oracle. */
function satisfiable(clauses: readonly (readonly Literal[])[], variables: number): boolean {
  for (let assignment = 0; assignment < 1 << variables; assignment += 1) {
    const holds = (literal: Literal): boolean =>
      (((assignment >> variableOf(literal)) & 1) === 1) !== isNegated(literal);
    if (clauses.every((clause) => clause.some(holds))) return true;
  }
  return false;
}

function solverOf(clauses: readonly (readonly Literal[])[], variables: number): SatSolver {
  const solver = new SatSolver();
  for (let variable = 0; variable < variables; variable += 1) solver.addVariable();
  for (const clause of clauses) solver.addClause(clause);
  return solver;
}

const VARIABLES = 7;
const literal = fc.integer({ min: 0, max: 2 * VARIABLES - 1 });
const formula = fc.array(fc.array(literal, { minLength: 1, maxLength: 3 }), { maxLength: 45 });

/** Each of `pigeons` sits in one of `holes`, and no two in the same: hard for resolution, false with too few holes. */
function pigeonhole(pigeons: number, holes: number): Literal[][] {
  const sits = (pigeon: number, hole: number): Literal => literalOf(pigeon * holes + hole);
  const clauses: Literal[][] = [];
  for (let pigeon = 0; pigeon < pigeons; pigeon += 1) {
    clauses.push(Array.from({ length: holes }, (_, hole) => sits(pigeon, hole)));
    for (let other = 0; other < pigeon; other += 1) {
      for (let hole = 0; hole < holes; hole += 1) {
        clauses.push([negationOf(sits(pigeon, hole)), negationOf(sits(other, hole))]);
      }
    }
  }
  return clauses;
}

describe('SatSolver', () => {
  it('agrees with trying every assignment, and its assignment satisfies every clause', () => {
    fc.assert(
      fc.property(formula, (clauses) => {
        const solver = solverOf(clauses, VARIABLES);
        const result = solver.solve();
        expect(result.satisfiable).toBe(satisfiable(clauses, VARIABLES));
        if (result.satisfiable) {
          for (const clause of clauses) expect(clause.some((one) => solver.value(one) > 0)).toBe(true);
        } else {
          const core = result.clauses.map((number) => clauses[number] ?? []);
          expect(satisfiable(core, VARIABLES)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('answers one question after another under assumptions, and names those that contradict', () => {
    fc.assert(
      fc.property(
        formula,
        fc.array(fc.uniqueArray(literal, { maxLength: 5 }), { maxLength: 6 }),
        (clauses, questions) => {
          const solver = solverOf(clauses, VARIABLES);
          for (const assumptions of questions) {
            const units = assumptions.map((assumption) => [assumption]);
            const result = solver.solve(assumptions);
            expect(result.satisfiable).toBe(satisfiable([...clauses, ...units], VARIABLES));
            if (result.satisfiable) {
              for (const assumption of assumptions) expect(solver.value(assumption)).toBe(1);
              continue;
            }
            const core = result.clauses.map((number) => clauses[number] ?? []);
            const failed = result.assumptions.map((assumption) => [assumption]);
            for (const assumption of result.assumptions) expect(assumptions).toContain(assumption);
            expect(satisfiable([...core, ...failed], VARIABLES)).toBe(false);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes clauses between searches', () => {
    fc.assert(
      fc.property(formula, formula, (before, after) => {
        const solver = solverOf(before, VARIABLES);
        solver.solve();
        for (const clause of after) solver.addClause(clause);
        expect(solver.solve().satisfiable).toBe(satisfiable([...before, ...after], VARIABLES));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    { pigeons: 5, holes: 5, expected: true },
    { pigeons: 6, holes: 5, expected: false },
    { pigeons: 7, holes: 6, expected: false },
  ])('$pigeons pigeons in $holes holes: $expected', ({ pigeons, holes, expected }) => {
    expect(solverOf(pigeonhole(pigeons, holes), pigeons * holes).solve().satisfiable).toBe(expected);
  });

  it('finds the empty clause', () => {
    expect(solverOf([[]], 1).solve()).toEqual({ satisfiable: false, clauses: [0], assumptions: [] });
  });

  it('expands a variable once, when it is first true, and only then', () => {
    const expanded: number[] = [];
    const [a, b, c] = [0, 1, 2];
    const solver: SatSolver = new SatSolver({
      decide: () => (solver.value(literalOf(a)) === 0 ? literalOf(a) : undefined),
      expand: (variable) => {
        expanded.push(variable);
        if (variable === a) solver.addClause([negationOf(literalOf(a)), literalOf(b)]);
      },
    });
    for (const _ of [a, b, c]) solver.addVariable();
    expect(solver.solve().satisfiable).toBe(true);
    expect(solver.solve().satisfiable).toBe(true);
    expect(expanded).toEqual([a, b]);
  });
});

describe('minimalCore', () => {
  it('contradicts itself, and no longer when any clause is left out', () => {
    fc.assert(
      fc.property(formula, (clauses) => {
        fc.pre(!satisfiable(clauses, VARIABLES));
        const core = minimalCore(clauses).map((position) => clauses[position] ?? []);
        expect(satisfiable(core, VARIABLES)).toBe(false);
        for (const left of core) {
          const rest = core.filter((clause) => clause !== left);
          expect(satisfiable(rest, VARIABLES)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('luby is the sequence of its authors', () => {
  expect(Array.from({ length: 15 }, (_, index) => luby(index))).toEqual([
    1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8,
  ]);
});
