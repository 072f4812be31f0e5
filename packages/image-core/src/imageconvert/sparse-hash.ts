import { createHash, type Hash } from 'node:crypto';
import type { ExtentWriter } from './extent.js';
import { readExtents } from './read-extents.js';

const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(1024 * 1024);

/** Takes a disk in and tells the SHA-256 of all its bytes, in lower-case hex. */
export interface SparseHash extends ExtentWriter {
  /** After `finish`; with a tail, of the disk and those bytes behind it. */
  readonly digest: (tail?: Buffer) => string;
}

/** @param size of the disk, in bytes */
export function openSparseHash(size: number): SparseHash {
  const hash = createHash('sha256');
  let done = 0;
  return {
    write: async ({ position, bytes }) => {
      hashZeros(hash, position - done);
      hash.update(bytes);
      done = position + bytes.length;
    },
    finish: async () => hashZeros(hash, size - done),
    digest: (tail = NOTHING) => hash.copy().update(tail).digest('hex'),
  };
}

/**
 * The SHA-256 of a file's bytes, in lower-case hex, without reading its holes: of a disk image they are the most, and
 * to read them costs the kernel three times what hashing their zeros does.
 *
 * @param size of the file, in bytes
 * @throws UtilsError CANCELLED
 */
export async function sha256SparseFile(path: string, size: number, signal?: AbortSignal): Promise<string> {
  const hash = openSparseHash(size);
  for await (const extent of readExtents(path, signal)) await hash.write(extent);
  await hash.finish();
  return hash.digest();
}

function hashZeros(hash: Hash, length: number): void {
  for (let left = length; left > 0; left -= ZEROS.length)
    hash.update(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
}
