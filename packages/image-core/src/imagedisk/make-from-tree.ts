import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { diskFull, throwIfCancelled } from '@ic/utils';
import { ImageError } from '../errors.js';
import { warnOfAcls } from './attributes-lost.js';
import type { PlannedPartition } from './disk-plan.js';
import { extendedAttributes } from './extended-attributes.js';
import { bindsOf, fixedTime, type PartitionJob } from './partition-job.js';
import { toolFailure, tooSmall, wholeMib } from './tool-failure.js';

const MIB = 1024 ** 2;

/** A program that makes a file system as large as its content, in a file of its own. */
export interface TreeProgram {
  readonly name: string;
  /** Whether ACLs are lost, of which a warning tells. */
  readonly losesAcls?: boolean;
  readonly argumentsFor: (
    partition: PlannedPartition,
    paths: { readonly folder: string; readonly file: string },
  ) => readonly string[];
}

/**
 * Makes a file system that is as large as its content and copies it to its partition's place in the image.
 *
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeFromTree(job: PartitionJob, program: TreeProgram): Promise<void> {
  const { plan, partition, image, content, context } = job;
  if (program.losesAcls === true && content !== undefined)
    warnOfAcls(job, content, await extendedAttributes(job, content), program.name);
  await withFile(job, program, async (file, size) => {
    if (size > partition.size) throw tooSmall({ plan, partition, needed: wholeMib(size) });
    const into = createWriteStream(image, { flags: 'r+', start: partition.start });
    await pipeline(createReadStream(file), into, { signal: context.signal }).catch((error: unknown) => {
      throwIfCancelled(context.signal);
      throw diskFull(error, image);
    });
  });
}

/**
 * Bytes, in whole MiB, that the content of a partition takes, which only making it tells; nothing is left of it.
 *
 * @throws ImageError IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function sizeFromTree(job: PartitionJob, program: TreeProgram): Promise<number> {
  return withFile(job, program, async (_file, size) => wholeMib(size));
}

async function withFile<Result>(
  { plan, partition, image, content, tools, epoch, context }: PartitionJob,
  { name, argumentsFor }: TreeProgram,
  use: (file: string, size: number) => Promise<Result>,
): Promise<Result> {
  if (content === undefined) {
    throw new ImageError(
      'IMAGE_FAILED',
      `partition "${partition.id}" has no content to make ${partition.fsType} of`,
    );
  }
  const file = `${image}.${partition.number}`;
  try {
    await tools
      .run(name, argumentsFor(partition, { folder: content.folder, file }), {
        env: fixedTime(epoch),
        binds: bindsOf(dirname(image), content),
        signal: context.signal,
      })
      .catch(async (error: unknown) => {
        throw await toolFailure(error, { plan, partition, image, needed: MIB });
      });
    return await use(file, (await stat(file)).size);
  } finally {
    await rm(file, { force: true });
  }
}
