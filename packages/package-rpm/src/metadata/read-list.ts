import {
  describeIndex,
  downloadList,
  indexNotCached,
  indexUnreachable,
  listMismatch,
  listNotUnpacked,
  MAX_LIST_BYTES,
  type MetadataCache,
  type Mirrors,
  PackageError,
  packageUrl,
  type Repository,
} from '@ic/package-core';
import { type Context, decompress, detectCompression, IcError } from '@ic/utils';
import type { RepomdFile } from './repomd.js';

export interface ListRequest {
  readonly repository: Repository;
  readonly cache: MetadataCache;
  readonly mirrors: Mirrors;
  readonly context: Context;
  /** When the index was published. */
  readonly date?: Date | undefined;
}

/**
 * A metadata file of a repository, uncompressed; checked against repomd.xml before decompression and after it. It is
 * kept as it was served.
 *
 * @throws PackageError as `downloadList`; REPOSITORY_INVALID, DECOMPRESSION_LIMIT
 */
export async function readList(request: ListRequest, file: RepomdFile): Promise<Buffer> {
  const { repository, cache, mirrors, context } = request;
  checkSizes(request, file);
  const found = async () => {
    const kept = await cache.kept(listName(file));
    const isRight = kept && listMismatch(kept, { ...file.checksum, size: file.size }) === undefined;
    return isRight ? expand(request, file, kept) : undefined;
  };
  const work = async () => {
    if (cache.offline) throw indexNotCached({ repository }, `its ${file.type} metadata`);
    return mirrors.first(repository, context, async (mirror) => {
      const bytes = await fetchList({ ...request, repository: mirror }, file);
      const expanded = await expand(request, file, bytes);
      await cache.keep(listName(file), bytes);
      return expanded;
    });
  };
  return cache.once(listName(file), { found, work }, context.signal);
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

async function fetchList(
  { repository, cache, context, date }: ListRequest,
  file: RepomdFile,
): Promise<Buffer> {
  const url = packageUrl({ location: file.path }, repository);
  const { algorithm } = file.checksum;
  const wanted = {
    ...{ subject: { repository }, path: file.path, size: file.size, ...file.checksum, date },
    wasRight: async (hex: string) =>
      (await cache.kept(listName({ checksum: { algorithm, hex } }))) !== undefined,
  };
  const bytes = await downloadList(url, wanted, cache, context);
  if (bytes === undefined) throw indexUnreachable({ repository }, url, new Error('the file is not there'));
  return bytes;
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
    const wrong = file.openChecksum && listMismatch(expanded, { ...file.openChecksum, size: file.openSize });
    if (wrong !== undefined) throw new Error(`uncompressed, ${wrong.reason}`);
    return expanded;
  } catch (error) {
    if (error instanceof IcError && !error.code.startsWith('COMPRESSION_')) throw error;
    throw listNotUnpacked({ repository }, file.path, error);
  }
}
