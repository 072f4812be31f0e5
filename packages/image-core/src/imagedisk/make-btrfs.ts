import { copyIntoLoop } from './copy-into-loop.js';
import { makeInFile } from './make-in-file.js';
import type { PartitionJob } from './partition-job.js';
import { toolFailure } from './tool-failure.js';

/**
 * Makes a btrfs and fills it: `direct` with mkfs.btrfs, without mounting; `loop` by mounting it, making its subvolumes, and copying,
 * compressed where the partition says so. Inner ids of a btrfs are random: two builds differ in them.
 *
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeBtrfs(job: PartitionJob, mode: 'direct' | 'loop'): Promise<void> {
  const { plan, partition, image, content } = job;
  const { fsUuid, fsLabel, mkfsOptions = [] } = partition;
  const filled = mode === 'direct' ? content : undefined;
  await makeInFile(job, filled, async (file, run) => {
    await run('mkfs.btrfs', [
      ...['--quiet', '--force', '--nodiscard'],
      ...(fsUuid === undefined ? [] : ['--uuid', fsUuid]),
      ...(fsLabel === undefined ? [] : ['--label', fsLabel]),
      ...mkfsOptions,
      ...(filled === undefined ? [] : ['--rootdir', filled.folder]),
      file,
    ]);
  });
  if (mode === 'direct' || content === undefined) return;
  await copyIntoLoop(job, content).catch(async (error: unknown) => {
    throw await toolFailure(error, { plan, partition, image, needed: 0 });
  });
}
