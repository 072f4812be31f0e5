import { isNameGlob, nameGlob, PackageError, type Requirement, type ResolveRequest } from '@ic/package-core';
import { nearest } from '@ic/utils';
import { compareVersions, parseEvr } from '../evr.js';
import type { RpmPackage } from '../rpm-package.js';
import type { PackageSource } from './candidates.js';
import { leftOutWords } from './left-out.js';
import type { RequestItem } from './request-item.js';
import type { RpmUniverse } from './universe.js';

/** A wish of the request that cannot be understood or met by any package. */
interface Problem {
  readonly item: string;
  readonly message: string;
  readonly hint: string;
}

/**
 * What a request asks for, one goal for each package, in the order of the request.
 * @param architecture of the target: what is asked for without one is of it, or noarch
 * @throws PackageError PACKAGE_UNKNOWN when an item names no package, or something that several packages provide
 */
export function goalsOf(
  source: PackageSource,
  universe: RpmUniverse,
  {
    items,
    exclude,
    architecture,
  }: { items: readonly RequestItem[]; architecture: string } & Pick<ResolveRequest, 'exclude'>,
): Requirement<RpmPackage>[] {
  const excluded = nameGlob(exclude);
  const goals: Requirement<RpmPackage>[] = [];
  const problems: Problem[] = [];
  for (const item of items) {
    const result = goalsOfItem(source, universe, { item, excluded, architecture });
    if (Array.isArray(result)) goals.push(...result);
    else problems.push(result);
  }
  if (problems.length === 0) return goals;
  throw new PackageError('PACKAGE_UNKNOWN', problems.map(({ message }) => message).join('; '), {
    fault: 'request',
    hint: [...new Set(problems.map(({ hint }) => hint))].join('; '),
    details: { packages: problems.map(({ item }) => item) },
  });
}

interface Asked {
  readonly item: RequestItem;
  readonly excluded: (name: string) => boolean;
  readonly architecture: string;
}

function goalsOfItem(
  source: PackageSource,
  universe: RpmUniverse,
  asked: Asked,
): Requirement<RpmPackage>[] | Problem {
  const { text: item, name, version } = asked.item;
  if (name === '' || /\s/.test(name)) {
    return {
      item,
      message: `"${item}" is not a package name`,
      hint: 'write a name, a glob, name=version, name.architecture, a capability or the path of a file',
    };
  }
  const { architecture = asked.architecture } = asked.item;
  const architectures = architecture === asked.architecture ? [architecture, 'noarch'] : [architecture];
  const fits = (pkg: RpmPackage): boolean =>
    architectures.includes(pkg.architecture) && (version === undefined || isVersion(pkg, version));
  /** What obsoletes the best version stands in for it, as in dnf; not for a version or architecture that is named. */
  const goal = (one: string, because: string): Requirement<RpmPackage> => {
    const versions = universe.versionsOf(one).filter(fits);
    const [best] = versions;
    const isPlain = version === undefined && asked.item.architecture === undefined;
    const replacements = best === undefined || !isPlain ? [] : universe.obsoleting(best).filter(fits);
    return { kind: 'requirement', anyOf: universe.lockedFirst([...replacements, ...versions]), because };
  };

  if (isNameGlob(name) && !name.startsWith('/')) {
    const included = nameGlob([name]);
    const goals = [...source.names()]
      .filter((one) => included(one) && !asked.excluded(one))
      .sort()
      .map((one) => goal(one, `${one} (${item})`))
      .filter(({ anyOf }) => anyOf.length > 0);
    if (goals.length > 0) return goals;
    return { item, message: `no package matches "${item}"`, hint: 'correct the pattern or take it out' };
  }

  const known = universe.versionsOf(name);
  if (known.some(fits)) return [goal(name, item)];
  const all = known.length > 0 ? known : source.packagesNamed(name);
  if (all.length > 0) {
    const there = all.map((pkg) => `${pkg.version} (${pkg.architecture}, ${pkg.repository})`).join(', ');
    return {
      item,
      message: `no version of the package "${name}" fits "${item}"`,
      hint: `ask for one that is there: ${name} ${there}`,
    };
  }
  return goalOfProvided(source, universe, { item: asked.item, fits });
}

function goalOfProvided(
  source: PackageSource,
  universe: RpmUniverse,
  { item: { text: item, name, version }, fits }: { item: RequestItem; fits: (pkg: RpmPackage) => boolean },
): Requirement<RpmPackage>[] | Problem {
  const provided =
    version === undefined ? { name } : ({ name, operator: '=', evr: parseEvr(version) } as const);
  const providers = universe.meeting(provided).filter((pkg) => fits(pkg) || version !== undefined);
  const names = [...new Set(providers.map((pkg) => pkg.name))];
  if (names.length === 1) return [{ kind: 'requirement', anyOf: providers, because: item }];
  if (names.length > 0) {
    return {
      item,
      message: `"${item}" is a ${name.startsWith('/') ? 'file' : 'capability'} that several packages provide`,
      hint: `name the one you want: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`,
    };
  }
  const leftOut = leftOutWords(name, source.leftOut(name));
  if (leftOut !== undefined) {
    const { reason, hint } = leftOut;
    return { item, message: `no package "${name}" can be seen: ${reason}`, hint };
  }
  const [, base = '', evr] = /^(.+?)-(\d[^-]*(?:-[^-]+)?)$/.exec(name) ?? [];
  const isEvr = evr !== undefined && source.packagesNamed(base).length > 0;
  const near = isEvr ? [`${base}=${evr}`] : nearest(name, source.names());
  return {
    item,
    message: `no repository has a package "${name}"`,
    hint:
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : `correct the name, or add the repository that has ${name}`,
  };
}

/** `6.6.*`, a version, a version and a release; each with an epoch, or without for any. */
function isVersion({ evr }: RpmPackage, wanted: string): boolean {
  const hasEpoch = /^\d+:/.test(wanted);
  if (isNameGlob(wanted)) {
    const prefix = hasEpoch ? `${evr.epoch}:` : '';
    const matches = nameGlob([wanted]);
    return matches(`${prefix}${evr.version}`) || matches(`${prefix}${evr.version}-${evr.release}`);
  }
  const { epoch, version, release } = parseEvr(wanted);
  return (
    (!hasEpoch || epoch === evr.epoch) &&
    compareVersions(version, evr.version) === 0 &&
    (release === undefined || compareVersions(release, evr.release ?? '') === 0)
  );
}
