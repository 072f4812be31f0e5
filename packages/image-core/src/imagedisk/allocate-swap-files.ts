import { dirname, relative } from 'node:path';
import { ImageError } from '../errors.js';
import { BLOCK } from './ext4-size.js';
import { fixedTime, type PartitionJob } from './partition-job.js';

/**
 * Gives the swap files in an unmounted ext2, ext3 or ext4 the blocks that they lack, with debugfs: swapon(8) refuses a file with holes, and
 * neither mke2fs nor cp writes zeros. On ext4 the blocks are unwritten extents, which swapon takes and the image need not hold.
 *
 * @throws ImageError IMAGE_FAILED; UtilsError EXEC_NOT_FOUND, CANCELLED
 */
export async function allocateSwapFiles({
  partition,
  image,
  tools,
  epoch,
  context,
}: PartitionJob): Promise<void> {
  const { swapFiles = [], mountPoint = '/', start } = partition;
  for (const { path, size } of swapFiles) {
    const request = `fallocate /${relative(mountPoint, path)} 0 ${size / BLOCK - 1}`;
    const { stderr } = await tools.run('debugfs', ['-w', '-R', request, `${image}?offset=${start}`], {
      env: fixedTime(epoch),
      binds: [{ host: dirname(image), inside: dirname(image) }],
      signal: context.signal,
    });
    // Its status is 0 whatever happens; the first line is its version.
    const complaint = stderr.split('\n').slice(1).join('\n').trim();
    if (complaint === '') continue;
    throw new ImageError('IMAGE_FAILED', `the swap file ${path} could not be made whole: ${complaint}`, {
      details: { path, partition: partition.id },
    });
  }
}
