import { PackageError, type Repository } from '@ic/package-core';
import { IcError, messageOf, redactUrl } from '@ic/utils';

/** One suite of one repository: the unit that a Release file describes. */
export interface SuiteTarget {
  readonly repository: Repository;
  /** As in sources.list: `bookworm`, or for a flat repository a folder with a slash at its end. */
  readonly suite: string;
  /** Where its Release file lies; ends with a slash. */
  readonly folderUrl: string;
  /** Flat repositories have neither components nor folders per architecture. */
  readonly flat: boolean;
}

export function suiteTarget(repository: Repository, suite: string): SuiteTarget {
  const flat = suite.endsWith('/');
  const folder = suite.replace(/^(?:\.?\/)+/, '');
  const path = flat ? folder : `dists/${folder}/`;
  return { repository, suite, flat, folderUrl: `${repository.url.replace(/\/+$/, '')}/${path}` };
}

/** What the suite is called in messages. */
export function describeTarget({ repository, suite }: SuiteTarget): string {
  return `repository "${repository.name}" (${suite})`;
}

/** A failed request as an error of the repository; a cancelled one, and what is already explained, stays as it is. */
export function unreachable(target: SuiteTarget, url: string, error: unknown): unknown {
  if (error instanceof PackageError || (error instanceof IcError && error.code === 'CANCELLED')) return error;
  const [shown, message] = [redactUrl(url), messageOf(error)];
  const untrusted = error instanceof IcError && error.code === 'HTTP_UNTRUSTED';
  return new PackageError(
    'REPOSITORY_UNREACHABLE',
    `${describeTarget(target)} cannot be read${message.includes(shown) ? '' : ` from ${shown}`}: ${message}`,
    {
      cause: error,
      hint: untrusted
        ? error.hint
        : `check the network, or name another mirror with --mirror ${target.repository.name}=URL`,
      details: { repository: target.repository.name, suite: target.suite, url: shown },
    },
  );
}

export function notCached(target: SuiteTarget, what: string): PackageError {
  return new PackageError(
    'REPOSITORY_UNREACHABLE',
    `${describeTarget(target)} cannot be read offline: ${what} is not in the cache`,
    {
      hint: 'run once without --offline to fill the cache',
      details: { repository: target.repository.name, suite: target.suite },
    },
  );
}

/** The mirror serves something else than the signed list says. */
export function mismatch(target: SuiteTarget, path: string, reason: string, cause?: unknown): PackageError {
  return new PackageError(
    'HASH_MISMATCH',
    `${path} of ${describeTarget(target)} is not what the signed index says: ${reason}`,
    {
      cause,
      hint: 'the mirror is just being updated, broken or tampered with; try again in some minutes, or another mirror',
      details: { repository: target.repository.name, suite: target.suite, path },
    },
  );
}
