import { PackageError, type Reason } from '@ic/package-core';
import { nearest } from '@ic/utils';
import { formatDependency } from '../dependency.js';
import type { RpmPackage } from '../rpm-package.js';
import type { PackageSource } from './candidates.js';
import { leftOutText } from './left-out.js';
import { ONE_VERSION, type RpmUniverse } from './universe.js';

const LINES = 16;

/** The PACKAGE_UNSOLVABLE error for an explanation: one line for each reason, and the nearest way out as a hint. */
export function unsolvable(
  source: PackageSource,
  universe: RpmUniverse,
  explanation: readonly Reason<RpmPackage>[],
): PackageError {
  const reasons = explanation.map((reason) => line(source, universe, reason));
  const shown =
    reasons.length > LINES
      ? [...reasons.slice(0, LINES - 1), `and ${reasons.length - LINES + 1} more`]
      : reasons;
  return new PackageError(
    'PACKAGE_UNSOLVABLE',
    `no set of packages meets the request, because\n${shown.map((text) => `  ${text}`).join('\n')}`,
    { fault: 'request', hint: wayOut(source, universe, explanation), details: { reasons } },
  );
}

const title = (pkg: RpmPackage): string => `${pkg.name} ${pkg.version}`;

function line(source: PackageSource, universe: RpmUniverse, reason: Reason<RpmPackage>): string {
  if (reason.kind === 'exclusion') return `${title(reason.pkg)} is ${reason.because}`;
  if (reason.kind === 'conflict') {
    const { pkg, other, because } = reason;
    if (because !== ONE_VERSION) return `${title(pkg)} cannot be together with ${title(other)} (${because})`;
    if (pkg.version !== other.version || pkg.architecture === other.architecture)
      return `${title(pkg)} and ${title(other)} are versions of one package`;
    return `${title(pkg)} cannot be there for ${pkg.architecture} and ${other.architecture}`;
  }
  const { pkg, requirement } = reason;
  if (pkg === undefined) return `${requirement.because} is asked for`;
  const { anyOf, when = [], because } = requirement;
  if (anyOf.length === 0 && when.length > 0) {
    return `${title(pkg)} cannot be together with ${when.map(title).join(' and ')} (${because})`;
  }
  const [, field = '', text = ''] = /^(.*?): (.*)$/s.exec(because) ?? [];
  if (field === 'Conflicts') return `${title(pkg)} conflicts with ${text}`;
  const needs = `${title(pkg)} needs ${text} (${field})`;
  const asked = universe.unmet(requirement);
  if (asked === undefined) return needs;
  const there = asked.flatMap(({ name }) => universe.meeting({ name })).map(title);
  if (there.length > 0) {
    return `${needs}, but only ${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there`;
  }
  const leftOut = leftOutText(asked.flatMap(({ name }) => source.leftOut(name)));
  if (leftOut !== undefined) return `${needs}, but ${leftOut}`;
  return `${needs}, which no repository has`;
}

function wayOut(
  source: PackageSource,
  universe: RpmUniverse,
  explanation: readonly Reason<RpmPackage>[],
): string {
  for (const reason of explanation) {
    if (reason.kind === 'exclusion' && reason.because.startsWith('excluded')) {
      return `take ${reason.pkg.name} out of what is excluded, or leave out what needs it`;
    }
    if (reason.kind !== 'requirement') continue;
    const dependency = universe.unmet(reason.requirement)?.[0];
    if (dependency === undefined) continue;
    const { name } = dependency;
    const [best] = universe.meeting({ name });
    if (best !== undefined) {
      return `add a repository that has ${formatDependency(dependency)}; ${title(best)} is the best version there is`;
    }
    const near = nearest(name, source.names(), 1);
    return `add the repository that has ${name}${near.length > 0 ? `; the nearest name there is is ${near[0]}` : ''}`;
  }
  const asked = explanation.flatMap((reason) =>
    reason.kind === 'requirement' && reason.pkg === undefined ? [reason.requirement.because] : [],
  );
  return asked.length > 1
    ? `leave out one of ${asked.join(', ')}, or ask for another version of it`
    : `leave out ${asked[0] ?? 'what collides'}, or ask for another version of it`;
}
