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
  let kept = derive(new Set(chosen), needs);
  for (;;) {
    const rest = withoutNeedless(kept, needs);
    if (rest === undefined) return kept;
    kept = rest;
  }
}

/** The set without one needless package, the last that there is; undefined when there is none. */
function withoutNeedless<Package>(
  kept: ReadonlySet<Package>,
  needs: Needs<Package>,
): Set<Package> | undefined {
  const indispensable = new Set<Package>();
  const follow = (list: readonly Need<Package>[]): void => {
    for (const { anyOf, when } of list) {
      const only = onlyOne(anyOf, kept);
      if (only !== undefined && includesAll(indispensable, when)) indispensable.add(only);
    }
  };
  follow(needs.goals);
  // A set yields what is added to it while it is walked.
  for (const pkg of indispensable) follow(needs.of(pkg));

  for (const candidate of [...kept].reverse()) {
    if (indispensable.has(candidate)) continue;
    const rest = derive(kept, needs, candidate);
    rest.delete(candidate);
    const met = ({ anyOf, when }: Need<Package>): boolean =>
      anyOf.some((pkg) => rest.has(pkg)) || !includesAll(rest, when);
    if (needs.goals.every(met) && [...rest].every((pkg) => needs.of(pkg).every(met))) return rest;
  }
  return undefined;
}

/**
 * What follows from the goals within a set. Where several alternatives are there, it is the first of them, unless
 * another one follows anyway. What `leaf` needs, alone or with others, does not count.
 */
function derive<Package>(within: ReadonlySet<Package>, needs: Needs<Package>, leaf?: Package): Set<Package> {
  const derived = new Set<Package>();
  const unfollowed: Package[] = [];
  const followed = new Set<Package>();
  const open: (readonly Package[])[] = [];
  const add = (pkg: Package): void => {
    if (!derived.has(pkg) && pkg !== leaf) unfollowed.push(pkg);
    derived.add(pkg);
  };
  const demand = ({ anyOf, when }: Need<Package>): void => {
    if (!includesAll(followed, when)) return;
    const only = onlyOne(anyOf, within);
    if (only === undefined) open.push(anyOf);
    else add(only);
  };
  needs.goals.forEach(demand);
  for (let place = 0; ; place += 1) {
    for (let pkg = unfollowed.shift(); pkg !== undefined; pkg = unfollowed.shift()) {
      followed.add(pkg);
      needs.of(pkg).forEach(demand);
    }
    const list = open[place];
    if (list === undefined) return derived;
    const first = list.find((pkg) => within.has(pkg));
    if (first !== undefined && !list.some((pkg) => derived.has(pkg))) add(first);
  }
}

/** The member of the list that is in the set, when there is exactly one. */
function onlyOne<Package>(list: readonly Package[], set: ReadonlySet<Package>): Package | undefined {
  let only: Package | undefined;
  for (const pkg of list) {
    if (!set.has(pkg)) continue;
    if (only !== undefined) return undefined;
    only = pkg;
  }
  return only;
}

function includesAll<Package>(set: ReadonlySet<Package>, packages: readonly Package[]): boolean {
  return packages.every((pkg) => set.has(pkg));
}
