import { makeFromTree } from './make-from-tree.js';
import type { PartitionJob } from './partition-job.js';

/**
 * Makes an erofs of a partition's content, compressed with LZ4 unless `mkfsOptions` has a `-z…` of its own. mkfs.erofs lowers
 * times to `SOURCE_DATE_EPOCH` (`-T` would set them all) and keeps owners, modes, hard links and extended attributes:
 * the same tree gives the same bytes.
 *
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeErofs(job: PartitionJob): Promise<void> {
  const { fsUuid, mkfsOptions = [] } = job.partition;
  const compressor = mkfsOptions.some((word) => word.startsWith('-z')) ? [] : ['-zlz4hc'];
  await makeFromTree(job, 'mkfs.erofs', (folder, file) => [
    '--quiet',
    ...compressor,
    ...(fsUuid === undefined ? [] : ['-U', fsUuid]),
    ...mkfsOptions,
    ...[file, folder],
  ]);
}
