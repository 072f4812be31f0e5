import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { type Extent, type OpenWriter, SPAN, writeAt } from './extent.js';
import { inOrder } from './in-order.js';

const deflate = promisify(deflateRaw);
const LEVEL = 6;
/** Spans under way at most: 1 MiB of memory each, and work for every thread. */
const AT_ONCE = 16;
/** Compressed spans of zeros written together: about 1 MiB. */
const ZEROS_AT_ONCE = 1024;
const ZEROS = Buffer.alloc(SPAN);
/** RFC 1952: deflate, no name, no time, made on Unix. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** An empty block that is the last one (RFC 1951 §3.2.6). */
const LAST_BLOCK = Buffer.from([3, 0]);

interface Piece {
  readonly compressed: Buffer;
  readonly count: number;
}

/**
 * The disk as one gzip member (RFC 1952): spans are deflated apart, in parallel, and set one behind the other at byte
 * boundaries. A span of zeros is deflated once for all of them.
 */
export const openGzip: OpenWriter = (output, { size }) => {
  let at = 0;
  let checksum = 0;
  let done = 0;
  let span: { readonly position: number; readonly bytes: Buffer } | undefined;
  let emptySpan: Promise<Buffer> | undefined;
  const append = async (bytes: Buffer) => {
    await writeAt(output, bytes, at);
    at += bytes.length;
  };
  const pieces = inOrder<Piece>(AT_ONCE, async ({ compressed, count }) => {
    for (let left = count; left > 0; left -= ZEROS_AT_ONCE) {
      await append(Buffer.alloc(Math.min(left, ZEROS_AT_ONCE) * compressed.length, compressed));
    }
  });
  const compress = (bytes: Buffer) => deflate(bytes, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH });

  const addBytes = async (bytes: Buffer) => {
    checksum = crc32(bytes, checksum);
    done += bytes.length;
    await pieces.add(compress(bytes).then((compressed) => ({ compressed, count: 1 })));
  };
  const addZerosUpTo = async (end: number) => {
    const count = Math.floor((end - done) / SPAN);
    if (count > 0) {
      for (let left = count; left > 0; left -= 1) checksum = crc32(ZEROS, checksum);
      done += count * SPAN;
      emptySpan ??= compress(ZEROS);
      await pieces.add(emptySpan.then((compressed) => ({ compressed, count })));
    }
    if (done < end) await addBytes(ZEROS.subarray(0, end - done));
  };
  const flush = async () => {
    if (span === undefined) return;
    await addZerosUpTo(span.position);
    await addBytes(span.bytes);
    span = undefined;
  };
  const begin = async (position: number): Promise<Buffer> => {
    if (span?.position === position) return span.bytes;
    await flush();
    span = { position, bytes: Buffer.alloc(Math.min(SPAN, size - position)) };
    return span.bytes;
  };

  return {
    write: async ({ position, bytes }: Extent) => {
      if (at === 0) await append(HEADER);
      const within = position % SPAN;
      bytes.copy(await begin(position - within), within);
    },
    finish: async () => {
      if (at === 0) await append(HEADER);
      await flush();
      await addZerosUpTo(size);
      await pieces.drain();
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(checksum, 0);
      trailer.writeUInt32LE(size % 2 ** 32, 4);
      await append(Buffer.concat([LAST_BLOCK, trailer]));
    },
  };
};
