import { type Literal, literalOf, negationOf, variableOf } from './literal.js';
import { SatSolver } from './sat.js';

/**
 * Of clauses that contradict each other, a subset that still does and of which no clause can be left out. Later
 * clauses are left out first. Returns positions in `clauses`, ascending.
 *
 * Each clause gets a selector; one after another is dropped and the rest solved under the assumption of their
 * selectors. A refutation names the selectors that it used, so that many clauses fall at once.
 */
export function minimalCore(clauses: readonly (readonly Literal[])[]): number[] {
  const solver = new SatSolver();
  const variables = new Map<number, number>();
  const translate = (literal: Literal): Literal => {
    let variable = variables.get(variableOf(literal));
    if (variable === undefined) {
      variable = solver.addVariable();
      variables.set(variableOf(literal), variable);
    }
    return literalOf(variable) | (literal & 1);
  };
  const translated = clauses.map((clause) => clause.map(translate));
  const selectors = translated.map(() => literalOf(solver.addVariable()));
  for (const [position, selector] of selectors.entries()) {
    solver.addClause([negationOf(selector), ...(translated[position] ?? [])]);
  }
  let core = selectors;
  for (const selector of [...selectors].reverse()) {
    if (!core.includes(selector)) continue;
    const result = solver.solve(core.filter((other) => other !== selector));
    if (!result.satisfiable) core = [...result.assumptions];
  }
  return core.map((selector) => selectors.indexOf(selector));
}
