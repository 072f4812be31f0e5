import { type Dependency, formatDependency, overlaps } from '../dependency.js';
import { compareEvrs, type Evr } from '../evr.js';
import type { RpmIndex, RpmPackage } from '../rpm-package.js';

/** What resolving needs of an index. */
export type PackageSource = Pick<
  RpmIndex,
  | 'packagesNamed'
  | 'providersOf'
  | 'ownersOf'
  | 'knowsOwnersOf'
  | 'names'
  | 'leftOut'
  | 'supplementing'
  | 'all'
>;

/** The packages of an index that may be chosen, and in which order. */
export interface Candidates {
  /** The versions of a package, best first: what is locked, repository priority, architecture, version. */
  versionsOf(name: string): readonly RpmPackage[];
  /** Everything that meets a dependency by what it provides or by its files, best first. */
  meeting(dependency: Dependency): readonly RpmPackage[];
  /** The packages whose own name and version a dependency means, as Obsoletes does. */
  named(dependency: Dependency): readonly RpmPackage[];
  /**
   * The versions of other packages that obsolete this one, best first: of packages whose best version does, in
   * repositories that count no less.
   */
  obsoleting(pkg: RpmPackage): readonly RpmPackage[];
  /** A list of candidates in order of preference; those that come first already stay first where nothing else counts. */
  sorted(
    packages: Iterable<RpmPackage>,
    isPreferred?: ((pkg: RpmPackage) => boolean) | undefined,
  ): readonly RpmPackage[];
  /** The same packages, those that are locked before the others. */
  lockedFirst(packages: readonly RpmPackage[]): readonly RpmPackage[];
  /** Paths that were asked for and of which not every owner is known. */
  readonly unknownPaths: ReadonlySet<string>;
}

export interface CandidatesOptions {
  /** The target's own first, then those of which a package is asked for. Others, but for noarch, are not seen. */
  readonly architectures: readonly string[];
  /** Whether a lockfile has the package. */
  readonly isLocked: (pkg: RpmPackage) => boolean;
}

export function createCandidates(
  source: PackageSource,
  { architectures, isLocked }: CandidatesOptions,
): Candidates {
  const versions = new Map<string, readonly RpmPackage[]>();
  const ranks = new Map<RpmPackage, number>();
  const met = new Map<string, readonly RpmPackage[]>();
  const unknownPaths = new Set<string>();
  let obsoleters: ReadonlyMap<string, readonly RpmPackage[]> | undefined;

  function versionsOf(name: string): readonly RpmPackage[] {
    let list = versions.get(name);
    if (list === undefined) {
      const seen = new Set<string>();
      list = source
        .packagesNamed(name)
        .filter((pkg) => pkg.priority >= 0 && isSeen(pkg.architecture))
        .sort((a, b) => Number(isLocked(b)) - Number(isLocked(a)) || byPreference(a, b))
        // The same file in two repositories is one package.
        .filter((pkg) => !seen.has(pkg.sha256) && seen.add(pkg.sha256));
      list.forEach((pkg, rank) => {
        ranks.set(pkg, rank);
      });
      versions.set(name, list);
    }
    return list;
  }

  function isSeen(architecture: string): boolean {
    return architecture === 'noarch' || architectures.includes(architecture);
  }

  function rank(pkg: RpmPackage): number | undefined {
    versionsOf(pkg.name);
    return ranks.get(pkg);
  }

  function byPreference(a: RpmPackage, b: RpmPackage): number {
    return (
      b.priority - a.priority ||
      foreignness(a) - foreignness(b) ||
      compareEvrs(b.evr, a.evr) ||
      byText(a.repository, b.repository) ||
      byText(a.location, b.location)
    );
  }

  function foreignness({ architecture }: RpmPackage): number {
    return Math.max(0, architectures.indexOf(architecture));
  }

  function meeting(dependency: Dependency): readonly RpmPackage[] {
    const key = formatDependency(dependency);
    let list = met.get(key);
    if (list === undefined) {
      const { name } = dependency;
      const found = new Set(source.providersOf(name).filter((pkg) => provides(pkg, dependency)));
      if (name.startsWith('/')) {
        if (!source.knowsOwnersOf(name)) unknownPaths.add(name);
        for (const pkg of source.ownersOf(name)) found.add(pkg);
      }
      const seen = [...found].filter((pkg) => rank(pkg) !== undefined);
      const provided = new Map(seen.map((pkg) => [pkg, providedEvr(pkg, name)]));
      const order = (a: RpmPackage, b: RpmPackage): number =>
        Number(b.name === name) - Number(a.name === name) ||
        b.priority - a.priority ||
        compareEvrs(provided.get(b) ?? NO_EVR, provided.get(a) ?? NO_EVR) ||
        byText(a.name, b.name) ||
        byPreference(a, b);
      list = sorted(seen.sort(order));
      met.set(key, list);
    }
    return list;
  }

  function named(dependency: Dependency): readonly RpmPackage[] {
    return versionsOf(dependency.name).filter((pkg) => isNamed(pkg, dependency));
  }

  function obsoleting(pkg: RpmPackage): readonly RpmPackage[] {
    obsoleters ??= byObsoleted(source.all());
    const others = (obsoleters.get(pkg.name) ?? []).filter(
      (other) => other.priority >= pkg.priority && rank(other) !== undefined && obsoletes(other, pkg),
    );
    const names = new Set(others.filter((other) => rank(other) === 0).map(({ name }) => name));
    return sorted(others.filter(({ name }) => names.has(name)).sort((a, b) => byText(a.name, b.name)));
  }

  /** What is locked comes first. Of one name the better version counts most, then whether another candidate obsoletes it, then the preference. */
  function sorted(
    packages: Iterable<RpmPackage>,
    isPreferred: (pkg: RpmPackage) => boolean = () => false,
  ): readonly RpmPackage[] {
    const list = [...packages];
    if (list.length < 2) return list;
    const replaced = obsoleteAmong(list.filter((pkg) => rank(pkg) === 0));
    const keys = new Map(
      list.map((pkg) => [
        pkg,
        [
          isLocked(pkg) ? -1 : (rank(pkg) ?? 0),
          Number(replaced.has(pkg)),
          Number(!isPreferred(pkg)),
        ] as const,
      ]),
    );
    return list.sort((a, b) => {
      const [left, right] = [keys.get(a) ?? NO_KEY, keys.get(b) ?? NO_KEY];
      return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
    });
  }

  function lockedFirst(packages: readonly RpmPackage[]): readonly RpmPackage[] {
    return [...packages].sort((a, b) => Number(isLocked(b)) - Number(isLocked(a)));
  }

  return { versionsOf, meeting, named, obsoleting, sorted, lockedFirst, unknownPaths };
}

