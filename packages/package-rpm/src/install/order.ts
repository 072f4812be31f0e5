import { componentsOf } from '@ic/package-core';
import type { Dependency } from '../dependency.js';
import { isRich, parseRichDependency, type RichDependency } from '../rich-dependency.js';

/** What the order of installation depends on: fields of a package's own header. */
export interface Installable {
  readonly name: string;
  readonly architecture: string;
  readonly provides: readonly Dependency[];
  readonly requires: readonly Dependency[];
  /** OrderWithRequires. */
  readonly order: readonly Dependency[];
  readonly files: readonly { readonly path: string }[];
}

/** What a package needs of the others: `scripts` before its scriptlets run, `all` with the rest. */
interface Needs<T> {
  readonly scripts: ReadonlySet<T>;
  readonly all: ReadonlySet<T>;
}

/**
 * The order in which one transaction installs a solved set into an empty root: what a package needs comes before it.
 * Packages that need each other in a circle are ordered so that Requires(pre) and Requires(post) hold wherever they
 * make no circle themselves, with what those packages need in turn, and as few others as possible are broken.
 * What needs nothing comes first, most needed first: the package with the base directories. Names settle ties.
 */
export function installOrder<T extends Installable>(packages: readonly T[]): T[] {
  const sorted = [...packages].sort(byName);
  const graph = needsOf(sorted);
  const needs = (pkg: T): Needs<T> => graph.get(pkg) ?? { scripts: new Set(), all: new Set() };
  const users = new Map<T, number>();
  for (const pkg of sorted) {
    for (const needed of needs(pkg).all) users.set(needed, (users.get(needed) ?? 0) + 1);
  }
  const free = sorted.filter((pkg) => needs(pkg).all.size === 0);
  free.sort((a, b) => (users.get(b) ?? 0) - (users.get(a) ?? 0));
  const { components } = componentsOf([...free, ...sorted], (pkg) => [...needs(pkg).all]);
  return components.flatMap((members) => (members.length === 1 ? members : arrange(members, needs)));
}

/** Orders packages that all need each other, directly or not. */
function arrange<T extends Installable>(members: readonly T[], needs: (pkg: T) => Needs<T>): T[] {
  const sorted = [...members].sort(byName);
  const inside = new Set(sorted);
  const only = (needed: Iterable<T>) => [...needed].filter((item) => inside.has(item));
  const scripts = new Map(sorted.map((pkg) => [pkg, only(needs(pkg).scripts)]));
  const all = new Map(sorted.map((pkg) => [pkg, only(needs(pkg).all)]));
  const { components } = componentsOf(sorted, (pkg) => scripts.get(pkg) ?? []);
  const circles = new Map(components.flatMap((circle) => circle.map((pkg) => [pkg, new Set(circle)])));
  const left = new Map(
    sorted.map((pkg) => {
      const direct = scripts.get(pkg) ?? [];
      // Worst to miss first. A program that a scriptlet calls needs its libraries: hence the closure.
      const wanted = [
        direct.filter((item) => circles.get(pkg)?.has(item) === false),
        direct,
        closure(direct, (item) => all.get(item) ?? []),
        all.get(pkg) ?? [],
      ].map((items) => new Set(items));
      for (const items of wanted) items.delete(pkg);
      return [pkg, wanted];
    }),
  );
  const order: T[] = [];
  for (let next = cheapest(left); next !== undefined; next = cheapest(left)) {
    order.push(next);
    left.delete(next);
    for (const wanted of left.values()) for (const items of wanted) items.delete(next);
  }
  return order;
}

/** The package that misses least of what it wants, by the first list in which two differ; the first of equals. */
function cheapest<T>(left: ReadonlyMap<T, readonly ReadonlySet<T>[]>): T | undefined {
  let best: { readonly pkg: T; readonly wanted: readonly ReadonlySet<T>[] } | undefined;
  for (const [pkg, wanted] of left) {
    const differing = wanted.findIndex((items, rank) => items.size !== best?.wanted[rank]?.size);
    const misses = (lists: readonly ReadonlySet<T>[]) => lists[differing]?.size ?? 0;
    if (best === undefined || misses(wanted) < misses(best.wanted)) best = { pkg, wanted };
  }
  return best?.pkg;
}

function needsOf<T extends Installable>(packages: readonly T[]): Map<T, Needs<T>> {
  const wishes = new Map(packages.map((pkg) => [pkg, [...pkg.requires, ...pkg.order].flatMap(wishesOf)]));
  const providers = new Map<string, T[]>();
  for (const { name } of [...wishes.values()].flat()) providers.set(name, []);
  for (const pkg of packages) {
    const provided = pkg.provides.map(({ name }) => name);
    const names = new Set([pkg.name, ...provided, ...pkg.files.map(({ path }) => path)]);
    for (const name of names) providers.get(name)?.push(pkg);
  }
  return new Map(
    packages.map((pkg) => {
      const scripts = new Set<T>();
      const all = new Set<T>();
      for (const { name, pre } of wishes.get(pkg) ?? []) {
        // Versions were settled by the solver; what a package provides itself it has.
        const found = providers.get(name) ?? [];
        if (found.includes(pkg)) continue;
        for (const provider of found) {
          all.add(provider);
          if (pre) scripts.add(provider);
        }
      }
      return [pkg, { scripts, all }];
    }),
  );
}

interface NeededName {
  readonly name: string;
  readonly pre: boolean;
}

/** The names that a dependency may come down to; in a rich one, what a condition names is not needed. */
function wishesOf(dependency: Dependency): NeededName[] {
  const pre = dependency.pre === true;
  if (!isRich(dependency)) return [{ name: dependency.name, pre }];
  return namesIn(parseRichDependency(dependency.name)).map((name) => ({ name, pre }));
}

function namesIn(rich: RichDependency): string[] {
  switch (rich.kind) {
    case 'simple':
      return [rich.dependency.name];
    case 'if':
    case 'unless':
      return [rich.consequence, ...(rich.otherwise === undefined ? [] : [rich.otherwise])].flatMap(namesIn);
    case 'without':
      return rich.operands.slice(0, 1).flatMap(namesIn);
    default:
      return rich.operands.flatMap(namesIn);
  }
}

function closure<T>(roots: readonly T[], needs: (item: T) => readonly T[]): Set<T> {
  const reached = new Set<T>(roots);
  for (const item of reached) for (const needed of needs(item)) reached.add(needed);
  return reached;
}

function byName(a: Installable, b: Installable): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.architecture < b.architecture ? -1 : a.architecture > b.architecture ? 1 : 0;
}
