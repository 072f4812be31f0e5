import { createHash } from 'node:crypto';
import {
  createMetadataCache,
  describeIndex,
  indexNotCached,
  indexUnreachable,
  type MetadataCache,
  type MirrorSource,
  PackageError,
  type Repository,
} from '@ic/package-core';
import { type Context, messageOf, redactUrl, sha256, throwIfCancelled } from '@ic/utils';
import type { MetadataOptions } from './metadata.js';
import { type MirrorList, parseMetalink, parseMirrorList } from './mirror-list.js';

const MAX_LIST_BYTES = 4 * 1024 * 1024;
const MAX_REPOMD_BYTES = 4 * 1024 * 1024;
/** How many mirrors are asked before giving up. */
const MOST_MIRRORS = 10;

/**
 * Gives repositories that name a mirror list or metalink the first mirror that serves their repomd.xml, of a metalink
 * only with one of the checksums there, and those behind it in the list for what it cannot deliver. https: mirrors come before http: ones, which count only where the index is
 * signed. The mirror of the last time is tried first as long as it is listed, and offline it is taken as it is:
 * metadata is kept by URL.
 *
 * @throws PackageError REPOSITORY_UNREACHABLE, REPOSITORY_INVALID
 */
export async function locateMirrors(
  repositories: readonly Repository[],
  options: MetadataOptions,
  context: Context,
): Promise<Repository[]> {
  const cache = createMetadataCache(options);
  return Promise.all(
    repositories.map(async (repository) => {
      const source = repository.mirrorSource;
      return source === undefined
        ? repository
        : { ...repository, ...(await locate({ repository, source, cache, context })) };
    }),
  );
}

interface Request {
  readonly repository: Repository;
  readonly source: MirrorSource;
  readonly cache: MetadataCache;
  readonly context: Context;
}

/** The mirror to use, and those to ask for what it cannot deliver. */
async function locate(request: Request): Promise<Pick<Repository, 'url' | 'mirrors'>> {
  const { repository, source, cache, context } = request;
  const memory = `mirror-${sha256(source.url)}`;
  const last = (await cache.kept(memory))?.toString('utf8');
  if (cache.offline) {
    if (last !== undefined) return { url: last };
    throw indexNotCached({ repository }, 'which mirror was used');
  }
  const list = await readMirrors(request);
  const candidates = usable(list, request, last).slice(0, MOST_MIRRORS);
  const problems: string[] = [];
  for (const [index, url] of candidates.entries()) {
    const problem = await problemWith(url, list, request);
    if (problem === undefined) {
      context.logger.info('mirror chosen', { repository: repository.name, url: redactUrl(url) });
      await cache.keep(memory, Buffer.from(url));
      return { url, mirrors: candidates.slice(index + 1) };
    }
    problems.push(`${redactUrl(url)}: ${problem}`);
  }
  const reason =
    problems.length === 0 ? 'it lists no https: mirror' : `no mirror is good (${problems.join('; ')})`;
  throw indexUnreachable({ repository }, source.url, new Error(reason));
}

async function readMirrors({ repository, source, cache, context }: Request): Promise<MirrorList> {
  if (!/^(https|file):/.test(source.url)) {
    throw new PackageError(
      'REPOSITORY_INVALID',
      `the ${source.kind} of ${describeIndex({ repository })} is at ${redactUrl(source.url)}, and such lists are read over https: or from a file only`,
      { fault: 'request', hint: 'use its https: address' },
    );
  }
  const file = await cache
    .current(source.url, { maxBytes: MAX_LIST_BYTES, signal: context.signal })
    .catch((error) => {
      throw indexUnreachable({ repository }, source.url, error);
    });
  if (file === undefined) throw indexUnreachable({ repository }, source.url, new Error('it is not there'));
  const text = file.bytes.toString('utf8');
  return source.kind === 'mirrorlist'
    ? parseMirrorList(text)
    : parseMetalink(
        text,
        (reason) =>
          new PackageError(
            'REPOSITORY_INVALID',
            `the metalink of ${describeIndex({ repository })} is not sound: ${reason}`,
            { hint: 'name a mirror with its "url" instead' },
          ),
      );
}

function usable({ urls }: MirrorList, { repository, source }: Request, last: string | undefined): string[] {
  // A list from a server must not lead to files of this machine.
  const isSecure = (url: string) =>
    url.startsWith('https:') || (url.startsWith('file:') && source.url.startsWith('file:'));
  const allowed = urls.filter((url) => isSecure(url) || (url.startsWith('http:') && isSigned(repository)));
  const rank = (url: string) => (url === last ? 0 : isSecure(url) ? 1 : 2);
  return allowed.sort((a, b) => rank(a) - rank(b));
}

function isSigned({ signedIndex, trusted }: Repository): boolean {
  return signedIndex && !trusted;
}

/** Why a mirror is not taken. */
async function problemWith(
  url: string,
  { checksums }: MirrorList,
  request: Request,
): Promise<string | undefined> {
  const { cache, context } = request;
  try {
    const options = { maxBytes: MAX_REPOMD_BYTES, signal: context.signal };
    const served = await cache.fetch(`${url}/repodata/repomd.xml`, options);
    if (served === undefined) return 'it has no repomd.xml';
    const isListed = checksums.some(
      ({ algorithm, hex }) => createHash(algorithm).update(served.bytes).digest('hex') === hex,
    );
    return checksums.length === 0 || isListed
      ? undefined
      : 'its repomd.xml is none of those that the metalink lists';
  } catch (error) {
    throwIfCancelled(context.signal);
    return messageOf(error);
  }
}
