/** One of these alternatives, all of them among the chosen, as long as all of `when` are needed too. */
export interface Need<Package> {
  readonly anyOf: readonly Package[];
  readonly when: readonly Package[];
}

/** What is asked for, and what each chosen package needs. What several need together is told by each of them. */
export interface Needs<Package> {
  readonly goals: readonly Need<Package>[];
  of(pkg: Package): readonly Need<Package>[];
}

/**
 * The chosen packages without the needless ones: those that all others could do without. What a package brought along
 * itself does not make it needless: of `gnupg | gpg`, where gnupg needs gpg, gnupg stays unless something else needs
 * gpg. In the order in which they are needed, beginning with the goals.
 */
export function needed<Package>(chosen: Iterable<Package>, needs: Needs<Package>): Set<Package> {
  const packages = [...chosen];
  const graph = numberedNeeds(packages, needs);
  const all = members(packages.length);
  for (const pkg of packages.keys()) add(all, pkg);
  let kept = derive(all, graph);
  for (;;) {
    const rest = withoutNeedless(kept, graph);
    if (rest === undefined) return new Set(kept.order.map((pkg) => packages[pkg] as Package));
    kept = rest;
  }
}

/** The walks below go over all needs many times: packages are numbers there. */
interface NumberedNeed {
  readonly anyOf: readonly number[];
  readonly when: readonly number[];
}

interface NumberedNeeds {
  readonly goals: readonly NumberedNeed[];
  /** By package. */
  readonly of: readonly (readonly NumberedNeed[])[];
}

function numberedNeeds<Package>(packages: readonly Package[], needs: Needs<Package>): NumberedNeeds {
  const numbers = new Map(packages.map((pkg, number) => [pkg, number]));
  const numbersOf = (list: readonly Package[]) => list.map((pkg) => numbers.get(pkg) as number);
  const numbered = (list: readonly Need<Package>[]) =>
    list.map(({ anyOf, when }) => ({ anyOf: numbersOf(anyOf), when: numbersOf(when) }));
  return { goals: numbered(needs.goals), of: packages.map((pkg) => numbered(needs.of(pkg))) };
}

/** Some of the packages, in the order in which they came in. */
interface Members {
  readonly order: number[];
  /** By package, 1 or 0. */
  readonly has: Uint8Array;
}

function members(size: number): Members {
  return { order: [], has: new Uint8Array(size) };
}

function add({ order, has }: Members, pkg: number): void {
  if (has[pkg] === 1) return;
  has[pkg] = 1;
  order.push(pkg);
}

function without({ order, has }: Members, pkg: number): Members {
  return { order: order.filter((other) => other !== pkg), has: has.with(pkg, 0) };
}

/** The set without one needless package, the last that there is; undefined when there is none. */
function withoutNeedless(kept: Members, needs: NumberedNeeds): Members | undefined {
  const indispensable = members(kept.has.length);
  const follow = ({ anyOf, when }: NumberedNeed): void => {
    const only = onlyOne(anyOf, kept);
    if (only !== undefined && includesAll(indispensable.has, when)) add(indispensable, only);
  };
  needs.goals.forEach(follow);
  // The loop sees what is added while it runs.
  for (const pkg of indispensable.order) needs.of[pkg]?.forEach(follow);

  for (const candidate of kept.order.toReversed()) {
    if (indispensable.has[candidate] === 1) continue;
    const rest = without(derive(kept, needs, candidate), candidate);
    const met = ({ anyOf, when }: NumberedNeed): boolean =>
      anyOf.some((pkg) => rest.has[pkg] === 1) || !includesAll(rest.has, when);
    if (needs.goals.every(met) && rest.order.every((pkg) => needs.of[pkg]?.every(met))) return rest;
  }
  return undefined;
}

/**
 * What follows from the goals within a set. Where several alternatives are there, it is the first of them, unless
 * another one follows anyway. What `leaf` needs, alone or with others, does not count.
 */
function derive(within: Members, needs: NumberedNeeds, leaf?: number): Members {
  const derived = members(within.has.length);
  const followed = new Uint8Array(within.has.length);
  const open: (readonly number[])[] = [];
  const demand = ({ anyOf, when }: NumberedNeed): void => {
    if (!includesAll(followed, when)) return;
    const only = onlyOne(anyOf, within);
    if (only === undefined) open.push(anyOf);
    else add(derived, only);
  };
  needs.goals.forEach(demand);
  let place = 0;
  for (let asked = 0; ; asked += 1) {
    for (; place < derived.order.length; place += 1) {
      const pkg = derived.order[place] as number;
      if (pkg === leaf) continue;
      followed[pkg] = 1;
      needs.of[pkg]?.forEach(demand);
    }
    const list = open[asked];
    if (list === undefined) return derived;
    const first = list.find((pkg) => within.has[pkg] === 1);
    if (first !== undefined && !list.some((pkg) => derived.has[pkg] === 1)) add(derived, first);
  }
}

/** The member of the list that is in the set, when there is exactly one. */
function onlyOne(list: readonly number[], { has }: Members): number | undefined {
  let only: number | undefined;
  for (const pkg of list) {
    if (has[pkg] !== 1) continue;
    if (only !== undefined) return undefined;
    only = pkg;
  }
  return only;
}

function includesAll(has: Uint8Array, packages: readonly number[]): boolean {
  for (const pkg of packages) if (has[pkg] !== 1) return false;
  return true;
}
