import { createHash } from 'node:crypto';
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
    'HTTP_WRONG_HOST',
    'HTTP_INSECURE',
    'HTTP_REDIRECT',
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

/** @param subject of the message: `the InRelease file of repository "debian"` */
export function indexTruncated(subject: string): PackageError {
  return new PackageError('INDEX_TRUNCATED', `${subject} is cut off: its end is missing`, {
    hint: 'the transfer was cut, or the mirror is broken: try again, or take another mirror',
  });
}

/** How a list that was served is not what the signed index says of it. */
export interface ListMismatch {
  readonly code: Extract<PackageErrorCode, 'LIST_ALTERED' | 'LIST_TOO_LONG' | 'LIST_TRUNCATED'>;
  readonly reason: string;
}

/** Compares a list with its size and digest in the signed index; undefined when it is right. */
export function listMismatch(
  bytes: Uint8Array,
  expected: {
    readonly size?: number | undefined;
    readonly algorithm: 'sha256' | 'sha512';
    readonly hex: string;
  },
): ListMismatch | undefined {
  const { size = bytes.length, algorithm, hex } = expected;
  if (bytes.length !== size) {
    const code = bytes.length < size ? 'LIST_TRUNCATED' : 'LIST_TOO_LONG';
    return { code, reason: `it has ${bytes.length} bytes, not ${size}` };
  }
  const actual = createHash(algorithm).update(bytes).digest('hex');
  if (actual === hex) return undefined;
  const name = algorithm === 'sha256' ? 'SHA-256' : 'SHA-512';
  return { code: 'LIST_ALTERED', reason: `its ${name} is ${actual}, not ${hex}` };
}

/** The mirror serves something else than the signed index says. */
export function listRefused(
  subject: IndexSubject,
  path: string,
  { code, reason }: ListMismatch,
): PackageError {
  return new PackageError(
    code,
    `${path} of ${describeIndex(subject)} is not what the signed index says: ${reason}`,
    {
      hint: `the mirror is just being updated and has a mix of two publications, or it is broken or tampered with: try again in some minutes, or take another mirror with --mirror ${subject.repository.name}=URL`,
      details: { ...detailsOf(subject), path },
    },
  );
}

/** The mirror serves a list of another publication than the index. @param sign how that can be told */
export function indexMixed(subject: IndexSubject, path: string, sign: string): PackageError {
  return new PackageError(
    'INDEX_MIXED',
    `${path} of ${describeIndex(subject)} is of another publication than the signed index beside it: ${sign}`,
    {
      hint: `the mirror is just being updated, or was never finished: try again in some minutes, or take another mirror with --mirror ${subject.repository.name}=URL`,
      details: { ...detailsOf(subject), path },
    },
  );
}

/** A list that is the right one, and yet does not unpack to what the index says. */
export function listNotUnpacked(subject: IndexSubject, path: string, error: unknown): PackageError {
  const tooMuch = error instanceof IcError && error.code === 'COMPRESSION_LIMIT';
  return new PackageError(
    tooMuch ? 'DECOMPRESSION_LIMIT' : 'REPOSITORY_INVALID',
    `${path} of ${describeIndex(subject)} is as the signed index says, and does not unpack to what it says: ${messageOf(error)}`,
    {
      cause: error,
      hint: tooMuch
        ? 'the list is damaged or hostile; do not use this repository'
        : 'this is the fault of the repository; use another mirror of it',
      details: { ...detailsOf(subject), path },
    },
  );
}

function detailsOf({ repository, suite }: IndexSubject): Record<string, string> {
  return { repository: repository.name, ...(suite === undefined ? {} : { suite }) };
}
