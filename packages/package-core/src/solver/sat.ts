import { isNegated, type Literal, negationOf, variableOf } from './literal.js';
import { luby } from './luby.js';
import { type Clause, traceBack } from './trace-back.js';

export interface SatSearch {
  /**
   * Called once for each variable, when it is true for the first time: the place to add the clauses that hold from
   * then on. Each of them must contain the negation of that variable.
   */
  readonly expand?: ((variable: number) => void) | undefined;
  /**
   * The literal to try next when nothing more follows from what is known, or undefined when the assignment is good
   * as it stands: variables without a value then count as false. Default: a value for every variable, false first.
   * `level` is the number of decisions and assumptions that hold; the first `kept` of them, and all that followed from
   * them, hold since the last call.
   */
  readonly decide?: ((level: number, kept: number) => Literal | undefined) | undefined;
}

export type SatResult =
  | { readonly satisfiable: true }
  | {
      readonly satisfiable: false;
      /** Numbers of given clauses that contradict each other under `assumptions`; ascending, not minimal. */
      readonly clauses: readonly number[];
      /** The assumptions that took part, in the order in which they were given. */
      readonly assumptions: readonly Literal[];
    };

const RESTART_INTERVAL = 128;

/**
 * A conflict-driven clause-learning solver after MiniSat (Eén and Sörensson, "An Extensible SAT-solver", 2003): two
 * watched literals, first unique implication point, Luby restarts, assumptions. It has no heuristic of its own and
 * no randomness: `decide` says what to try, so the same clauses and the same decisions give the same result.
 * Every learned clause remembers what it came from; that is where the reasons of a contradiction come from.
 */
export class SatSolver {
  readonly #search: SatSearch;
  /** By literal: 1 true, -1 false, 0 open. */
  readonly #values: number[] = [];
  /** By literal: clauses that watch it and must be looked at when it becomes false. */
  readonly #watches: Clause[][] = [];
  readonly #levels: number[] = [];
  readonly #reasons: (Clause | undefined)[] = [];
  readonly #expanded: boolean[] = [];
  readonly #seen: boolean[] = [];
  readonly #trail: Literal[] = [];
  readonly #levelStarts: number[] = [];
  #propagated = 0;
  #kept = 0;
  #clauseCount = 0;
  #expanding = false;
  /** A clause that was false when it was added. */
  #violated: Clause | undefined;
  /** A clause that is false at level 0: from then on nothing is satisfiable. */
  #refuted: Clause | undefined;

  constructor(search: SatSearch = {}) {
    this.#search = search;
  }

  /** The literals that are true, in the order in which they became so. */
  get trail(): readonly Literal[] {
    return this.#trail;
  }

  addVariable(): number {
    const variable = this.#levels.length;
    this.#levels.push(0);
    this.#reasons.push(undefined);
    this.#expanded.push(false);
    this.#seen.push(false);
    this.#values.push(0, 0);
    this.#watches.push([], []);
    return variable;
  }

  /** 1 true, -1 false, 0 open. */
  value(literal: Literal): number {
    return this.#values[literal] ?? 0;
  }

