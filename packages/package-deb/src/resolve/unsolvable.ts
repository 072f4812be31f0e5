import { PackageError, type Reason } from '@ic/package-core';
import { nearest } from '@ic/utils';
import type { DebPackage } from '../packages-index.js';
import { isBase } from './goals.js';
import { leftOutWords } from './left-out.js';
import { type DebUniverse, ONE_VERSION, type PackageSource } from './universe.js';

const LINES = 16;

/** The PACKAGE_UNSOLVABLE error for an explanation: one line for each reason, and the nearest way out as a hint. */
export function unsolvable(
  source: PackageSource,
  universe: DebUniverse,
  explanation: readonly Reason<DebPackage>[],
): PackageError {
  const reasons = explanation.map((reason) => line(source, universe, reason));
  const missing = explanation
    .flatMap((reason) => (reason.kind === 'requirement' ? (universe.unmet(reason.requirement) ?? []) : []))
    .map(({ name }) => name)
    .filter((name) => universe.versionsOf(name).length === 0);
  const shown =
    reasons.length > LINES
      ? [...reasons.slice(0, LINES - 1), `and ${reasons.length - LINES + 1} more`]
      : reasons;
  return new PackageError(
    'PACKAGE_UNSOLVABLE',
    `no set of packages meets the request, because\n${shown.map((text) => `  ${text}`).join('\n')}`,
    { fault: 'request', hint: wayOut(source, universe, explanation), details: { reasons, missing } },
  );
}

const title = (pkg: DebPackage): string => `${pkg.name} ${pkg.version}`;

function line(source: PackageSource, universe: DebUniverse, reason: Reason<DebPackage>): string {
  if (reason.kind === 'exclusion') return `${title(reason.pkg)} is ${reason.because}`;
  if (reason.kind === 'conflict') {
    const { pkg, other, because } = reason;
    if (because === ONE_VERSION) return `${title(pkg)} and ${title(other)} are versions of one package`;
    return `${title(pkg)} cannot be together with ${title(other)} (${because})`;
  }
  const { pkg, requirement } = reason;
  if (pkg === undefined) {
    if (!isBase(requirement.because)) return `${requirement.because} is asked for`;
    return `${requirement.anyOf[0]?.name} is part of every image (${requirement.because})`;
  }
  const needs = `${title(pkg)} needs ${requirement.because.replace(/^(.*?): (.*)$/, '$2 ($1)')}`;
  const relations = universe.unmet(requirement);
  if (relations === undefined) return needs;
  const there = relations.flatMap(({ name }) => universe.versionsOf(name)).map(title);
  if (there.length > 0) {
    return `${needs}, but only ${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there`;
  }
  const leftOut = leftOutWords(relations.flatMap(({ name }) => source.leftOut(name)));
  return leftOut === undefined ? `${needs}, which no repository has` : `${needs}, but ${leftOut.reason}`;
}

function wayOut(
  source: PackageSource,
  universe: DebUniverse,
  explanation: readonly Reason<DebPackage>[],
): string {
  for (const reason of explanation) {
    if (reason.kind === 'exclusion' && reason.because.startsWith('excluded')) {
      return `take ${reason.pkg.name} out of what is excluded, or leave out what needs it`;
    }
    if (reason.kind !== 'requirement') continue;
    const relations = universe.unmet(reason.requirement) ?? [];
    const [relation] = relations;
    if (relation === undefined) continue;
    const [best] = universe.versionsOf(relation.name);
    if (best !== undefined) {
      return `add a repository or suite that has ${relation.text}; ${title(best)} is the best version there is`;
    }
    const leftOut = leftOutWords(relations.flatMap(({ name }) => source.leftOut(name)));
    if (leftOut !== undefined) return leftOut.hint;
    const near = nearest(relation.name, source.names(), 1);
    return `add the repository or component that has ${relation.name}${near.length > 0 ? `; the nearest name there is is ${near[0]}` : ''}`;
  }
  const asked = explanation
    .filter((reason) => reason.kind === 'requirement' && reason.pkg === undefined)
    .flatMap((reason) => (reason.kind === 'requirement' ? [reason.requirement.because] : []))
    .filter((because) => !isBase(because));
  return asked.length > 1
    ? `leave out one of ${asked.join(', ')}, or ask for another version of it`
    : `leave out ${asked[0] ?? 'what collides'}, or ask for another version of it`;
}
