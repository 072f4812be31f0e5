import { IcError } from '@ic/utils';

/** Codes of `@ic/cli`. */
export type CliErrorCode =
  | 'USAGE' // the arguments do not make sense
  | 'INTERNAL'; // a defect of this program: something was thrown that is not an IcError

export class CliError extends IcError<CliErrorCode> {}

/** An argument or option that cannot be used: exit code 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError('USAGE', message, { fault: 'request', hint });
}
