import { PackageError } from '../errors.js';

/**
 * The results of reading several indexes at once. When some fail, the error is that of the first in the order of `work`, and
 * nothing is being read any more by then. Offline all that is missing is said in one error.
 *
 * @throws PackageError REPOSITORY_UNREACHABLE; what the work throws
 */
export async function readAll<T>(work: readonly Promise<T>[], offline: boolean): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  const errors: unknown[] = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (!offline && errors.length > 0) throw errors[0];
  const absent = errors.filter(isAbsence);
  if (errors.length > absent.length) throw errors.find((error) => !isAbsence(error));
  if (absent.length === 1) throw absent[0];
  if (absent.length > 1) throw together(absent);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function isAbsence(error: unknown): error is PackageError {
  return error instanceof PackageError && ['REPOSITORY_UNREACHABLE', 'KEY_UNAVAILABLE'].includes(error.code);
}

function together(absent: readonly PackageError[]): PackageError {
  const missing = absent.flatMap(({ message, details }) =>
    Array.isArray(details.missing) ? (details.missing as string[]) : [message],
  );
  return new PackageError('REPOSITORY_UNREACHABLE', missing.join('; '), {
    cause: absent[0],
    hint: 'run once without --offline to fill the cache',
    details: { missing },
  });
}
