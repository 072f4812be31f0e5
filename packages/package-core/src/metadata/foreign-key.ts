import type { Context } from '@ic/utils';
import type { Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import type { MetadataCache } from './metadata-cache.js';
import { repositoryTrust } from './repository-trust.js';

export interface ForeignKeyRequest {
  /** Whose index or package the error is about. */
  readonly repository: Repository;
  /** All of the build. */
  readonly repositories: readonly Repository[];
  readonly cache: MetadataCache;
  readonly context: Context;
}

/**
 * Makes KEY_FOREIGN of a KEY_UNKNOWN where the signature names a key that is pinned for another repository of the same
 * build: a repository vouches for itself alone. Every other error is given back as it is.
 */
export async function explainForeignKey(error: unknown, request: ForeignKeyRequest): Promise<unknown> {
  if (!(error instanceof PackageError) || error.code !== 'KEY_UNKNOWN') return error;
  const keyIds = error.details.keyIds;
  if (!Array.isArray(keyIds)) return error;
  const { repository, repositories, cache, context } = request;
  for (const other of repositories) {
    if (other.name === repository.name || other.trusted) continue;
    const trust = await repositoryTrust(other, cache, context).catch(() => undefined);
    const key = trust?.keys.find(({ openpgp }) =>
      openpgp.getKeyIDs().some((id) => keyIds.includes(id.toHex().toUpperCase())),
    );
    if (key === undefined) continue;
    return new PackageError(
      'KEY_FOREIGN',
      `${error.message}; that key is ${key.fingerprint}, which is pinned for repository "${other.name}" and counts there alone`,
      {
        cause: error,
        details: { ...error.details, repository: repository.name, foreign: other.name },
        hint: `the server of "${repository.name}" serves what was made for "${other.name}": check the URLs of both, or take another mirror`,
      },
    );
  }
  return error;
}
