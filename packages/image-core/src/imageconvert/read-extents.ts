import { type FileHandle, open } from 'node:fs/promises';
import { throwIfCancelled } from '@ic/utils';
import { dataRanges, type Range } from './data-ranges.js';
import { CLUSTER, type Extent, roundUp, SPAN } from './extent.js';

const ZEROS = Buffer.alloc(CLUSTER);

/**
 * The extents of a disk image, in ascending order. Holes are not read, clusters of zeros left out, and while one span is
 * with the caller the next is being read.
 *
 * @throws UtilsError CANCELLED
 */
export async function* readExtents(path: string, signal?: AbortSignal): AsyncGenerator<Extent, void> {
  const ranges = await dataRanges(path);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffers = [Buffer.allocUnsafe(SPAN), Buffer.allocUnsafe(SPAN)] as const;
    let under: Promise<Extent> | undefined;
    let turn = false;
    for (const span of spans(ranges ?? [{ start: 0, length: size }], size)) {
      throwIfCancelled(signal);
      const next = read(file, span, turn ? buffers[1] : buffers[0]);
      // Its failure is told when it is awaited, or is of no interest any more.
      next.catch(() => {});
      turn = !turn;
      if (under !== undefined) yield* withoutZeros(await under);
      under = next;
    }
    if (under !== undefined) yield* withoutZeros(await under);
  } finally {
    await file.close();
  }
}

/** Ranges widened to clusters, joined where they meet then, and cut at every SPAN. */
export function* spans(ranges: readonly Range[], size: number): Generator<Range> {
  let done = 0;
  for (const { start, length } of ranges) {
    if (length === 0) continue;
    const end = Math.min(roundUp(start + length, CLUSTER), size);
    let position = Math.max(done, start - (start % CLUSTER));
    while (position < end) {
      const next = Math.min(end, position - (position % SPAN) + SPAN);
      yield { start: position, length: next - position };
      position = next;
    }
    done = Math.max(done, end);
  }
}

async function read(file: FileHandle, { start, length }: Range, buffer: Buffer): Promise<Extent> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return { position: start, bytes: buffer.subarray(0, done) };
}

function* withoutZeros({ position, bytes }: Extent): Generator<Extent> {
  let from: number | undefined;
  for (let offset = 0; offset < bytes.length; offset += CLUSTER) {
    const cluster = bytes.subarray(offset, offset + CLUSTER);
    const empty = cluster.equals(cluster.length === CLUSTER ? ZEROS : ZEROS.subarray(0, cluster.length));
    if (!empty) from ??= offset;
    else if (from !== undefined) {
      yield { position: position + from, bytes: bytes.subarray(from, offset) };
      from = undefined;
    }
  }
  if (from !== undefined) yield { position: position + from, bytes: bytes.subarray(from) };
}
