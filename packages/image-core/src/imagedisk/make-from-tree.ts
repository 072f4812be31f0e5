import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { diskFull, throwIfCancelled } from '@ic/utils';
import { ImageError } from '../errors.js';
import { bindsOf, fixedTime, type PartitionJob } from './partition-job.js';
import { toolFailure, tooSmall } from './tool-failure.js';

const MIB = 1024 ** 2;

/**
 * Makes a file system that is as large as its content with a program that writes it into a file of its own, and copies it
 * to its partition's place in the image.
 *
 * @param argumentsFor the program's arguments for a tree and the file to be made
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeFromTree(
  job: PartitionJob,
  program: string,
  argumentsFor: (folder: string, file: string) => readonly string[],
): Promise<void> {
  const { plan, partition, image, content, tools, epoch, context } = job;
  if (content === undefined) {
    throw new ImageError(
      'IMAGE_FAILED',
      `partition "${partition.id}" has no content to make ${partition.fsType} of`,
    );
  }
  const file = `${image}.${partition.number}`;
  try {
    await tools
      .run(program, argumentsFor(content.folder, file), {
        env: fixedTime(epoch),
        binds: bindsOf(dirname(image), content),
        signal: context.signal,
      })
      .catch(async (error: unknown) => {
        throw await toolFailure(error, { plan, partition, image, needed: MIB });
      });
    const { size } = await stat(file);
    if (size > partition.size) throw tooSmall({ plan, partition, needed: Math.ceil(size / MIB) * MIB });
    const into = createWriteStream(image, { flags: 'r+', start: partition.start });
    await pipeline(createReadStream(file), into, { signal: context.signal }).catch((error: unknown) => {
      throwIfCancelled(context.signal);
      throw diskFull(error, image);
    });
  } finally {
    await rm(file, { force: true });
  }
}
