import { type Literal, variableOf } from './literal.js';

export interface Clause {
  readonly literals: Literal[];
  /** What `addClause` returned; -1 for a learned clause. */
  readonly number: number;
  /** Of a learned clause: the clauses that it was resolved from. */
  readonly antecedents: readonly Clause[];
  /** Of a learned clause: variables whose value at level 0 was used as well. */
  readonly settled: readonly number[];
}

/**
 * Walks back from clauses and assigned variables to what they rest on: the numbers of given clauses, ascending, and
 * the variables that have a value for no reason but a decision or an assumption.
 */
export function traceBack(
  clauses: readonly Clause[],
  variables: readonly number[],
  reasonOf: (variable: number) => Clause | undefined,
): { readonly numbers: number[]; readonly unexplained: ReadonlySet<number> } {
  const numbers: number[] = [];
  const unexplained = new Set<number>();
  const explained = new Set<number>();
  const seenClauses = new Set(clauses);
  const explain = (first: number): void => {
    const open = [first];
    for (let variable = open.pop(); variable !== undefined; variable = open.pop()) {
      if (explained.has(variable)) continue;
      explained.add(variable);
      const reason = reasonOf(variable);
      if (reason === undefined) {
        unexplained.add(variable);
        continue;
      }
      seenClauses.add(reason);
      open.push(...reason.literals.map(variableOf));
    }
  };
  variables.forEach(explain);
  // A set yields what is added to it while it is walked.
  for (const clause of seenClauses) {
    if (clause.number >= 0) numbers.push(clause.number);
    for (const antecedent of clause.antecedents) seenClauses.add(antecedent);
    clause.settled.forEach(explain);
  }
  return { numbers: numbers.sort((a, b) => a - b), unexplained };
}
