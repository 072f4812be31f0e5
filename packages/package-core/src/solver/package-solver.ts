import { type Literal, literalOf, negationOf, variableOf } from './literal.js';
import { minimalCore } from './minimal-core.js';
import { type Need, needed } from './needed.js';
import { orderedReasons } from './ordered-reasons.js';
import type { Outcome, Reason, Requirement, Universe, Wish } from './problem.js';
import { SatSolver } from './sat.js';

/**
 * Open questions are answered in this order: those that a lockfile answers, so that what is new bends to what is
 * locked; those that leave only the version of one thing open; those that ask which of several things. Of each two,
 * what is required comes before what is wished for. What must be so is then known before something is chosen that it
 * might make needless.
 */
const KINDS = ['locked', 'version', 'wishedVersion', 'alternative', 'wishedAlternative'] as const;
type Kind = (typeof KINDS)[number];
type PerKind<Value> = Record<Kind, Value>;

const NONE: readonly number[] = [];
const NOTHING_SETTLED: PerKind<number> = {
  locked: 0,
  version: 0,
  wishedVersion: 0,
  alternative: 0,
  wishedAlternative: 0,
};
/** How often wishes are looked at anew. Twice is rare; where each wish displaces another one it must end. */
const MAX_ROUNDS = 10;

/** One of these, where all of the others are true as well. */
interface Demand<Alternative> {
  readonly anyOf: readonly Alternative[];
  /** Variables. */
  readonly when: readonly number[];
}

/** What one variable, a package or a goal, asks for once it is true. */
interface Demands<Package> {
  readonly choices: PerKind<Demand<Literal>[]>;
  readonly needs: Demand<Package>[];
}

/**
 * Finds a set of packages that meets every goal and every constraint of its members, whenever there is one. See
 * docs/solver.md for how it goes about it and what it holds to. What it learned is kept for the next question, which
 * is good for asking many; the set that it prefers is a function of universe and goals only for the first.
 */
export class PackageSolver<Package> {
  readonly #universe: Universe<Package>;
  readonly #sat: SatSolver;
  readonly #variables = new Map<Package, number>();
  /** By variable; undefined for a goal. */
  readonly #packages: (Package | undefined)[] = [];
  /** By variable. A demand of several, `a` when `b`, is found at each of them: the last to become true asks. */
  readonly #demands: (Demands<Package> | undefined)[] = [];
  /** By number of the clause. */
  readonly #clauses: (readonly Literal[])[] = [];
  /** By number of the clause. */
  readonly #reasons: Reason<Package>[] = [];
  /** By level: the places on the trail before which no question is open. */
  #settled: PerKind<number>[] = [];

