import { IcError, messageOf, redactUrl, UtilsError } from '@ic/utils';
import type { Repository } from '../contract.js';
import { PackageError } from '../errors.js';

/** What messages are about: one index of one repository. */
export interface IndexSubject {
  readonly repository: Pick<Repository, 'name'>;
  /** Where the family has such. */
  readonly suite?: string | undefined;
}

/** What the index is called in messages. */
export function describeIndex({ repository, suite }: IndexSubject): string {
  return `repository "${repository.name}"${suite === undefined ? '' : ` (${suite})`}`;
}

/** A failed request as an error of the repository; a cancelled one, and what is already explained, stays as it is. */
export function indexUnreachable(subject: IndexSubject, url: string, error: unknown): unknown {
  if (error instanceof PackageError || (error instanceof IcError && error.code === 'CANCELLED')) return error;
  const [shown, message] = [redactUrl(url), messageOf(error)];
  const text = `${describeIndex(subject)} cannot be read${message.includes(shown) ? '' : ` from ${shown}`}: ${message}`;
  const details = { ...detailsOf(subject), url: shown };
  if (error instanceof UtilsError && isUnsafeServer(error)) {
    return new UtilsError(error.code, text, { cause: error, hint: error.hint, fault: error.fault, details });
  }
  return new PackageError('REPOSITORY_UNREACHABLE', text, {
    cause: error,
    hint: `check the network, or name another mirror with --mirror ${subject.repository.name}=URL`,
    details,
  });
}

/** A connection that is not made because it would not be safe, or as it was asked for: its code says more than that of the repository. */
export function isUnsafeServer(error: unknown): boolean {
  const codes: readonly string[] = [
    'HTTP_UNTRUSTED',
    'HTTP_INSECURE',
    'HTTP_TLS_TOO_OLD',
    'HTTP_PROXY',
    'TLS_INVALID',
  ];
  return error instanceof UtilsError && codes.includes(error.code);
}

export function indexNotCached(subject: IndexSubject, what: string): PackageError {
  return new PackageError(
    'REPOSITORY_UNREACHABLE',
    `${describeIndex(subject)} cannot be read offline: ${what} is not in the cache`,
    {
      hint: 'run once without --offline to fill the cache',
      details: { ...detailsOf(subject) },
    },
  );
}

/** The mirror serves something else than the signed list says. */
export function indexMismatch(
  subject: IndexSubject,
  path: string,
  reason: string,
  cause?: unknown,
): PackageError {
  return new PackageError(
    'HASH_MISMATCH',
    `${path} of ${describeIndex(subject)} is not what the signed index says: ${reason}`,
    {
      cause,
      hint: `the mirror is just being updated and has a mix of two publications, or it is broken or tampered with: try again in some minutes, or take another mirror with --mirror ${subject.repository.name}=URL`,
      details: { ...detailsOf(subject), path },
    },
  );
}

function detailsOf({ repository, suite }: IndexSubject): Record<string, string> {
  return { repository: repository.name, ...(suite === undefined ? {} : { suite }) };
}
