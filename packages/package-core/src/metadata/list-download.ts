import { createHash } from 'node:crypto';
import { type Context, decompress, detectCompression, IcError, throwIfCancelled } from '@ic/utils';
import {
  type IndexSubject,
  indexMixed,
  indexUnreachable,
  type ListMismatch,
  listMismatch,
  listRefused,
} from './index-errors.js';
import type { MetadataCache, ServedFile } from './metadata-cache.js';

/** A list as the signed index tells of it. */
export interface WantedList {
  readonly subject: IndexSubject;
  /** Below the repository, for messages. */
  readonly path: string;
  /** Bytes, where the index says so. */
  readonly size?: number | undefined;
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower-case hex. */
  readonly hex: string;
  /** When the index was published. */
  readonly date?: Date | undefined;
  /** Whether a list with this digest was once right. */
  wasRight(hex: string): Promise<boolean>;
}

/** The largest list there is, filelists of Fedora, has 400 MB, uncompressed. */
export const MAX_LIST_BYTES = 1024 * 1024 * 1024;
/** How much larger a list may be served than it should be: enough to know the one of another publication. */
const MIXED_BYTES = 4 * 1024 * 1024;
/** Lists are written right before the index that is made of them, milliseconds. */
const SAME_PUBLICATION = 60 * 60 * 1000;

/**
 * Fetches a list and proves it; undefined when the server has no such file.
 *
 * @throws PackageError LIST_ALTERED, LIST_TOO_LONG, LIST_TRUNCATED, INDEX_MIXED, REPOSITORY_UNREACHABLE; UtilsError
 *   HTTP_UNTRUSTED and its like, CANCELLED
 */
export async function downloadList(
  url: string,
  wanted: WantedList,
  cache: MetadataCache,
  context: Context,
): Promise<Buffer | undefined> {
  const { subject, path, size } = wanted;
  const maxBytes = size === undefined ? MAX_LIST_BYTES : size + MIXED_BYTES;
  try {
    const served = await cache.fetch(url, { maxBytes, signal: context.signal });
    if (served === undefined) return undefined;
    const wrong = listMismatch(served.bytes, wanted);
    if (wrong === undefined) return served.bytes;
    const sign = await signOfMix(served, wanted, wrong, context);
    throw sign === undefined ? listRefused(subject, path, wrong) : indexMixed(subject, path, sign);
  } catch (error) {
    if (error instanceof IcError && error.code === 'HTTP_TOO_LARGE') {
      const reason = `it is much larger than ${size} bytes`;
      throw listRefused(subject, path, { code: 'LIST_TOO_LONG', reason });
    }
    throw indexUnreachable(subject, url, error);
  }
}

/**
 * By what a wrong list can be told to be a right one of another publication: this machine knows it; or it is whole, and the
 * server says that it is of another time than the index. Somebody who alters a list with care may make it look so; it is
 * refused either way.
 */
async function signOfMix(
  { bytes, lastModified }: ServedFile,
  { algorithm, date, wasRight }: WantedList,
  wrong: ListMismatch,
  context: Context,
): Promise<string | undefined> {
  if (await wasRight(createHash(algorithm).update(bytes).digest('hex')))
    return 'an earlier index has listed it';
  if (lastModified === undefined || date === undefined) return undefined;
  const isOlder = lastModified.getTime() < date.getTime() - SAME_PUBLICATION;
  if (!isOlder && lastModified <= date) return undefined;
  if (!(await isWhole(bytes, context))) return undefined;
  return `it was made at ${lastModified.toISOString()}, the index at ${date.toISOString()}, and ${wrong.reason}`;
}

/** Compressed lists have a check sum of their own. */
async function isWhole(bytes: Buffer, { signal }: Context): Promise<boolean> {
  if (detectCompression(bytes) === undefined) return false;
  try {
    await decompress(bytes, { maxBytes: MAX_LIST_BYTES, signal });
    return true;
  } catch {
    throwIfCancelled(signal);
    return false;
  }
}