  /**
   * Adds a disjunction of literals and returns its number, counted from 0. Before or between searches any clause may
   * be added; within a search only from `expand`.
   */
  addClause(literals: Iterable<Literal>): number {
    if (!this.#expanding) this.#backtrack(0);
    const distinct = new Set(literals);
    const clause = { literals: [...distinct], number: this.#clauseCount, antecedents: [], settled: [] };
    this.#clauseCount += 1;
    for (const literal of distinct) if (distinct.has(negationOf(literal))) return clause.number;
    this.#watchBest(clause);
    const [first, second] = clause.literals;
    if (first === undefined || this.value(first) < 0) {
      // A unit clause has no watches: it must become the conflict, or it would be forgotten on the way back.
      if (this.#violated === undefined || second === undefined) this.#violated = clause;
    } else if (this.value(first) === 0 && (second === undefined || this.value(second) < 0)) {
      this.#assign(first, clause);
    }
    if (this.#levelStarts.length === 0) this.#refuted ??= this.#violated;
    return clause.number;
  }

  /** Searches for an assignment that satisfies all clauses and assumptions. It stays readable until the next call. */
  solve(assumptions: readonly Literal[] = []): SatResult {
    this.#backtrack(0);
    let conflicts = 0;
    let restarts = 0;
    for (;;) {
      const conflict = this.#refuted ?? this.#propagate();
      const level = this.#levelStarts.length;
      if (conflict !== undefined && level === 0) {
        this.#refuted = conflict;
        return this.#contradiction([conflict], conflict.literals.map(variableOf), assumptions);
      }
      if (conflict !== undefined) {
        conflicts += 1;
        this.#learn(conflict);
        continue;
      }
      if (conflicts >= RESTART_INTERVAL * luby(restarts)) {
        conflicts = 0;
        restarts += 1;
        this.#backtrack(0);
        continue;
      }
      const assumption = assumptions[level];
      if (assumption !== undefined && this.value(assumption) < 0) {
        const result = this.#contradiction([], [variableOf(assumption)], assumptions);
        return {
          ...result,
          assumptions: assumptions.filter((one) => one === assumption || result.assumptions.includes(one)),
        };
      }
      const next = assumption ?? this.#askForDecision(level);
      if (next === undefined) return { satisfiable: true };
      this.#levelStarts.push(this.#trail.length);
      if (this.value(next) === 0) this.#assign(next, undefined);
    }
  }

  #askForDecision(level: number): Literal | undefined {
    if (this.#search.decide === undefined) return this.#firstOpen();
    const kept = this.#kept;
    this.#kept = level;
    return this.#search.decide(level, kept);
  }

  #firstOpen(): Literal | undefined {
    for (let literal = 1; literal < this.#values.length; literal += 2) {
      if (this.#values[literal] === 0) return literal;
    }
    return undefined;
  }

  #assign(literal: Literal, reason: Clause | undefined): void {
    const variable = variableOf(literal);
    this.#values[literal] = 1;
    this.#values[negationOf(literal)] = -1;
    this.#levels[variable] = this.#levelStarts.length;
    this.#reasons[variable] = reason;
    this.#trail.push(literal);
  }

  #level(literal: Literal): number {
    return this.#levels[variableOf(literal)] ?? 0;
  }

  /** Moves the two literals that will stay useful for longest to the front of a new clause, and watches them. */
  #watchBest(clause: Clause): void {
    const { literals } = clause;
    const rank = (literal: Literal): number =>
      this.value(literal) < 0 ? this.#level(literal) : Number.MAX_SAFE_INTEGER + this.value(literal);
    for (let place = 0; place < 2 && place < literals.length; place += 1) {
      let best = place;
      for (let other = place + 1; other < literals.length; other += 1) {
        if (rank(literals[other] ?? 0) > rank(literals[best] ?? 0)) best = other;
      }
      const moved = literals[best] ?? 0;
      literals[best] = literals[place] ?? 0;
      literals[place] = moved;
      if (literals.length > 1) this.#watches[moved]?.push(clause);
    }
  }

  /** Follows every consequence of the trail. Returns a clause that came out false, if any. */
  #propagate(): Clause | undefined {
    while (this.#propagated < this.#trail.length) {
      const literal = this.#trail[this.#propagated] ?? 0;
      this.#propagated += 1;
      const conflict = this.#visitWatches(negationOf(literal));
      if (conflict !== undefined) return conflict;
      const variable = variableOf(literal);
      if (isNegated(literal) || this.#expanded[variable] === true) continue;
      this.#expanded[variable] = true;
      this.#expanding = true;
      this.#search.expand?.(variable);
      this.#expanding = false;
      const violated = this.#violated;
      this.#violated = undefined;
      if (violated !== undefined) return violated;
    }
    return undefined;
  }

  #visitWatches(falsified: Literal): Clause | undefined {
    const watching = this.#watches[falsified] ?? [];
    let kept = 0;
    let conflict: Clause | undefined;
    for (let index = 0; index < watching.length; index += 1) {
      const clause = watching[index];
      if (clause === undefined) break;
      if (conflict !== undefined || !this.#moveWatch(clause, falsified)) {
        watching[kept] = clause;
        kept += 1;
      }
      if (conflict !== undefined) continue;
      const first = clause.literals[0] ?? 0;
      if (clause.literals[1] !== falsified || this.value(first) > 0) continue;
      if (this.value(first) < 0) conflict = clause;
      else this.#assign(first, clause);
    }
    watching.length = kept;
    return conflict;
  }

