import type { Reason } from './problem.js';

/** Reasons as one tells them: what was asked for, what that leads to step by step, and last what collides. */
export function orderedReasons<Package>(reasons: readonly Reason<Package>[]): Reason<Package>[] {
  const ordered: Reason<Package>[] = [];
  const reached = new Set<Package>();
  const tell = (reason: Reason<Package>): void => {
    ordered.push(reason);
    if (reason.kind === 'requirement') for (const pkg of reason.requirement.anyOf) reached.add(pkg);
  };
  const steps = reasons.filter((reason) => reason.kind !== 'conflict');
  for (const reason of steps) if (reason.pkg === undefined) tell(reason);
  // A set yields what is added to it while it is walked.
  for (const pkg of reached) for (const reason of steps) if (reason.pkg === pkg) tell(reason);
  return [...ordered, ...reasons.filter((reason) => reason.kind === 'conflict')];
}
