/** A clause as DIMACS writes it: variables from 1 on, negated ones negative. */
export type DimacsClause = readonly number[];

/**
 * Whether all clauses can be true at once: the procedure of Davis, Putnam, Logemann and Loveland ("A machine program
 * for theorem-proving", 1962), unit propagation and trying both values. It shares nothing with the solver that it is
 * the oracle of: no watches, no learning, no incremental state.
 */
export function isSatisfiable(clauses: readonly DimacsClause[]): boolean {
  let open = clauses;
  for (;;) {
    if (open.some((clause) => clause.length === 0)) return false;
    const unit = open.find((clause) => clause.length === 1)?.[0];
    if (unit === undefined) break;
    open = assumed(open, unit);
  }
  const literal = mostFrequent(open);
  if (literal === undefined) return true;
  return isSatisfiable(assumed(open, literal)) || isSatisfiable(assumed(open, -literal));
}

function assumed(clauses: readonly DimacsClause[], literal: number): DimacsClause[] {
  return clauses
    .filter((clause) => !clause.includes(literal))
    .map((clause) => (clause.includes(-literal) ? clause.filter((other) => other !== -literal) : clause));
}

/** Of the shortest clauses. */
function mostFrequent(clauses: readonly DimacsClause[]): number | undefined {
  const shortest = Math.min(...clauses.map((clause) => clause.length));
  const counts = new Map<number, number>();
  for (const clause of clauses) {
    if (clause.length > shortest) continue;
    for (const literal of clause) counts.set(literal, (counts.get(literal) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}
