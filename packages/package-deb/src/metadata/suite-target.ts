import type { Repository } from '@ic/package-core';

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
