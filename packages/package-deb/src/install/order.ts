import { componentsOf } from '@ic/package-core';
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

/** What one set of packages that need each other adds up to. */
interface Placed {
  readonly wave: number;
  /** The last wave in which a script runs that it counts on, its own included. */
  readonly scripts: number;
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
  const first = new Map(sorted.map((pkg) => [pkg, targets(providers, pkg.preDepends)]));
  const all = new Map(
    sorted.map((pkg) => [pkg, [...(first.get(pkg) ?? []), ...targets(providers, pkg.depends)]]),
  );
  const needs = (pkg: T) => all.get(pkg) ?? [];
  const base = closure(
    sorted.filter((pkg) => pkg.essential),
    needs,
  );
  const { order, components } = componentsOf(sorted, needs);
  const placed = new Map<T, Placed>();
  for (const members of components) {
    const place = placeComponent(new Set(members), {
      base,
      needs,
      first: (pkg) => first.get(pkg) ?? [],
      placed,
    });
    for (const pkg of members) placed.set(pkg, place);
  }
  const waves: T[][] = [];
  for (const pkg of order) {
    const { wave } = placed.get(pkg) ?? { wave: 0 };
    while (waves.length <= wave) waves.push([]);
    waves[wave]?.push(pkg);
  }
  return waves.filter((members) => members.length > 0);
}

/** Packages that need each other go together: after all that they need, and after the scripts that a preinst needs. */
function placeComponent<T extends Installable>(
  members: ReadonlySet<T>,
  graph: {
    readonly base: ReadonlySet<T>;
    readonly needs: (pkg: T) => readonly T[];
    readonly first: (pkg: T) => readonly T[];
    readonly placed: ReadonlyMap<T, Placed>;
  },
): Placed {
  const { base, needs, first, placed } = graph;
  const all = [...members];
  if (all.some((pkg) => base.has(pkg))) return { wave: 0, scripts: 0 };
  const outside = all.flatMap(needs).flatMap((pkg) => placed.get(pkg) ?? []);
  const scripts = Math.max(0, ...outside.map((place) => place.scripts));
  const scriptsBefore = (pkg: T) =>
    Math.max(
      0,
      ...first(pkg).map((needed) => (members.has(needed) ? scripts : (placed.get(needed)?.scripts ?? 0))),
    );
  const wave = Math.max(
    1,
    ...outside.map((place) => place.wave),
    ...all.filter((pkg) => pkg.hasPreinst).map((pkg) => scriptsBefore(pkg) + 1),
  );
  return { wave, scripts: all.some((pkg) => pkg.hasPostinst) ? wave : scripts };
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
