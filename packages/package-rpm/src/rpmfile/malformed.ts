import { PackageError } from '@ic/package-core';
import { IcError, messageOf } from '@ic/utils';

/** Why a package file is not what the format asks for; `unsound` makes an error for people of it. */
class Malformed extends Error {}

export function malformed(reason: string): Error {
  return new Malformed(reason);
}

/**
 * What is wrong with the bytes of a package (a reason of `malformed`, a damaged archive) as the package's fault; other
 * errors, such as a missing program or a cancelled build, stay what they are.
 */
export function unsound(error: unknown, subject = 'the package'): unknown {
  const ofTheBytes =
    error instanceof Malformed || (error instanceof IcError && /^(?:ARCHIVE|COMPRESSION)_/.test(error.code));
  if (!ofTheBytes) return error;
  return new PackageError('PACKAGE_INVALID', `${subject} is not a sound rpm package: ${messageOf(error)}`, {
    cause: error,
    hint: 'the repository serves a broken package; use another mirror or another version of it',
  });
}
