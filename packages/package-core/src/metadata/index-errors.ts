import { IcError, messageOf, redactUrl, UtilsError } from '@ic/utils';
import type { Repository } from '../contract.js';
import { PackageError, type PackageErrorCode } from '../errors.js';

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

/** How a file is not what the signed list says: its bytes, how many there are, or how many it unpacks to. */
export interface Mismatch {
  readonly code: Extract<PackageErrorCode, 'HASH_MISMATCH' | 'SIZE_MISMATCH' | 'DECOMPRESSION_LIMIT'>;
  readonly reason: string;
  readonly cause?: unknown;
}

/** The mirror serves something else than the signed list says. */
export function indexMismatch(
  subject: IndexSubject,
  path: string,
  { code, reason, cause }: Mismatch,
): PackageError {
  return new PackageError(
    code,
    `${path} of ${describeIndex(subject)} is not what the signed index says: ${reason}`,
    {
      cause,
      hint: `the mirror is just being updated and has a mix of two publications, or it is broken or tampered with: try again in some minutes, or take another mirror with --mirror ${subject.repository.name}=URL`,
      details: { ...detailsOf(subject), path },
    },
  );
}

/** The mirror serves a list that was right with an index of earlier, and is not with this one. */
export function indexMixed(subject: IndexSubject, path: string): PackageError {
  return new PackageError(
    'INDEX_MIXED',
    `${path} of ${describeIndex(subject)} is of an earlier publication than the signed index beside it`,
    {
      hint: `the mirror is just being updated, or was never finished: try again in some minutes, or take another mirror with --mirror ${subject.repository.name}=URL`,
      details: { ...detailsOf(subject), path },
    },
  );
}

/** Bytes that are the right ones, and yet do not unpack. */
export function mismatchOfUnpacking(error: unknown): Mismatch {
  const tooMuch = error instanceof IcError && error.code === 'COMPRESSION_LIMIT';
  return {
    code: tooMuch ? 'DECOMPRESSION_LIMIT' : 'HASH_MISMATCH',
    reason: messageOf(error),
    cause: error,
  };
}

function detailsOf({ repository, suite }: IndexSubject): Record<string, string> {
  return { repository: repository.name, ...(suite === undefined ? {} : { suite }) };
}
