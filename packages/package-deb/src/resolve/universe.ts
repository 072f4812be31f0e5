import { type Constraint, PackageError, type Requirement, type Universe } from '@ic/package-core';
import type { DebPackage, LeftOut } from '../packages-index.js';
import { parseRelations, type Relation } from '../relation.js';
import { compareVersions, satisfies } from '../version.js';

/** What resolving needs of an index. */
export interface PackageSource {
  packagesNamed(name: string): readonly DebPackage[];
  providersOf(virtualName: string): readonly DebPackage[];
  names(): Iterable<string>;
  /** Packages that are essential or of Priority: required, and perhaps others. */
  basePackages(): Iterable<DebPackage>;
  /** Why packages of this name, which a repository has, are not seen, as far as is known. */
  leftOut(name: string): readonly LeftOut[];
}

export interface UniverseOptions {
  /** Of the target; packages of other architectures than this one and `all` are not seen. */
  readonly architecture: string;
  readonly recommends: boolean;
  /** The pattern that excludes a package of this name, if one does. */
  readonly excludedBy: (name: string) => string | undefined;
  /** Whether a lockfile has the package. */
  readonly isLocked: (pkg: DebPackage) => boolean;
}

/** The packages of an index as the solver sees them. */
export interface DebUniverse extends Universe<DebPackage> {
  /** The versions of a real package that may be chosen, best first: what is locked, repository priority, version. */
  versionsOf(name: string): readonly DebPackage[];
  /** Everything that meets one of the alternatives, best first. */
  meeting(alternatives: readonly Relation[]): readonly DebPackage[];
  /** What a requirement that nothing meets asks for. */
  unmet(requirement: Requirement<DebPackage>): readonly Relation[] | undefined;
}

/** A package, and the name and version under which it answers to a relation. */
interface Provision {
  readonly pkg: DebPackage;
  /** Absent when the Provides has none: then no relation with a version is met. */
  readonly version?: string | undefined;
  /** Provided for every architecture: `Provides: name:any`. */
  readonly any: boolean;
}

/**
 * Translates Debian relations into constraints (Debian policy chapter 7; Multi-Arch as dpkg reads it, with a single
 * architecture). Conflicts and Breaks weigh the same, since the set is installed into an empty root.
 */
export function createUniverse(source: PackageSource, options: UniverseOptions): DebUniverse {
  const { architecture, isLocked } = options;
  const versions = new Map<string, readonly DebPackage[]>();
  const provisions = new Map<string, readonly Provision[]>();
  const provided = new Map<DebPackage, readonly Relation[]>();
  const met = new Map<string, readonly DebPackage[]>();
  const unmet = new Map<Requirement<DebPackage>, readonly Relation[]>();

  function versionsOf(name: string): readonly DebPackage[] {
    let list = versions.get(name);
    if (list === undefined) {
      const sorted = source
        .packagesNamed(name)
        .filter((pkg) => pkg.priority >= 0 && [architecture, 'all'].includes(pkg.architecture))
        .sort((a, b) => Number(isLocked(b)) - Number(isLocked(a)) || byPreference(a, b));
      list = sorted.length > 1 ? withoutRepetitions(sorted) : sorted;
      versions.set(name, list);
    }
    return list;
  }

  function provisionsOf(name: string): readonly Provision[] {
    let list = provisions.get(name);
    if (list === undefined) {
      list = source
        .providersOf(name)
        .filter((pkg) => versionsOf(pkg.name).includes(pkg))
        .flatMap((pkg) =>
          providedBy(pkg)
            .filter((relation) => relation.name === name)
            .map(({ version, qualifier }) => ({ pkg, version, any: qualifier === 'any' })),
        );
      provisions.set(name, list);
    }
    return list;
  }

  /** Read once for each package: some provide hundreds of names. */
  function providedBy(pkg: DebPackage): readonly Relation[] {
    let list = provided.get(pkg);
    if (list === undefined) {
      list = readProvides(pkg, architecture);
      provided.set(pkg, list);
    }
    return list;
  }

  function meetingOne(relation: Relation): DebPackage[] {
    const direct = versionsOf(relation.name).filter(
      (pkg) => suits(pkg, relation.qualifier, architecture) && satisfies(pkg.version, relation),
    );
    const provisions = provisionsOf(relation.name);
    if (provisions.length === 0) return direct;
    const provided = provisions
      .filter(
        ({ pkg, any }) =>
          (any && relation.qualifier === 'any') || suits(pkg, relation.qualifier, architecture),
      )
      .filter(({ version }) =>
        version === undefined ? relation.operator === undefined : satisfies(version, relation),
      )
      .map(({ pkg }) => pkg)
      .filter((pkg) => pkg.name !== relation.name);
    return [...direct, ...provided.sort(byRankAsProvider)];
  }

  /** What is locked comes first. Of one name the better version counts most; then the order of the alternatives; then the package's own name. */
  function meeting(alternatives: readonly Relation[]): readonly DebPackage[] {
    const key = alternatives.map(({ text }) => text).join('|');
    let list = met.get(key);
    if (list === undefined) {
      const found = alternatives.flatMap(meetingOne);
      list = found.length > 1 ? byRank([...new Set(found)]) : found;
      met.set(key, list);
    }
    return list;
  }

  function byRank(packages: readonly DebPackage[]): DebPackage[] {
    const rank = (pkg: DebPackage) => (isLocked(pkg) ? -1 : versionsOf(pkg.name).indexOf(pkg));
    const ranks = new Map(packages.map((pkg) => [pkg, rank(pkg)]));
    return [...packages].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
  }

  function demands(
    kind: 'requirement' | 'wish',
    field: string,
    text: string | undefined,
  ): Constraint<DebPackage>[] {
    return parseRelations(text ?? '', architecture).map((alternatives) => {
      const anyOf = meeting(alternatives);
      const because = `${field}: ${alternatives.map((relation) => relation.text).join(' | ')}`;
      if (kind === 'wish') return { kind, anyOf, because };
      const requirement = { kind, anyOf, because };
      if (anyOf.length === 0) unmet.set(requirement, alternatives);
      return requirement;
    });
  }

  /** A package is not in conflict with itself, not even with what it provides (Debian policy §7.6.2). */
  function conflicts(pkg: DebPackage, field: string, text: string | undefined): Constraint<DebPackage>[] {
    return parseRelations(text ?? '', architecture)
      .flat()
      .filter(({ qualifier }) => isHere(qualifier, architecture))
      .map((relation) => ({
        kind: 'conflict',
        with: meeting([{ ...relation, qualifier: undefined }]).filter((other) => other.name !== pkg.name),
        because: `${field}: ${relation.text}`,
      }));
  }

  function constraintsOf(pkg: DebPackage): readonly Constraint<DebPackage>[] {
    const pattern = options.excludedBy(pkg.name);
    if (pattern !== undefined) return [{ kind: 'exclusion', because: `excluded by "${pattern}"` }];
    try {
      return [
        { kind: 'conflict', with: versionsOf(pkg.name), because: ONE_VERSION },
        ...conflicts(pkg, 'Conflicts', pkg.conflicts),
        ...conflicts(pkg, 'Breaks', pkg.breaks),
        ...demands('requirement', 'Pre-Depends', pkg.preDepends),
        ...demands('requirement', 'Depends', pkg.depends),
        ...(options.recommends ? demands('wish', 'Recommends', pkg.recommends) : []),
      ];
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      return [{ kind: 'exclusion', because: `not installable: ${error.message}` }];
    }
  }

  return {
    nameOf: (pkg) => pkg.name,
    isLocked,
    constraintsOf,
    versionsOf,
    meeting,
    unmet: (requirement) => unmet.get(requirement),
  };
}

