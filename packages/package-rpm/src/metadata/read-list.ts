import { createHash } from 'node:crypto';
import {
  describeIndex,
  indexMismatch,
  indexMixed,
  indexNotCached,
  indexUnreachable,
  type MetadataCache,
  type Mirrors,
  type Mismatch,
  mismatchOfUnpacking,
  PackageError,
  packageUrl,
  type Repository,
} from '@ic/package-core';
import { type Context, decompress, detectCompression, IcError } from '@ic/utils';
import type { Checksum, RepomdFile } from './repomd.js';

export interface ListRequest {
  readonly repository: Repository;
  readonly cache: MetadataCache;
  readonly mirrors: Mirrors;
  readonly context: Context;
}

/** The largest filelists of Fedora have 400 MB, uncompressed. */
const MAX_LIST_BYTES = 1024 * 1024 * 1024;
/** How much larger a list may be served than it should be: enough to know the one of an earlier publication. */
const MIXED_BYTES = 4 * 1024 * 1024;

/**
 * A metadata file of a repository, uncompressed; checked against repomd.xml before decompression and after it. It is
 * kept as it was served.
 *
 * @throws PackageError HASH_MISMATCH, REPOSITORY_INVALID, REPOSITORY_UNREACHABLE
 */
export async function readList(request: ListRequest, file: RepomdFile): Promise<Buffer> {
  const { repository, cache, mirrors, context } = request;
  checkSizes(request, file);
  const kept = await cache.kept(listName(file));
  if (kept !== undefined && difference(kept, file.checksum, file.size) === undefined) {
    return expand(request, file, kept);
  }
  if (cache.offline) throw indexNotCached({ repository }, `its ${file.type} metadata`);
  return mirrors.first(repository, context, async (mirror) => {
    const bytes = await fetchList({ ...request, repository: mirror }, file);
    const expanded = await expand(request, file, bytes);
    await cache.keep(listName(file), bytes);
    return expanded;
  });
}

/** The name under which a metadata file, or what was made of it, is kept. */
export function listName({ checksum }: Pick<RepomdFile, 'checksum'>): string {
  return `${checksum.algorithm}-${checksum.hex}`;
}

function checkSizes({ repository }: ListRequest, { type, size = 0, openSize = 0 }: RepomdFile): void {
  if (Math.max(size, openSize) <= MAX_LIST_BYTES) return;
  throw new PackageError(
    'REPOSITORY_INVALID',
    `the ${type} metadata of ${describeIndex({ repository })} would have ${Math.max(size, openSize)} bytes, more than the ${MAX_LIST_BYTES} that are read`,
    { hint: 'this is the fault of the repository; use another mirror of it' },
  );
}

async function fetchList(request: ListRequest, file: RepomdFile): Promise<Buffer> {
  const { repository, cache, context } = request;
  const url = packageUrl({ location: file.path }, repository);
  try {
    const maxBytes = file.size === undefined ? MAX_LIST_BYTES : file.size + MIXED_BYTES;
    const bytes = await cache.fetch(url, { maxBytes, signal: context.signal });
    if (bytes === undefined) throw new Error('the file is not there');
    const wrong = difference(bytes, file.checksum, file.size);
    if (wrong === undefined) return bytes;
    const { algorithm } = file.checksum;
    const hex = createHash(algorithm).update(bytes).digest('hex');
    const before = await cache.kept(listName({ checksum: { algorithm, hex } }));
    throw before === undefined
      ? indexMismatch({ repository }, file.path, wrong)
      : indexMixed({ repository }, file.path);
  } catch (error) {
    if (error instanceof IcError && error.code === 'HTTP_TOO_LARGE') {
      throw indexMismatch({ repository }, file.path, {
        ...{ code: 'SIZE_MISMATCH', reason: `it is much larger than ${file.size} bytes`, cause: error },
      });
    }
    throw indexUnreachable({ repository }, url, error);
  }
}

async function expand(
  { repository, context }: ListRequest,
  file: RepomdFile,
  bytes: Buffer,
): Promise<Buffer> {
  if (detectCompression(bytes) === undefined) return bytes;
  try {
    const maxBytes = file.openSize ?? MAX_LIST_BYTES;
    const expanded = await decompress(bytes, { maxBytes, signal: context.signal });
    const wrong = difference(expanded, file.openChecksum, file.openSize);
    if (wrong === undefined) return expanded;
    throw indexMismatch({ repository }, file.path, { ...wrong, reason: `uncompressed, ${wrong.reason}` });
  } catch (error) {
    if (error instanceof IcError && !error.code.startsWith('COMPRESSION_')) throw error;
    throw indexMismatch({ repository }, file.path, mismatchOfUnpacking(error));
  }
}

/** How bytes are not what is said of them; undefined when they are. */
function difference(
  bytes: Buffer,
  checksum: Checksum | undefined,
  size: number | undefined,
): Mismatch | undefined {
  if (size !== undefined && bytes.length !== size) {
    return { code: 'SIZE_MISMATCH', reason: `it has ${bytes.length} bytes, not ${size}` };
  }
  if (checksum === undefined) return undefined;
  const actual = createHash(checksum.algorithm).update(bytes).digest('hex');
  const name = checksum.algorithm === 'sha256' ? 'SHA-256' : 'SHA-512';
  if (actual === checksum.hex) return undefined;
  return { code: 'HASH_MISMATCH', reason: `its ${name} is ${actual}, not ${checksum.hex}` };
}
