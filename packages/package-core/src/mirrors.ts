import { type Context, IcError, messageOf, redactUrl } from '@ic/utils';
import type { Repository } from './contract.js';

/** Which mirrors of its repositories failed in a build. */
export interface Mirrors {
  /**
   * What the first mirror gives for which `work` succeeds: the repository is handed over with that mirror as its `url`, the others
   * as its `mirrors`. One that fails is warned of once (MIRROR_FAILED) and asked last from then on. When all fail, the
   * failure of the first is thrown.
   */
  first<T>(repository: Repository, context: Context, work: (from: Repository) => Promise<T>): Promise<T>;
}

/** Failures that another mirror would not mend. */
const NOT_OF_THE_MIRROR = new Set([
  'CANCELLED',
  'DISK_FULL',
  'FOLDER_UNUSABLE',
  'KEY_UNPINNED',
  'KEY_UNAVAILABLE',
  'KEY_REJECTED',
]);

export function createMirrors(): Mirrors {
  const failed = new Set<string>();

  const fail = (repository: Repository, url: string, context: Context, error: unknown) => {
    if (failed.has(url)) return;
    failed.add(url);
    context.events({
      type: 'warning',
      code: 'MIRROR_FAILED',
      message: `a mirror of the repository "${repository.name}", ${redactUrl(url)}, failed and is asked last from now on: ${messageOf(error)}`,
    });
  };
  return {
    async first(repository, context, work) {
      const urls = [repository.url, ...(repository.mirrors ?? [])];
      if (urls.length === 1) return work(repository);
      let first: unknown;
      for (const url of [...urls].sort((a, b) => Number(failed.has(a)) - Number(failed.has(b)))) {
        try {
          return await work({ ...repository, url, mirrors: urls.filter((other) => other !== url) });
        } catch (error) {
          if (!isOfTheMirror(error)) throw error;
          fail(repository, url, context, error);
          first ??= error;
        }
      }
      throw first;
    },
  };
}

function isOfTheMirror(error: unknown): boolean {
  return error instanceof IcError && error.fault === 'failure' && !NOT_OF_THE_MIRROR.has(error.code);
}
