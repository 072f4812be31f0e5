import { nearest } from '@ic/utils';
import { PackageError } from '../errors.js';
import type { Reason, Requirement } from './problem.js';

/** What a family puts into words of its own. */
export interface ExplanationWords<Package> {
  /** What a requirement of nobody in particular is there for: `vim is asked for`. */
  goal(requirement: Requirement<Package>): string;
  /** `app 1 needs libc6 (>= 3) (Depends)`, and no more than that where nothing meets it. */
  need(pkg: Package, requirement: Requirement<Package>): string;
  /** `app 1 cannot be together with old 2 (Conflicts: old)`. */
  collision(pkg: Package, other: Package, because: string): string;
  /** What a requirement that nothing meets, for want of a package, asks for. */
  unmet(requirement: Requirement<Package>): Unmet<Package> | undefined;
  /** Whether a goal is the template's own wish, which can be taken back. */
  isAsked(requirement: Requirement<Package>): boolean;
  /** The names of packages that are there, for near ones. */
  names(): Iterable<string>;
  /** Where packages come from: what could have another version, what could have a name. */
  readonly places: { readonly version: string; readonly name: string };
}

/** A relation that no package meets. */
export interface Unmet<Package> {
  /** Of the first alternative; its relation as it is written: `libc6 (>= 3)`. */
  readonly name: string;
  readonly relation: string;
  /** The best package of that name, and those of all alternatives: none will do. */
  readonly best: Package | undefined;
  readonly there: readonly Package[];
  /** The names of alternatives of which no package is there. */
  readonly missing: readonly string[];
  /** Why packages of these names are not seen that repositories do have. */
  readonly leftOut: LeftOutWords | undefined;
}

/** Why a package is not seen that a repository does have, and the way out. */
export interface LeftOutWords {
  readonly reason: string;
  readonly hint: string;
}

interface Named {
  readonly name: string;
  readonly version: string;
}

/** Lines of an explanation before the rest is only counted. */
const LINES = 16;

/** The PACKAGE_UNSOLVABLE error for an explanation: one line for each reason, and the nearest way out as a hint. Pure. */
export function unsolvable<Package extends Named>(
  explanation: readonly Reason<Package>[],
  words: ExplanationWords<Package>,
): PackageError {
  const reasons = explanation.map((reason) => line(reason, words));
  const missing = explanation.flatMap((reason) => {
    const unmet = reason.kind === 'requirement' ? words.unmet(reason.requirement) : undefined;
    return unmet?.missing ?? [];
  });
  const shown =
    reasons.length > LINES
      ? [...reasons.slice(0, LINES - 1), `and ${reasons.length - LINES + 1} more`]
      : reasons;
  return new PackageError(
    'PACKAGE_UNSOLVABLE',
    `no set of packages meets the request, because\n${shown.map((text) => `  ${text}`).join('\n')}`,
    { fault: 'request', hint: wayOut(explanation, words), details: { reasons, missing } },
  );
}

/** How a package is called in explanations. */
export function packageTitle({ name, version }: Named): string {
  return `${name} ${version}`;
}

function line<Package extends Named>(reason: Reason<Package>, words: ExplanationWords<Package>): string {
  if (reason.kind === 'exclusion') return `${packageTitle(reason.pkg)} is ${reason.because}`;
  if (reason.kind === 'conflict') return words.collision(reason.pkg, reason.other, reason.because);
  const { pkg, requirement } = reason;
  if (pkg === undefined) return words.goal(requirement);
  const need = words.need(pkg, requirement);
  const unmet = words.unmet(requirement);
  if (unmet === undefined) return need;
  const { there, leftOut } = unmet;
  if (there.length > 0) {
    return `${need}, but only ${there.map(packageTitle).join(', ')} ${there.length === 1 ? 'is' : 'are'} there`;
  }
  return leftOut === undefined ? `${need}, which no repository has` : `${need}, but ${leftOut.reason}`;
}

function wayOut<Package extends Named>(
  explanation: readonly Reason<Package>[],
  words: ExplanationWords<Package>,
): string {
  for (const reason of explanation) {
    if (reason.kind === 'exclusion' && reason.because.startsWith('excluded')) {
      return `take ${reason.pkg.name} out of what is excluded, or leave out what needs it`;
    }
    const unmet = reason.kind === 'requirement' ? words.unmet(reason.requirement) : undefined;
    if (unmet !== undefined) return wayToMeet(unmet, words);
  }
  const asked = explanation.flatMap((reason) =>
    reason.kind === 'requirement' && reason.pkg === undefined && words.isAsked(reason.requirement)
      ? [reason.requirement.because]
      : [],
  );
  return asked.length > 1
    ? `leave out one of ${asked.join(', ')}, or ask for another version of it`
    : `leave out ${asked[0] ?? 'what collides'}, or ask for another version of it`;
}

function wayToMeet<Package extends Named>(
  { name, relation, best, leftOut }: Unmet<Package>,
  { places, names }: ExplanationWords<Package>,
): string {
  if (best !== undefined) {
    return `add ${places.version} that has ${relation}; ${packageTitle(best)} is the best version there is`;
  }
  if (leftOut !== undefined) return leftOut.hint;
  const [near] = nearest(name, names(), 1);
  return `add ${places.name} that has ${name}${near === undefined ? '' : `; the nearest name there is is ${near}`}`;
}