  constructor(universe: Universe<Package>) {
    this.#universe = universe;
    this.#sat = new SatSolver({
      expand: (variable) => this.#expand(variable),
      decide: (level, kept) => this.#decide(level, kept),
    });
  }

  /** The preferred set, in the order in which it was found, or the reasons why there is none. */
  solve(goals: readonly Requirement<Package>[]): Outcome<Package> {
    const variables = goals.map((goal) => {
      const variable = this.#addVariable(undefined);
      this.#demand(variable, goal);
      return variable;
    });
    const assumptions = variables.map(literalOf);
    let held: readonly Literal[] = [];
    for (let round = 1; ; round += 1) {
      this.#settled = [];
      const result = this.#sat.solve([...assumptions, ...held]);
      if (!result.satisfiable)
        return { solved: false, explanation: this.#explain(assumptions, result.clauses) };
      const chosen = this.#chosen();
      const needs = new Map([...chosen].map((pkg) => [pkg, this.#needsOf(this.#variable(pkg), chosen)]));
      const packages = needed(chosen, {
        goals: variables.flatMap((variable) => this.#needsOf(variable, chosen)),
        of: (pkg) => needs.get(pkg) ?? [],
      });
      // What was dropped may have stood in the way of a wish. The rest meets every requirement and is kept.
      const complete = packages.size === chosen.size || !this.#hasOpenWish(packages);
      if (complete || round === MAX_ROUNDS) return { solved: true, packages };
      held = [...packages].map((pkg) => literalOf(this.#variable(pkg)));
    }
  }

  #chosen(): Set<Package> {
    const chosen = new Set<Package>();
    for (const literal of this.#sat.trail) {
      const pkg = this.#packages[variableOf(literal)];
      if (pkg !== undefined && literal === literalOf(variableOf(literal))) chosen.add(pkg);
    }
    return chosen;
  }

  #hasOpenWish(packages: ReadonlySet<Package>): boolean {
    const variables = new Set([...packages].map((pkg) => this.#variable(pkg)));
    const has = (literal: Literal): boolean => variables.has(variableOf(literal));
    return [...variables].some((variable) => {
      const {
        locked = [],
        wishedVersion = [],
        wishedAlternative = [],
      } = this.#demands[variable]?.choices ?? {};
      return [...locked, ...wishedVersion, ...wishedAlternative].some(
        ({ anyOf, when }) => !anyOf.some(has) && when.every((one) => variables.has(one)),
      );
    });
  }

  /** What a variable needs of the chosen packages. */
  #needsOf(variable: number, chosen: ReadonlySet<Package>): Need<Package>[] {
    const needs: Need<Package>[] = [];
    for (const { anyOf, when } of this.#demands[variable]?.needs ?? []) {
      if (!this.#all(when)) continue;
      const present = anyOf.filter((pkg) => chosen.has(pkg));
      if (present.length > 0)
        needs.push({ anyOf: present, when: when.flatMap((one) => this.#packages[one] ?? []) });
    }
    return needs;
  }

  #all(variables: readonly number[]): boolean {
    return variables.every((variable) => this.#sat.value(literalOf(variable)) > 0);
  }

  #addVariable(pkg: Package | undefined): number {
    this.#packages.push(pkg);
    this.#demands.push(undefined);
    return this.#sat.addVariable();
  }

  #variable(pkg: Package): number {
    let variable = this.#variables.get(pkg);
    if (variable === undefined) {
      variable = this.#addVariable(pkg);
      this.#variables.set(pkg, variable);
    }
    return variable;
  }

  #addClause(literals: readonly Literal[], reason: Reason<Package>): void {
    this.#clauses.push(literals);
    this.#reasons.push(reason);
    this.#sat.addClause(literals);
  }

  /** Writes the clauses of a package; those of packages that are never considered do not come into being. */
  #expand(variable: number): void {
    const pkg = this.#packages[variable];
    if (pkg === undefined) return;
    const without = negationOf(literalOf(variable));
    for (const constraint of this.#universe.constraintsOf(pkg)) {
      if (constraint.kind === 'exclusion') {
        this.#addClause([without], { kind: 'exclusion', pkg, because: constraint.because });
      } else if (constraint.kind === 'conflict') {
        for (const other of constraint.with) {
          if (other === pkg) continue;
          const literals = [without, negationOf(literalOf(this.#variable(other)))];
          this.#addClause(literals, { kind: 'conflict', pkg, other, because: constraint.because });
        }
      } else {
        this.#demand(variable, constraint);
      }
    }
  }

  #demand(variable: number, demand: Requirement<Package> | Wish<Package>): void {
    const pkg = this.#packages[variable];
    const { kind, anyOf, when = [] } = demand;
    if (anyOf.some((one) => one === pkg || when.includes(one))) return;
    const alternatives = anyOf.map((alternative) => literalOf(this.#variable(alternative)));
    const owners = [...new Set([variable, ...when.map((one) => this.#variable(one))])];
    if (kind === 'requirement') {
      const literals = [...owners.map((owner) => negationOf(literalOf(owner))), ...alternatives];
      this.#addClause(literals, { kind, pkg, requirement: demand });
    }
    const isWish = kind === 'wish';
    const open = this.#kindOf(anyOf, isWish);
    for (const owner of owners) {
      const others = owners.length === 1 ? NONE : owners.filter((other) => other !== owner);
      const demands = this.#demandsOf(owner);
      demands.needs.push({ anyOf, when: others });
      if (isWish || anyOf.length > 1) demands.choices[open].push({ anyOf: alternatives, when: others });
    }
  }

  #demandsOf(variable: number): Demands<Package> {
    let demands = this.#demands[variable];
    if (demands === undefined) {
      const choices = { locked: [], version: [], wishedVersion: [], alternative: [], wishedAlternative: [] };
      demands = { choices, needs: [] };
      this.#demands[variable] = demands;
    }
    return demands;
  }

  #kindOf(anyOf: readonly Package[], isWish: boolean): Kind {
    const [best] = anyOf;
    if (best !== undefined && this.#universe.isLocked?.(best)) return 'locked';
    if (this.#isOneName(anyOf)) return isWish ? 'wishedVersion' : 'version';
    return isWish ? 'wishedAlternative' : 'alternative';
  }

  #isOneName(packages: readonly Package[]): boolean {
    const names = new Set(packages.map((pkg) => this.#universe.nameOf(pkg)));
    return names.size === 1;
  }

  /** The best answer to the first open question, in the order in which packages came to be chosen. */
  #decide(level: number, kept: number): Literal | undefined {
    this.#settled.length = Math.min(this.#settled.length, kept + 1);
    const settled = { ...(this.#settled.at(-1) ?? NOTHING_SETTLED) };
    while (this.#settled.length < level) this.#settled.push({ ...settled });
    this.#settled[level] = settled;
    for (const kind of KINDS) {
      const literal = this.#answer(kind, settled);
      if (literal !== undefined) return literal;
    }
    return undefined;
  }

  #answer(kind: Kind, settled: PerKind<number>): Literal | undefined {
    const { trail } = this.#sat;
    for (; settled[kind] < trail.length; settled[kind] += 1) {
      const literal = trail[settled[kind]] ?? 0;
      if (literal !== literalOf(variableOf(literal))) continue;
      for (const { anyOf, when } of this.#demands[variableOf(literal)]?.choices[kind] ?? []) {
        if (anyOf.some((alternative) => this.#sat.value(alternative) > 0) || !this.#all(when)) continue;
        const best = anyOf.find((alternative) => this.#sat.value(alternative) === 0);
        if (best !== undefined) return best;
      }
    }
    return undefined;
  }

  #explain(assumptions: readonly Literal[], numbers: readonly number[]): Reason<Package>[] {
    const clauses = numbers.map((number) => this.#clauses[number] ?? []);
    const core = minimalCore([...assumptions.map((assumption) => [assumption]), ...clauses]);
    const reasons = core.flatMap((position) => {
      const reason = this.#reasons[numbers[position - assumptions.length] ?? -1];
      return reason === undefined ? [] : [reason];
    });
    return orderedReasons(reasons);
  }
}
