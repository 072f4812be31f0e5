import type { LockResult } from '@ic/compose';
import { usageError } from '../errors.js';
import { describeLockChanges } from '../report/describe-lock-changes.js';
import { type RepositoryFlags, resolveOptions } from '../resolve-options.js';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

export interface LockFlags extends TemplateFlags, RepositoryFlags {
  readonly update: boolean;
}

/** What a call of `ic lock` is about. */
export interface LockArguments {
  readonly template: string;
  /** Of `--update`; none stands for all. */
  readonly packages: readonly string[];
}

/** `ic lock`: the exact packages of a template are written beside it; what changed is the command's output. */
export async function lock(
  { template, packages }: LockArguments,
  flags: LockFlags,
  session: Session,
): Promise<number> {
  if (packages.length > 0 && !flags.update) {
    throw usageError(
      `"${packages.join(' ')}" names packages that are not to be updated`,
      'write "ic lock --update TEMPLATE PKG…", and one template at a time',
    );
  }
  const request = templateRequest(template, flags);
  const options = {
    ...(await resolveOptions(flags, session.io.env)),
    ...(flags.update && { update: packages.length === 0 ? ('all' as const) : packages }),
  };
  const room = await session.library.compose();
  const result = await room.lock(request, options, session.context);
  session.reporter.value(describeLockChanges(result.changes ?? []), dataOf(result));
  session.reporter.note(`${result.path}: ${summary(result)}`);
  return 0;
}

function dataOf({ path, lockfile, changes = [] }: LockResult): unknown {
  return { path, packages: lockfile.packages.length, changes };
}

function summary({ lockfile, changes }: LockResult): string {
  const locked = `locked packages: ${lockfile.packages.length}`;
  return changes === undefined ? locked : `${locked}, changed: ${changes.length}`;
}
