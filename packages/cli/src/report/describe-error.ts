import { IcError, messageOf } from '@ic/utils';
import { CliError } from '../errors.js';
import { safeData, safeText } from './safe-text.js';

/** Anything that can be thrown, as one of ours: what is not an IcError is a defect and asks to be reported. */
export function asIcError(error: unknown): IcError {
  if (error instanceof IcError) return error;
  return new CliError('INTERNAL', `something went wrong that should not have: ${messageOf(error)}`, {
    cause: error,
    hint: 'this is a defect of Image Composer; please report it with the output of the same command with -v',
  });
}

/** An error for people: one paragraph, what to do next, and with `verbose` its causes and where it came from. */
export function describeError(error: IcError, verbose: boolean): string {
  const lines = [`error[${error.code}]: ${error.message}`];
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (verbose) {
    if (Object.keys(error.details).length > 0) lines.push(`details: ${JSON.stringify(error.details)}`);
    lines.push(...stackOf(error));
    for (const cause of causes(error)) {
      lines.push(`caused by: ${messageOf(cause)}`, ...stackOf(cause));
    }
  }
  return safeText(`${lines.join('\n')}\n`);
}

/** An error for programs: the object of one JSON line. */
export function errorData(error: IcError, verbose: boolean): unknown {
  return safeData({
    type: 'error',
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    fault: error.fault,
    details: error.details,
    ...(verbose ? { stack: error.stack, causes: causes(error).map(messageOf) } : {}),
  });
}

function causes(error: Error): unknown[] {
  const found: unknown[] = [];
  let cause = error.cause;
  while (cause !== undefined && !found.includes(cause)) {
    found.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return found;
}

function stackOf(error: unknown): string[] {
  const stack = error instanceof Error ? error.stack : undefined;
  return (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
}
