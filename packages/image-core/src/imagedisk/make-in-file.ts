import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunOptions } from '@ic/toolchain';
import { diskFull, type ExecResult } from '@ic/utils';
import { readExtents } from '../imageconvert/read-extents.js';
import type { PartitionContent } from './partition-content.js';
import { bindsOf, fixedTime, type PartitionJob } from './partition-job.js';
import { toolFailure, tooSmall, wholeMib } from './tool-failure.js';

/** Runs a program of the target that sees the file system's own file and the content; `input` is its standard input. */
export type RunInFile = (program: string, args: readonly string[], input?: string) => Promise<ExecResult>;

/**
 * Makes a file system with programs that know no offset: in a sparse file of its own, as large as the partition, whose data
 * is then copied to the partition's place in the image.
 *
 * @param content what the programs shall see; undefined when it is copied in later
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeInFile(
  job: PartitionJob,
  content: PartitionContent | undefined,
  make: (file: string, run: RunInFile) => Promise<void>,
): Promise<void> {
  const { plan, partition, image, tools, epoch, context } = job;
  const file = `${image}.${partition.number}`;
  const options: RunOptions = {
    env: fixedTime(epoch),
    binds: bindsOf(dirname(image), content),
    signal: context.signal,
  };
  try {
    await createSparse(file, partition.size);
    await make(file, (program, args, input) => tools.run(program, args, { ...options, input }));
    const { size } = await stat(file);
    // mkfs.btrfs makes the file larger where the content wants that.
    if (size > partition.size) throw tooSmall({ plan, partition, needed: wholeMib(size) });
    await insert(file, job);
  } catch (error) {
    throw await toolFailure(error, { plan, partition, image, needed: 0 });
  } finally {
    await rm(file, { force: true });
  }
}

async function createSparse(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(size);
  } finally {
    await file.close();
  }
}

async function insert(from: string, { image, partition, context }: PartitionJob): Promise<void> {
  const into = await open(image, 'r+');
  try {
    for await (const { position, bytes } of readExtents(from, context.signal)) {
      await into.write(bytes, 0, bytes.length, partition.start + position);
    }
  } catch (error) {
    throw diskFull(error, image);
  } finally {
    await into.close();
  }
}
