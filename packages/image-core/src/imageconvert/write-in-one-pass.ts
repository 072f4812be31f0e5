import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { diskFull } from '@ic/utils';
import type { ExtentWriter, OpenWriter, SourceDisk } from './extent.js';
import { readExtents } from './read-extents.js';

export interface Target {
  /** Of a file that is not there yet. */
  readonly path: string;
  readonly open: OpenWriter;
}

export interface Pass {
  /** Path of the disk. */
  readonly image: string;
  readonly disk: Omit<SourceDisk, 'file'>;
  readonly targets: readonly Target[];
  /** Take the disk in without making a file, by computing alone. */
  readonly taps?: readonly ExtentWriter[] | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reads a disk once and gives what is in it to all writers at once. On any error no target is left.
 *
 * @throws UtilsError DISK_FULL, CANCELLED
 */
export async function writeInOnePass({ image, disk, targets, taps = [], signal }: Pass): Promise<void> {
  const [target, ...rest] = targets;
  if (target !== undefined) {
    await withOutput(target.path, async (output) => {
      const writer = target.open(output, { ...disk, file: basename(target.path) });
      await writeInOnePass({ image, disk, targets: rest, taps: [writer, ...taps], signal });
    });
    return;
  }
  if (taps.length === 0) return;
  for await (const extent of readExtents(image, signal)) {
    // Writers first: what they hand to the kernel is under way while a hash computes.
    await settled(taps.map((tap) => tap.write(extent)));
  }
  await settled(taps.map((tap) => tap.finish()));
}

/**
 * Makes a new file; on any error it is removed.
 *
 * @throws UtilsError DISK_FULL
 */
export async function withOutput(path: string, write: (output: FileHandle) => Promise<void>): Promise<void> {
  const output = await open(path, 'wx', 0o644);
  try {
    await write(output);
    await output.close();
  } catch (error) {
    await output.close();
    await rm(path, { force: true });
    throw diskFull(error, path);
  }
}

/** All of them, also when one fails: nothing writes to a file that is being closed. */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
