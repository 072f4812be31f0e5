import { makeFromTree } from './make-from-tree.js';
import type { PartitionJob } from './partition-job.js';

/**
 * Makes a squashfs of a partition's content, compressed with zstd unless `mkfsOptions` names another `-comp`. mksquashfs
 * lowers times to `SOURCE_DATE_EPOCH` and keeps owners, modes, hard links and extended attributes: the same tree gives the
 * same bytes.
 *
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeSquashfs(job: PartitionJob): Promise<void> {
  const { mkfsOptions = [] } = job.partition;
  const compressor = mkfsOptions.includes('-comp') ? [] : ['-comp', 'zstd'];
  await makeFromTree(job, 'mksquashfs', (folder, file) => [
    ...[folder, file, '-noappend', '-no-progress', '-quiet'],
    ...compressor,
    ...mkfsOptions,
  ]);
}
