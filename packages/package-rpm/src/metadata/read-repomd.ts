import {
  type CurrentFile,
  checkFreshness,
  describeIndex,
  type IndexAge,
  type IndexChain,
  indexNotCached,
  indexTruncated,
  indexUnreachable,
  MAX_FUTURE,
  type MetadataCache,
  PackageError,
  type Repository,
  type RepositoryProof,
  repositoryTrust,
  type Verified,
  verifyDetached,
  vouchedByPlace,
} from '@ic/package-core';
import { type Context, redactUrl, sha256 } from '@ic/utils';
import { type Checksum, parseRepomd, type Repomd } from './repomd.js';

export interface ProvenRepomd {
  readonly repomd: Repomd;
  readonly proof: RepositoryProof;
}

/** Those of large distributions have 10 KB. */
const MAX_REPOMD_BYTES = 4 * 1024 * 1024;

/**
 * Reads and proves the index of a repository: `repodata/repomd.xml` with the detached signature `repomd.xml.asc`.
 * An index that is never signed (`signedIndex: false`) is taken over https: or from a folder only: that server, and
 * the signatures of the packages, vouch for it. What is remembered of it is remembered once it is proven.
 *
 * @throws PackageError as `verifyDetached` and `repositoryTrust`; INDEX_ALTERED, INDEX_TRUNCATED, INDEX_NOT_YET_VALID, INDEX_ROLLED_BACK, REPOSITORY_INVALID,
 *   REPOSITORY_UNREACHABLE
 */
export async function readRepomd(
  repository: Repository,
  cache: MetadataCache,
  context: Context,
): Promise<ProvenRepomd> {
  const isSigned = repository.signedIndex && !repository.trusted;
  if (!repository.signedIndex) checkTransport(repository);
  const needsTrust = repository.signedIndex || repository.trusted;
  const trust = needsTrust ? await repositoryTrust(repository, cache, context) : undefined;
  const index = await current(repository, 'repomd.xml', cache, context);
  if (index === undefined) throw missing(repository, cache);
  const subject = `the repomd.xml of ${describeIndex({ repository })}`;
  if (isCutOff(index.bytes.toString('utf8'))) throw indexTruncated(subject);
  const kept = [index];
  const now = context.clock.now();
  let verified: Verified | undefined;
  if (trust !== undefined && isSigned) {
    const signature = await current(repository, 'repomd.xml.asc', cache, context);
    const date = new Date(now.getTime() + MAX_FUTURE);
    const bytes = signature?.bytes ?? Buffer.alloc(0);
    verified = await verifyDetached(index.bytes, bytes, trust, { date, subject, altered: 'INDEX_ALTERED' });
    if (signature !== undefined) kept.push(signature);
  }
  const repomd = parseRepomd(index.bytes.toString('utf8'), subject);
  checkFreshness({ repository }, repomd, now);
  const remember = await cache.history.admit({ repository }, ageOf(repomd));
  await Promise.all([...kept.map((file) => file.keep()), remember()]);
  const proof = {
    repository: repository.name,
    suite: '',
    indexSha256: sha256(index.bytes),
    signedBy: verified?.fingerprint,
    date: repomd.date?.toISOString(),
    chain: chainOf(repository, repomd, verified),
  };
  return { repomd, proof };
}

function isCutOff(text: string): boolean {
  return /<(?:[\w.-]+:)?repomd[\s>]/.test(text) && !/<\/(?:[\w.-]+:)?repomd\s*>/.test(text);
}

function ageOf({ revision, date }: Repomd): IndexAge | undefined {
  if (revision !== undefined) return { kind: 'revision', value: revision };
  return date && { kind: 'date', value: date.getTime() };
}

function chainOf(repository: Repository, repomd: Repomd, verified: Verified | undefined): IndexChain {
  const files = [repomd.primary, repomd.filelists, repomd.modules].filter((file) => file !== undefined);
  const names = (checksums: readonly (Checksum | undefined)[]) =>
    [...new Set(checksums.flatMap((checksum) => checksum?.algorithm ?? []))].sort();
  return {
    index: verified ? 'signature' : vouchedByPlace(repository),
    weakness: verified?.weakness,
    lists: names(files.map(({ checksum }) => checksum)),
    openLists: names(files.map(({ openChecksum }) => openChecksum)),
  };
}

function checkTransport(repository: Repository): void {
  const plain = [repository.url, ...(repository.mirrors ?? [])].find((url) => url.startsWith('http:'));
  if (plain === undefined) return;
  throw new PackageError(
    'SIGNATURE_MISSING',
    `repository "${repository.name}" has no signed index and is read over plain http: (${redactUrl(plain)}): nothing would vouch for what it says`,
    { fault: 'request', hint: 'use https: or file:, or a mirror whose index is signed' },
  );
}

async function current(
  repository: Repository,
  name: string,
  cache: MetadataCache,
  context: Context,
): Promise<CurrentFile | undefined> {
  const url = `${repository.url.replace(/\/+$/, '')}/repodata/${name}`;
  try {
    return await cache.current(url, { maxBytes: MAX_REPOMD_BYTES, signal: context.signal });
  } catch (error) {
    throw indexUnreachable({ repository }, url, error);
  }
}

function missing(repository: Repository, cache: MetadataCache): unknown {
  if (cache.offline) return indexNotCached({ repository }, 'its index, repomd.xml,');
  const url = `${repository.url.replace(/\/+$/, '')}/repodata/repomd.xml`;
  return indexUnreachable({ repository }, url, new Error('there is no repomd.xml'));
}
