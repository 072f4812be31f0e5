/** What is asked for, and what each chosen package needs: lists of alternatives, all of them among the chosen. */
export interface Needs<Package> {
  readonly goals: readonly (readonly Package[])[];
  of(pkg: Package): readonly (readonly Package[])[];
}

/**
 * The chosen packages without those that nothing needs: no proper subset of the result meets all goals and all needs
 * of its members. What was chosen last goes first.
 */
export function needed<Package>(chosen: Iterable<Package>, needs: Needs<Package>): Set<Package> {
  let kept = new Set(chosen);
  let indispensable = indispensableOf(kept, needs);
  // A package that a larger set cannot spare, no subset of it can: one pass is enough.
  for (const candidate of [...kept].reverse()) {
    if (indispensable.has(candidate) || !kept.has(candidate)) continue;
    const rest = supported(kept, candidate, needs);
    if (rest === undefined) continue;
    kept = rest;
    indispensable = indispensableOf(kept, needs);
  }
  return kept;
}

/** What follows from the goals where only one alternative is there. */
function indispensableOf<Package>(kept: ReadonlySet<Package>, needs: Needs<Package>): Set<Package> {
  const found = new Set<Package>();
  const follow = (lists: readonly (readonly Package[])[]): void => {
    for (const list of lists) {
      const only = onlyOne(list, kept);
      if (only !== undefined) found.add(only);
    }
  };
  follow(needs.goals);
  // A set yields what is added to it while it is walked.
  for (const pkg of found) follow(needs.of(pkg));
  return found;
}

/** The largest subset without one package in which every member has what it needs; undefined when a goal is lost. */
function supported<Package>(
  kept: ReadonlySet<Package>,
  without: Package,
  needs: Needs<Package>,
): Set<Package> | undefined {
  const rest = new Set(kept);
  rest.delete(without);
  const met = (list: readonly Package[]): boolean => list.some((pkg) => rest.has(pkg));
  let changed = true;
  while (changed) {
    changed = false;
    if (!needs.goals.every(met)) return undefined;
    for (const pkg of rest) {
      if (needs.of(pkg).every(met)) continue;
      rest.delete(pkg);
      changed = true;
    }
  }
  return rest;
}

/** The member of the list that is kept, when there is exactly one. */
function onlyOne<Package>(list: readonly Package[], kept: ReadonlySet<Package>): Package | undefined {
  let only: Package | undefined;
  for (const pkg of list) {
    if (!kept.has(pkg)) continue;
    if (only !== undefined) return undefined;
    only = pkg;
  }
  return only;
}
