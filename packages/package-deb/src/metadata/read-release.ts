import {
  type CurrentFile,
  checkFreshness,
  describeIndex,
  indexNotCached,
  indexUnreachable,
  MAX_FUTURE,
  type MetadataCache,
  PackageError,
  type RepositoryProof,
  type Trust,
  type Verified,
  verifyClearSigned,
  verifyDetached,
  vouchedByPlace,
} from '@ic/package-core';
import { type Context, sha256 } from '@ic/utils';
import { parseRelease, type Release } from './release.js';
import type { SuiteTarget } from './suite-target.js';

export interface ProvenRelease {
  readonly release: Release;
  readonly proof: RepositoryProof;
}

/** The Release file of Debian's main suite has 150 KB. */
const MAX_RELEASE_BYTES = 32 * 1024 * 1024;

/**
 * Reads and proves the signed index of a suite: InRelease, else Release with Release.gpg. Without `trust` the Release
 * file is taken as it is. What is remembered of it is remembered once it is proven.
 *
 * @throws PackageError as `verifyClearSigned` and `verifyDetached`; INDEX_EXPIRED, INDEX_NOT_YET_VALID, INDEX_ROLLED_BACK,
 *   REPOSITORY_INVALID, REPOSITORY_UNREACHABLE
 */
export async function readRelease(
  target: SuiteTarget,
  trust: Trust | undefined,
  cache: MetadataCache,
  context: Context,
): Promise<ProvenRelease> {
  const now = context.clock.now();
  const request = { target, cache, context, date: new Date(now.getTime() + MAX_FUTURE) };
  const found = trust === undefined ? await readUnsigned(request) : await readSigned(request, trust);
  const release = parseRelease(found.text, `the Release file of ${describeIndex(target)}`);
  checkSuite(target, release);
  checkFreshness(target, release, now);
  const { date } = release;
  const remember = await cache.history.admit(target, date && { kind: 'date', value: date.getTime() });
  await Promise.all([...found.files.map((file) => file.keep()), remember()]);
  return {
    release,
    proof: {
      repository: target.repository.name,
      suite: target.suite,
      indexSha256: sha256(found.files[0]?.bytes ?? ''),
      signedBy: found.verified?.fingerprint,
      date: date?.toISOString(),
      validUntil: release.validUntil?.toISOString(),
      chain: {
        index: found.verified ? 'signature' : vouchedByPlace(target.repository),
        weakness: found.verified?.weakness,
        lists: ['sha256'],
        openLists: provesOpenLists(release) ? ['sha256'] : [],
      },
    },
  };
}

interface Request {
  readonly target: SuiteTarget;
  readonly cache: MetadataCache;
  readonly context: Context;
  readonly date: Date;
}

interface Found {
  readonly text: string;
  /** The file that was signed comes first. */
  readonly files: readonly CurrentFile[];
  readonly verified?: Verified | undefined;
}

async function readSigned(request: Request, trust: Trust): Promise<Found> {
  const { target, date } = request;
  const subject = (name: string) => `the ${name} file of ${describeIndex(target)}`;
  const inRelease = await current(request, 'InRelease');
  if (inRelease !== undefined) {
    const options = { date, subject: subject('InRelease'), altered: 'INDEX_ALTERED' } as const;
    const verified = await verifyClearSigned(inRelease.bytes.toString('utf8'), trust, options);
    return { text: verified.text, files: [inRelease], verified };
  }
  const release = await required(request, 'Release');
  const signature = await current(request, 'Release.gpg');
  const verified = await verifyDetached(release.bytes, signature?.bytes ?? Buffer.alloc(0), trust, {
    date,
    subject: subject('Release'),
    altered: 'INDEX_ALTERED',
  });
  return {
    text: release.bytes.toString('utf8'),
    files: [release, ...(signature ? [signature] : [])],
    verified,
  };
}

async function readUnsigned(request: Request): Promise<Found> {
  const release = await required(request, 'Release');
  return { text: release.bytes.toString('utf8'), files: [release] };
}

async function current({ target, cache, context }: Request, name: string): Promise<CurrentFile | undefined> {
  const url = `${target.folderUrl}${name}`;
  try {
    return await cache.current(url, { maxBytes: MAX_RELEASE_BYTES, signal: context.signal });
  } catch (error) {
    throw indexUnreachable(target, url, error);
  }
}

async function required(request: Request, name: string): Promise<CurrentFile> {
  const file = await current(request, name);
  if (file !== undefined) return file;
  const { target, cache } = request;
  if (cache.offline) throw indexNotCached(target, 'its signed index');
  throw indexUnreachable(
    target,
    `${target.folderUrl}${name}`,
    new Error('there is neither InRelease nor Release'),
  );
}

/** A mirror must not answer for one suite with the validly signed index of another. */
function checkSuite(target: SuiteTarget, release: Release): void {
  const names = [release.suite, release.codename].filter((name) => name !== undefined);
  const [first = ''] = target.suite.split('/');
  if (target.flat || names.length === 0 || names.includes(target.suite) || names.includes(first)) return;
  throw new PackageError(
    'REPOSITORY_INVALID',
    `${describeIndex(target)} answers with the index of another suite: ${names.join(', ')}`,
    {
      hint: 'use the name by which the repository calls this suite, or another mirror',
      details: { repository: target.repository.name, suite: target.suite, found: names },
    },
  );
}

/** Whether the lists are told uncompressed too, which need not be served. */
function provesOpenLists({ files }: Release): boolean {
  return [...files.keys()].some((path) => /(^|\/)Packages$/.test(path));
}