/** The highest version in which a package provides something. */
function providedEvr(pkg: RpmPackage, name: string): Evr {
  let highest = pkg.name === name ? pkg.evr : NO_EVR;
  for (const { name: provided, operator, evr } of pkg.provides) {
    if (provided !== name || operator !== '=' || evr === undefined) continue;
    if (compareEvrs(evr, highest) > 0) highest = evr;
  }
  return highest;
}

const NO_EVR: Evr = { epoch: 0, version: '' };

const NO_KEY = [0, 0, 0] as const;

function byObsoleted(packages: Iterable<RpmPackage>): ReadonlyMap<string, readonly RpmPackage[]> {
  const found = new Map<string, RpmPackage[]>();
  for (const pkg of packages) {
    for (const { name } of pkg.obsoletes) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [pkg]);
      else if (list.at(-1) !== pkg) list.push(pkg);
    }
  }
  return found;
}

/** Those that another one of a repository that counts no less obsoletes, and that do not obsolete it in turn. */
function obsoleteAmong(packages: readonly RpmPackage[]): ReadonlySet<RpmPackage> {
  const replaced = new Set<RpmPackage>();
  for (const pkg of packages) {
    if (pkg.obsoletes.length === 0) continue;
    for (const other of packages) {
      if (pkg.priority >= other.priority && obsoletes(pkg, other) && !obsoletes(other, pkg))
        replaced.add(other);
    }
  }
  return replaced;
}

function obsoletes(pkg: RpmPackage, other: RpmPackage): boolean {
  return pkg.name !== other.name && pkg.obsoletes.some((dependency) => isNamed(other, dependency));
}

function isNamed(pkg: RpmPackage, dependency: Dependency): boolean {
  return (
    pkg.name === dependency.name && overlaps({ name: pkg.name, operator: '=', evr: pkg.evr }, dependency)
  );
}

/** A package provides its own name and version, whether it says so or not. */
function provides(pkg: RpmPackage, dependency: Dependency): boolean {
  return (
    isNamed(pkg, dependency) ||
    pkg.provides.some((provision) => provision.name === dependency.name && overlaps(provision, dependency))
  );
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
