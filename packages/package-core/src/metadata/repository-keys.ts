import type { Context, Fetcher } from '@ic/utils';
import type { Repository } from '../contract.js';
import { createMetadataCache } from './metadata-cache.js';
import { repositoryTrust } from './repository-trust.js';

export interface RepositoryKeysOptions {
  readonly fetcher: Pick<Fetcher, 'bytes'>;
  readonly cacheDir: string;
  readonly offline?: boolean | undefined;
}

/**
 * The keys of the repositories that stay in the image, armored, by the repository's name: those alone that the build trusts, whatever else
 * their sources hold.
 *
 * @throws PackageError KEY_UNPINNED, KEY_UNAVAILABLE
 */
export async function repositoryKeys(
  repositories: readonly Repository[],
  { fetcher, cacheDir, offline = false }: RepositoryKeysOptions,
  context: Context,
): Promise<Record<string, string>> {
  const cache = createMetadataCache({ fetcher, cacheDir, offline });
  const byName: Record<string, string> = {};
  for (const repository of repositories) {
    if (repository.keepInImage !== true) continue;
    const keys = (await repositoryTrust(repository, cache, context))?.keys ?? [];
    const sorted = [...keys].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    byName[repository.name] = sorted.map(({ openpgp }) => openpgp.armor().replaceAll('\r\n', '\n')).join('');
  }
  return byName;
}