  /** Finds another literal for the clause to watch, unless its other watched literal is true. False when there is none. */
  #moveWatch(clause: Clause, falsified: Literal): boolean {
    const { literals } = clause;
    if (literals[0] === falsified) {
      literals[0] = literals[1] ?? 0;
      literals[1] = falsified;
    }
    if (this.value(literals[0] ?? 0) > 0) return false;
    for (let index = 2; index < literals.length; index += 1) {
      const literal = literals[index] ?? 0;
      if (this.value(literal) < 0) continue;
      literals[1] = literal;
      literals[index] = falsified;
      this.#watches[literal]?.push(clause);
      return true;
    }
    return false;
  }

  /**
   * Resolves a conflict back to the first unique implication point, goes back to the lowest level at which the
   * learned clause is a unit, and asserts it there.
   */
  #learn(conflict: Clause): void {
    const level = this.#levelStarts.length;
    const others: Literal[] = [];
    const antecedents: Clause[] = [];
    const settled: number[] = [];
    const touched: number[] = [];
    let open = 0;
    let position = this.#trail.length;
    let clause: Clause | undefined = conflict;
    let point: Literal;
    do {
      if (clause !== undefined) antecedents.push(clause);
      for (const literal of clause?.literals ?? []) {
        const variable = variableOf(literal);
        if (this.#seen[variable] === true) continue;
        this.#seen[variable] = true;
        touched.push(variable);
        const at = this.#levels[variable] ?? 0;
        if (at === 0) settled.push(variable);
        else if (at === level) open += 1;
        else others.push(literal);
      }
      do position -= 1;
      while (this.#seen[variableOf(this.#trail[position] ?? 0)] !== true);
      point = this.#trail[position] ?? 0;
      clause = this.#reasons[variableOf(point)];
      open -= 1;
    } while (open > 0);
    for (const variable of touched) this.#seen[variable] = false;

    others.sort((a, b) => this.#level(b) - this.#level(a));
    const learned = { literals: [negationOf(point), ...others], number: -1, antecedents, settled };
    this.#backtrack(this.#level(others[0] ?? 0) * Number(others.length > 0));
    if (others.length > 0)
      for (const watched of learned.literals.slice(0, 2)) this.#watches[watched]?.push(learned);
    this.#assign(negationOf(point), learned);
  }

  #backtrack(level: number): void {
    const start = this.#levelStarts[level];
    if (start === undefined) return;
    for (let index = start; index < this.#trail.length; index += 1) {
      const literal = this.#trail[index] ?? 0;
      this.#values[literal] = 0;
      this.#values[negationOf(literal)] = 0;
      this.#reasons[variableOf(literal)] = undefined;
    }
    this.#trail.length = start;
    this.#levelStarts.length = level;
    this.#propagated = Math.min(this.#propagated, start);
    this.#kept = Math.min(this.#kept, level);
  }

  #contradiction(
    clauses: readonly Clause[],
    variables: readonly number[],
    assumptions: readonly Literal[],
  ): Extract<SatResult, { satisfiable: false }> {
    const { numbers, unexplained } = traceBack(clauses, variables, (variable) => this.#reasons[variable]);
    const assumed = (literal: Literal): boolean =>
      unexplained.has(variableOf(literal)) && this.value(literal) > 0;
    return { satisfiable: false, clauses: numbers, assumptions: assumptions.filter(assumed) };
  }
}
