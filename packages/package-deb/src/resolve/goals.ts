import { isNameGlob, nameGlob, PackageError, type Requirement, type ResolveRequest } from '@ic/package-core';
import { nearest } from '@ic/utils';
import type { DebPackage } from '../packages-index.js';
import { compareVersions } from '../version.js';
import { leftOutWords } from './left-out.js';
import type { DebUniverse, PackageSource } from './universe.js';

/** A wish of the request that cannot be understood or met by any package. */
interface Problem {
  readonly item: string;
  readonly message: string;
  readonly hint: string;
  /** A name that no repository has, or shows. */
  readonly missing?: string | undefined;
}

/**
 * What a request asks for, one goal for each package, in the order of the request, then the base.
 * @throws PackageError PACKAGE_UNKNOWN when an item names no package, or a virtual one that several packages provide
 */
export function goalsOf(
  source: PackageSource,
  universe: DebUniverse,
  request: ResolveRequest,
): Requirement<DebPackage>[] {
  const goals: Requirement<DebPackage>[] = [];
  const problems: Problem[] = [];
  for (const item of request.packages) {
    const result = goalsOfItem(source, universe, request, item);
    if (Array.isArray(result)) goals.push(...result);
    else problems.push(result);
  }
  if (problems.length > 0) {
    throw new PackageError('PACKAGE_UNKNOWN', problems.map(({ message }) => message).join('; '), {
      fault: 'request',
      hint: [...new Set(problems.map(({ hint }) => hint))].join('; '),
      details: {
        packages: problems.map(({ item }) => item),
        missing: problems.flatMap(({ missing }) => missing ?? []),
      },
    });
  }
  return [...goals, ...baseGoals(source, universe, request)];
}

/** `name`, `name:architecture`, a glob; each with `=version` (or a glob over versions) or `/suite` behind it. */
const ITEM = /^(?<name>[^=/:\s]+)(?::(?<architecture>[a-z0-9-]+))?(?:=(?<version>\S+)|\/(?<suite>\S+))?$/;

function goalsOfItem(
  source: PackageSource,
  universe: DebUniverse,
  request: ResolveRequest,
  item: string,
): Requirement<DebPackage>[] | Problem {
  const { name, architecture, version, suite } = ITEM.exec(item.trim())?.groups ?? {};
  if (name === undefined) {
    return {
      item,
      message: `"${item}" is not a package name`,
      hint: 'write a name, a glob, name=version or name/suite',
    };
  }
  const fits = (pkg: DebPackage): boolean =>
    (version === undefined || isVersion(pkg.version, version)) &&
    (suite === undefined || pkg.suite === suite) &&
    (architecture === undefined ||
      [pkg.architecture, 'native'].includes(architecture) ||
      pkg.architecture === 'all');
  const goal = (packages: readonly DebPackage[], because = item): Requirement<DebPackage> => ({
    kind: 'requirement',
    anyOf: packages.filter(fits),
    because,
  });

  if (isNameGlob(name)) {
    const included = nameGlob([name]);
    const excluded = nameGlob(request.exclude);
    const goals = [...source.names()]
      .filter((one) => included(one) && !excluded(one))
      .sort()
      .map((one) => goal(universe.versionsOf(one), `${one} (${item})`))
      .filter(({ anyOf }) => anyOf.length > 0);
    if (goals.length > 0) return goals;
    return { item, message: `no package matches "${item}"`, hint: 'correct the pattern or take it out' };
  }

  const versions = universe.versionsOf(name);
  if (versions.some(fits)) return [goal(versions)];
  if (versions.length > 0) {
    const known = versions.map((pkg) => `${pkg.version} (${pkg.suite})`).join(', ');
    return {
      item,
      message: `no version of the package "${name}" fits "${item}"`,
      hint: `ask for one that is there: ${name} ${known}`,
    };
  }
  return goalOfVirtual(source, universe, { item, name, goal });
}

function goalOfVirtual(
  source: PackageSource,
  universe: DebUniverse,
  asked: { item: string; name: string; goal: (packages: readonly DebPackage[]) => Requirement<DebPackage> },
): Requirement<DebPackage>[] | Problem {
  const { item, name } = asked;
  const providers = universe.meeting([{ name, text: name }]);
  const names = [...new Set(providers.map((pkg) => pkg.name))];
  if (names.length === 1) {
    const goal = asked.goal(providers);
    if (goal.anyOf.length > 0) return [goal];
  }
  if (names.length > 0) {
    return {
      item,
      message: `"${item}" is a virtual package that ${names.length === 1 ? 'one package provides' : 'several packages provide'}`,
      hint: `name the one you want: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`,
    };
  }
  const hidden = source
    .packagesNamed(name)
    .map(
      ({ version, architecture, repository, priority }) =>
        `${name} ${version} (${architecture}, repository "${repository}" of priority ${priority})`,
    );
  if (hidden.length > 0) {
    return {
      item,
      message: `no package "${name}" may be chosen: only ${hidden.join(', ')} is there`,
      hint: 'change the priority of that repository, or add one that has it for this architecture',
    };
  }
  const leftOut = leftOutWords(source.leftOut(name));
  if (leftOut !== undefined) {
    const { reason, hint } = leftOut;
    return { item, missing: name, message: `no package "${name}" can be seen: ${reason}`, hint };
  }
  const near = nearest(name, source.names());
  return {
    item,
    missing: name,
    message: `no repository has a package "${name}"`,
    hint:
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : `correct the name, or add the repository or component that has ${name}`,
  };
}

function isVersion(version: string, wanted: string): boolean {
  return isNameGlob(wanted) ? nameGlob([wanted])(version) : compareVersions(version, wanted) === 0;
}

function baseGoals(
  source: PackageSource,
  universe: DebUniverse,
  { base = 'essential', exclude }: ResolveRequest,
): Requirement<DebPackage>[] {
  if (base === 'none') return [];
  const excluded = nameGlob(exclude);
  const names = new Set([...source.basePackages()].map((pkg) => pkg.name));
  return [...names].sort().flatMap((name) => {
    const anyOf = universe.versionsOf(name);
    const [best] = anyOf;
    if (best === undefined || excluded(name)) return [];
    if (best.essential) return [{ kind: 'requirement', anyOf, because: ESSENTIAL }];
    if (base !== 'required' || best.importance !== 'required') return [];
    return [{ kind: 'requirement', anyOf, because: REQUIRED }];
  });
}

const ESSENTIAL = 'Essential: yes';
const REQUIRED = 'Priority: required';

/** Whether this is the `because` of goals that nobody asked for. */
export function isBase(because: string): boolean {
  return because === ESSENTIAL || because === REQUIRED;
}
