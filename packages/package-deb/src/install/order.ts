import type { Relation } from '../relation.js';

/** What the order of installation depends on: fields of a package's own control file. */
export interface Installable {
  readonly name: string;
  readonly architecture: string;
  readonly essential: boolean;
  readonly depends: readonly (readonly Relation[])[];
  readonly preDepends: readonly (readonly Relation[])[];
  readonly provides: readonly (readonly Relation[])[];
  /** It has a preinst script, which may count on its Pre-Depends being configured. */
  readonly hasPreinst: boolean;
  /** It has a postinst script: until that has run the package may not be usable. */
  readonly hasPostinst: boolean;
}

/**
 * The order in which a solved set is installed into an empty root: waves that are each unpacked whole and then
 * configured whole. The first wave is the essential set with all that it depends on; the second is the rest, unless
 * a preinst script has Pre-Depends that only a script of theirs makes usable: those come a wave earlier (Debian
 * Policy 7.2).
 * Within a wave dependencies come first, cycles are broken at the alphabetically first package, names settle ties.
 */
export function installWaves<T extends Installable>(packages: readonly T[]): T[][] {
  const sorted = [...packages].sort(byName);
  const providers = providersOf(sorted);
  const needs = new Map(
    sorted.map((pkg) => [
      pkg,
      {
        all: targets(providers, pkg.preDepends).concat(targets(providers, pkg.depends)),
        first: targets(providers, pkg.preDepends),
      },
    ]),
  );
  const allOf = (pkg: T) => needs.get(pkg)?.all ?? [];
  const base = closure(
    sorted.filter((pkg) => pkg.essential),
    allOf,
  );
  const wave = new Map(sorted.map((pkg) => [pkg, base.has(pkg) ? 0 : 1]));
  const raise = (pkg: T, least: number): boolean => {
    if (base.has(pkg) || (wave.get(pkg) ?? 0) >= least) return false;
    wave.set(pkg, least);
    return true;
  };
  const configuredBefore = sorted
    .filter((pkg) => pkg.hasPreinst && !base.has(pkg))
    .map((pkg) => ({
      pkg,
      before: scriptedOutsideCycles(pkg, closure(needs.get(pkg)?.first ?? [], allOf), allOf),
    }));
  // Longest paths by repetition. It ends: a member of `before` never needs its package, so no cycle raises itself.
  for (let changed = true; changed; ) {
    changed = false;
    for (const { pkg, before } of configuredBefore) {
      for (const needed of before)
        if (!base.has(needed)) changed = raise(pkg, (wave.get(needed) ?? 0) + 1) || changed;
    }
    for (const pkg of sorted) {
      for (const needed of allOf(pkg)) changed = raise(pkg, wave.get(needed) ?? 0) || changed;
    }
  }

  const waves: T[][] = [];
  for (const pkg of dependenciesFirst(sorted, allOf)) {
    const number = wave.get(pkg) ?? 0;
    while (waves.length <= number) waves.push([]);
    waves[number]?.push(pkg);
  }
  return waves.filter((members) => members.length > 0);
}

function byName(a: Installable, b: Installable): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.architecture < b.architecture ? -1 : a.architecture > b.architecture ? 1 : 0;
}

function providersOf<T extends Installable>(packages: readonly T[]): Map<string, T[]> {
  const providers = new Map<string, T[]>();
  const add = (name: string, pkg: T) => {
    const list = providers.get(name);
    if (list === undefined) providers.set(name, [pkg]);
    else if (!list.includes(pkg)) list.push(pkg);
  };
  for (const pkg of packages) add(pkg.name, pkg);
  for (const pkg of packages) {
    for (const alternatives of pkg.provides) {
      for (const provided of alternatives) add(provided.name, pkg);
    }
  }
  return providers;
}

/** Everything in the set that a relation field can mean; versions were settled by the solver. */
function targets<T extends Installable>(
  providers: Map<string, T[]>,
  groups: readonly (readonly Relation[])[],
): T[] {
  const found = new Set<T>();
  for (const alternatives of groups) {
    const first = alternatives
      .map((relation) => providers.get(relation.name))
      .find((list) => list !== undefined);
    for (const pkg of first ?? []) found.add(pkg);
  }
  return [...found];
}

function closure<T>(roots: readonly T[], needs: (item: T) => readonly T[]): Set<T> {
  const reached = new Set<T>();
  const open = [...roots];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (reached.has(item)) continue;
    reached.add(item);
    open.push(...needs(item));
  }
  return reached;
}

function scriptedOutsideCycles<T extends Installable>(
  pkg: T,
  needed: Set<T>,
  needs: (item: T) => readonly T[],
): T[] {
  return [...needed].filter((item) => item.hasPostinst && item !== pkg && !closure([item], needs).has(pkg));
}

function dependenciesFirst<T>(items: readonly T[], needs: (item: T) => readonly T[]): T[] {
  const order: T[] = [];
  const seen = new Set<T>();
  for (const root of items) {
    // An explicit stack: a thousand packages deep would overflow the call stack of a recursive walk.
    const stack: { item: T; rest: T[] }[] = [];
    const enter = (item: T) => {
      if (seen.has(item)) return;
      seen.add(item);
      stack.push({ item, rest: [...needs(item)] });
    };
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.shift();
      if (next !== undefined) enter(next);
      else order.push(stack.pop()?.item ?? top.item);
    }
  }
  return order;
}
