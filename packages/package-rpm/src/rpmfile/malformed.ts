import { damagedArchiveCode, PackageError, type PackageErrorCode } from '@ic/package-core';
import { IcError, messageOf } from '@ic/utils';

/** Why a package file is not what the format asks for; `unsound` makes an error for people of it. */
class Malformed extends Error {
  constructor(
    reason: string,
    readonly code: PackageErrorCode,
  ) {
    super(reason);
  }
}

export function malformed(reason: string): Error {
  return new Malformed(reason, 'PACKAGE_INVALID');
}

/** The same of a file that would not end up where its path says. */
export function escapes(reason: string): Error {
  return new Malformed(reason, 'MEMBER_ESCAPES');
}

/**
 * What is wrong with the bytes of a package (a reason of `malformed`, a damaged archive) as the package's fault; other
 * errors, such as a missing program or a cancelled build, stay what they are.
 */
export function unsound(error: unknown, subject = 'the package'): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  return new PackageError(code, `${subject} is not a sound rpm package: ${messageOf(error)}`, {
    cause: error,
    hint: 'the repository serves a broken package; use another mirror or another version of it',
  });
}

function codeOf(error: unknown): PackageErrorCode | undefined {
  if (error instanceof Malformed) return error.code;
  return error instanceof IcError ? damagedArchiveCode(error.code) : undefined;
}
