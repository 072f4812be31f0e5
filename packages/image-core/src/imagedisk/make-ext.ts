import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { seededUuid } from '@ic/utils';
import { allocateSwapFiles } from './allocate-swap-files.js';
import { copyIntoLoop } from './copy-into-loop.js';
import { BLOCK, type Ext4Demand, ext4Demand, ext4Size, INODE, inodeCount } from './ext4-size.js';
import { bindsOf, fixedTime, type PartitionJob } from './partition-job.js';
import { settleExt4 } from './settle-ext4.js';
import { toolFailure, tooSmall } from './tool-failure.js';

const EMPTY: Ext4Demand = { blocks: 0, inodes: 0 };

/**
 * Makes an ext2, ext3 or ext4 at its partition's place in the image and fills it: `direct` by mke2fs, without mounting; `loop` by
 * mounting it and copying. Ids and times are the plan's and `epoch`'s; `direct` gives the same bytes every time.
 *
 * @throws ImageError DISK_TOO_SMALL, IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeExt(job: PartitionJob, mode: 'direct' | 'loop'): Promise<void> {
  const { plan, partition, image, content, tools, epoch, context } = job;
  const demand = content === undefined ? EMPTY : ext4Demand(content, partition);
  const needed = ext4Size(demand, { journal: partition.fsType !== 'ext2' });
  if (needed > partition.size) throw tooSmall({ plan, partition, needed });
  const filled = mode === 'direct' ? content : undefined;
  try {
    await tools.run('mke2fs', mke2fsArguments(job, demand, filled?.folder), {
      env: fixedTime(epoch),
      binds: bindsOf(dirname(image), filled),
      signal: context.signal,
    });
    if (mode === 'loop' && content !== undefined) await copyIntoLoop(job, content);
    if (content !== undefined) await allocateSwapFiles(job);
  } catch (error) {
    throw await toolFailure(error, { plan, partition, image, needed });
  }
  const root = content === undefined ? undefined : await lstat(content.folder);
  await settleExt4(image, partition.start, {
    epoch,
    root: root && { mode: root.mode, uid: root.uid, gid: root.gid, mtime: root.mtimeMs / 1000 },
  });
}

/** Nothing is left to the target's mke2fs.conf but the features, which its own boot loader and kernel must know. */
function mke2fsArguments(job: PartitionJob, demand: Ext4Demand, folder: string | undefined): string[] {
  const { partition, image } = job;
  const extended = [
    `offset=${partition.start}`,
    `hash_seed=${seededUuid(partition.fsUuid ?? '', 'hash seed')}`,
    // The image is fresh and reads as zeros: mark the inode tables as zeroed, leave the journal's blocks as holes. What is
    // discarded first needs no zeros written, which would take room on the host's disk; it is the partition alone.
    'lazy_itable_init=0',
    'lazy_journal_init=1',
    'discard',
  ];
  return [
    ...['-q', '-F', '-t', partition.fsType, '-b', String(BLOCK), '-I', String(INODE)],
    ...['-N', String(inodeCount(partition.size, demand))],
    ...(partition.fsUuid === undefined ? [] : ['-U', partition.fsUuid]),
    ...(partition.fsLabel === undefined ? [] : ['-L', partition.fsLabel]),
    ...['-E', extended.join(',')],
    ...(partition.mkfsOptions ?? []),
    ...(folder === undefined ? [] : ['-d', folder]),
    image,
    String(partition.size / BLOCK),
  ];
}