/** The `because` of the conflict between versions of one package. */
export const ONE_VERSION = 'only one version of a package can be installed';

/** What a package's Provides means on the target. A malformed one provides nothing. */
function readProvides({ provides = '' }: DebPackage, architecture: string): Relation[] {
  try {
    return parseRelations(provides, architecture)
      .flat()
      .filter(({ operator, qualifier }) => (operator ?? '=') === '=' && isHere(qualifier, architecture));
  } catch (error) {
    if (error instanceof PackageError) return [];
    throw error;
  }
}

/** Whether a package of the target's architecture meets a dependency with this qualifier (dpkg's `deparchsatisfied`). */
function suits(pkg: DebPackage, qualifier: string | undefined, architecture: string): boolean {
  if (pkg.multiArch === 'foreign') return true;
  return qualifier === 'any' ? pkg.multiArch === 'allowed' : isHere(qualifier, architecture);
}

/** Whether a qualifier means, or includes, the target's architecture. */
function isHere(qualifier: string | undefined, architecture: string): boolean {
  return qualifier === undefined || ['any', 'native', 'all', architecture].includes(qualifier);
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The last three only settle the order where nothing else does, whatever order the repositories were read in. */
function byPreference(a: DebPackage, b: DebPackage): number {
  return (
    b.priority - a.priority ||
    compareVersions(b.version, a.version) ||
    byText(a.repository, b.repository) ||
    byText(a.suite, b.suite) ||
    byText(a.filename, b.filename)
  );
}

/** The same file in two suites is one package. */
function withoutRepetitions(packages: readonly DebPackage[]): DebPackage[] {
  const seen = new Set<string>();
  return packages.filter((pkg) => !seen.has(pkg.sha256) && seen.add(pkg.sha256));
}

const IMPORTANCE = ['required', 'important', 'standard', 'optional'];

function byRankAsProvider(a: DebPackage, b: DebPackage): number {
  const importance = (pkg: DebPackage): number => (IMPORTANCE.indexOf(pkg.importance) + 5) % 5;
  return (
    b.priority - a.priority ||
    Number(b.essential) - Number(a.essential) ||
    importance(a) - importance(b) ||
    needs(a) - needs(b) ||
    byText(a.name, b.name) ||
    byPreference(a, b)
  );
}

/**
 * How many requirements a provider has: what needs little brings little. One without any comes last: that is mostly a dummy, for
 * a program needs the C library at least.
 */
function needs({ preDepends, depends }: DebPackage): number {
  const texts = [preDepends, depends].filter((text) => text !== undefined && text.trim() !== '');
  return texts.length === 0 ? Number.MAX_SAFE_INTEGER : texts.join(',').split(',').length;
}
