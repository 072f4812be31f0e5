import { type Constraint, PackageError, type Requirement, type Universe } from '@ic/package-core';
import { type Dependency, formatDependency } from '../dependency.js';
import { compareEvrs } from '../evr.js';
import { isRich, parseRichDependency } from '../rich-dependency.js';
import type { RpmPackage } from '../rpm-package.js';
import {
  type Candidates,
  type CandidatesOptions,
  createCandidates,
  type PackageSource,
} from './candidates.js';
import { type Clause, clausesOf } from './clauses.js';
import { isMetByRpm } from './rpmlib-features.js';

export interface UniverseOptions extends CandidatesOptions {
  /** Whether Recommends and Supplements are followed. */
  readonly recommends: boolean;
  /** The pattern that excludes a package of this name, if one does. */
  readonly excludedBy: (name: string) => string | undefined;
}

/** The packages of an index as the solver sees them. */
export interface RpmUniverse extends Universe<RpmPackage>, Candidates {
  /** What a requirement that nothing meets asks for. */
  unmet(requirement: Requirement<RpmPackage>): readonly Dependency[] | undefined;
}

/**
 * Translates what packages say of each other into constraints, as rpm reads it: Requires, Conflicts and Obsoletes of
 * simple and of rich dependencies; for an empty root, so that an obsolete package is one that cannot be beside.
 * Recommends and Supplements are wishes; Suggests only says which of several is better; Enhances says nothing.
 */
