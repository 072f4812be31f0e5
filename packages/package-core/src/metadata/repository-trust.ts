import { type BytesResponse, type Context, redactUrl } from '@ic/utils';
import type { IndexChain, Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import { loadPinnedKeys } from '../trust/pinned-keys.js';
import type { Trust } from '../trust/verify-signature.js';
import type { MetadataCache, MetadataRequest } from './metadata-cache.js';

/**
 * Whose signature counts for a repository; undefined where the template says `[trusted=yes]`.
 *
 * @throws PackageError KEY_UNPINNED, KEY_UNAVAILABLE; SIGNATURE_MISSING for a trusted repository over plain http:
 */
export async function repositoryTrust(
  repository: Repository,
  cache: MetadataCache,
  context: Context,
): Promise<Trust | undefined> {
  if (!repository.trusted) {
    return loadPinnedKeys(repository, {
      signal: context.signal,
      fetcher: { bytes: (url, request = {}) => keyBytes(cache, url, request) },
    });
  }
  const plain = [repository.url, ...(repository.mirrors ?? [])].find((url) => url.startsWith('http:'));
  if (plain !== undefined) {
    throw new PackageError(
      'SIGNATURE_MISSING',
      `repository "${repository.name}" is read over plain http: (${redactUrl(plain)}) and marked [trusted=yes]: nothing would vouch for its packages`,
      {
        fault: 'request',
        hint: 'use https: or file:, or name the key that signs the repository in "pkey" instead of [trusted=yes]',
      },
    );
  }
  return undefined;
}

/** Keys from the network are revalidated like Release files, so that they are there offline too. */
async function keyBytes(cache: MetadataCache, url: string, request: MetadataRequest): Promise<BytesResponse> {
  const file = await cache.current(url, request);
  if (file === undefined) throw new Error(cache.offline ? 'it is not in the cache' : 'there is no such file');
  await file.keep();
  return { status: 200, body: file.bytes, headers: {} };
}

/** What vouches for an index that nobody signed. Such ones are not read over plain http:. */
export function vouchedByPlace({ url }: Pick<Repository, 'url'>): IndexChain['index'] {
  return /^file:/i.test(url) ? 'local' : 'tls';
}