export function createUniverse(source: PackageSource, options: UniverseOptions): RpmUniverse {
  const candidates = createCandidates(source, options);
  const { versionsOf, meeting, named, sorted } = candidates;
  const unmet = new Map<Requirement<RpmPackage>, readonly Dependency[]>();
  let supplements: ReadonlyMap<RpmPackage, readonly Constraint<RpmPackage>[]> | undefined;

  function met(dependency: Dependency): readonly RpmPackage[] | 'always' {
    const byRpm = isMetByRpm(dependency);
    if (byRpm === undefined) return meeting(dependency);
    return byRpm ? 'always' : [];
  }

  function clauses(dependency: Dependency, holds: boolean): readonly Clause<RpmPackage>[] {
    const rich = isRich(dependency)
      ? parseRichDependency(dependency.name)
      : ({ kind: 'simple', dependency } as const);
    return clausesOf(rich, holds, met);
  }

  function requires(pkg: RpmPackage): Constraint<RpmPackage>[] {
    const isPreferred = preferenceOf(pkg);
    const unlike = new Map(pkg.requires.map((dependency) => [formatDependency(dependency), dependency]));
    return [...unlike].flatMap(([text, dependency]) =>
      clauses(dependency, true).flatMap(({ anyOf, when, asks }): Constraint<RpmPackage>[] => {
        const because = `Requires: ${text}`;
        const others = when.filter((one) => one !== pkg);
        const [other] = others;
        if (anyOf.length === 0 && other !== undefined && others.length === 1) {
          return [{ kind: 'conflict', with: [other], because }];
        }
        const requirement = {
          kind: 'requirement',
          anyOf: ordered(dependency, anyOf, isPreferred),
          when: others,
          because,
        } as const;
        if (anyOf.length === 0 && others.length === 0) unmet.set(requirement, asks);
        return [requirement];
      }),
    );
  }

  /** What a package recommends or suggests is the better choice of what it requires. */
  function preferenceOf(pkg: RpmPackage): ((other: RpmPackage) => boolean) | undefined {
    const weak = [...pkg.recommends, ...pkg.suggests].filter((dependency) => !isRich(dependency));
    if (weak.length === 0) return undefined;
    const preferred = new Set(weak.flatMap(meeting));
    return (other) => preferred.has(other);
  }

  /** What meets a simple dependency is in order but for a preference. */
  function ordered(
    dependency: Dependency,
    packages: readonly RpmPackage[],
    isPreferred: ((pkg: RpmPackage) => boolean) | undefined,
  ): readonly RpmPackage[] {
    return isPreferred === undefined && !isRich(dependency) ? packages : sorted(packages, isPreferred);
  }

  /** A package is not in conflict with itself, not even with what it provides. */
  function conflicts(pkg: RpmPackage): Constraint<RpmPackage>[] {
    return pkg.conflicts.flatMap((dependency) =>
      clauses(dependency, false).flatMap(({ anyOf, when }): Constraint<RpmPackage>[] => {
        const because = `Conflicts: ${formatDependency(dependency)}`;
        const others = when.filter((one) => one !== pkg);
        const [other] = others;
        if (anyOf.length > 0) return [{ kind: 'requirement', anyOf: sorted(anyOf), when: others, because }];
        if (other === undefined) return [];
        if (others.length === 1) return [{ kind: 'conflict', with: [other], because }];
        return [{ kind: 'requirement', anyOf, when: others, because }];
      }),
    );
  }

  function obsoletes(pkg: RpmPackage): Constraint<RpmPackage>[] {
    return pkg.obsoletes.map((dependency) => ({
      kind: 'conflict',
      with: named(dependency).filter((other) => other.name !== pkg.name),
      because: `Obsoletes: ${formatDependency(dependency)}`,
    }));
  }

  function recommends(pkg: RpmPackage): Constraint<RpmPackage>[] {
    return pkg.recommends.flatMap((dependency) =>
      readable(() => clauses(dependency, true)).map(({ anyOf, when }) => ({
        kind: 'wish',
        anyOf: ordered(dependency, anyOf, undefined),
        when: when.filter((one) => one !== pkg),
        because: `Recommends: ${formatDependency(dependency)}`,
      })),
    );
  }

  /** A package that supplements several together is a wish of each, when the others are there. */
  function supplementsOf(pkg: RpmPackage): readonly Constraint<RpmPackage>[] {
    supplements ??= supplementing();
    return supplements.get(pkg) ?? [];
  }

  function supplementing(): ReadonlyMap<RpmPackage, readonly Constraint<RpmPackage>[]> {
    const wishes = new Map<RpmPackage, Constraint<RpmPackage>[]>();
    const names = new Set(source.supplementing().map(({ name }) => name));
    for (const pkg of [...names].sort().flatMap(versionsOf)) {
      for (const dependency of pkg.supplements) {
        // What is not the case in a clause of the opposite is one way for the dependency to hold.
        for (const { anyOf, when } of readable(() => clauses(dependency, false))) {
          const [first, ...others] = when;
          if (first === undefined || anyOf.length > 0) continue;
          const because = `Supplements: ${formatDependency(dependency)}`;
          const wish = { kind: 'wish', anyOf: [pkg], when: others, because } as const;
          wishes.set(first, [...(wishes.get(first) ?? []), wish]);
        }
      }
    }
    return wishes;
  }

  function constraintsOf(pkg: RpmPackage): readonly Constraint<RpmPackage>[] {
    const pattern = options.excludedBy(pkg.name);
    if (pattern !== undefined) return [{ kind: 'exclusion', because: `excluded by "${pattern}"` }];
    try {
      const rivals = versionsOf(pkg.name).filter((other) => !areBesideEachOther(pkg, other));
      return [
        { kind: 'conflict', with: rivals, because: ONE_VERSION },
        ...conflicts(pkg),
        ...obsoletes(pkg),
        ...requires(pkg),
        ...(options.recommends ? [...recommends(pkg), ...supplementsOf(pkg)] : []),
      ];
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      return [{ kind: 'exclusion', because: `not installable: ${error.message}` }];
    }
  }

  return {
    ...candidates,
    isLocked: options.isLocked,
    nameOf: ({ name, architecture }) =>
      options.architectures.indexOf(architecture) > 0 ? `${name}.${architecture}` : name,
    constraintsOf,
    unmet: (requirement) => unmet.get(requirement),
  };
}

/** The `because` of the conflict between versions of one package. */
export const ONE_VERSION = 'only one version of a package can be installed';

/** The same version for two architectures can be installed, where neither is noarch. */
function areBesideEachOther(a: RpmPackage, b: RpmPackage): boolean {
  if (a.architecture === b.architecture) return a === b;
  return ![a.architecture, b.architecture].includes('noarch') && compareEvrs(a.evr, b.evr) === 0;
}

/** A wish that cannot be read is none. */
function readable<Item>(read: () => readonly Item[]): readonly Item[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof PackageError) return [];
    throw error;
  }
}
