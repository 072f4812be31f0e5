import { dirname } from 'node:path';
import { fatGeometry } from './fat-geometry.js';
import { type FatFolder, fatSize, fatTree } from './fat-tree.js';
import { bindsOf, fixedTime, type PartitionJob } from './partition-job.js';
import { toolFailure, tooSmall } from './tool-failure.js';

const SECTOR = 512;
/** FAT counts years from 1980. */
const FIRST_TIME = Date.UTC(1980) / 1000;
/** Files in one call of mcopy; keeps the argument list short. */
const BATCH = 500;

/**
 * Makes a FAT at its partition's place in the image and copies the tree into it with mtools, without mounting. Order
 * is sorted and all times are `epoch`'s: the same tree gives the same bytes, in whatever order it was read.
 *
 * @throws ImageError DISK_TOO_SMALL, PARTITION_INVALID (see fatTree), IMAGE_FAILED; UtilsError DISK_FULL, CANCELLED
 */
export async function makeVfat(job: PartitionJob): Promise<void> {
  const { plan, partition, image, content, tools, epoch, context } = job;
  const folders = content === undefined ? [] : await fatTree(content);
  const needed = fatSize(folders, { width: partition.fatBits });
  if (needed > partition.size) throw tooSmall({ plan, partition, needed });
  const options = {
    // The image is a partition of a larger disk: mtools' check of the geometry does not apply.
    env: { ...fixedTime(Math.max(epoch, FIRST_TIME)), MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' },
    binds: bindsOf(dirname(image), content),
    signal: context.signal,
  };
  const drive = ['-i', `${image}@@${partition.start}`];
  try {
    await tools.run('mkfs.vfat', mkfsArguments(job), options);
    const below = folders.filter(({ path }) => path !== '').map(({ path }) => `::/${path}`);
    for (const batch of batches(below)) await tools.run('mmd', [...drive, ...batch], options);
    for (const { path, sources } of filesOf(folders)) {
      for (const batch of batches(sources)) {
        await tools.run('mcopy', [...drive, '-Q', ...batch, `::/${path}`], options);
      }
    }
  } catch (error) {
    throw await toolFailure(error, { plan, partition, image, needed });
  }
}

function mkfsArguments({ partition, image }: PartitionJob): string[] {
  // planDisk has refused sizes that a given width cannot have.
  const { bits, sectorsPerCluster } =
    fatGeometry(partition.size, partition.fatBits) ?? fatGeometry(partition.size);
  const first = String(partition.start / SECTOR);
  return [
    ...['-F', String(bits), '-s', String(sectorsPerCluster), '--invariant', '-h', first, '--offset', first],
    ...(partition.fsUuid === undefined ? [] : ['-i', partition.fsUuid.replace('-', '')]),
    ...(partition.fsLabel === undefined ? [] : ['-n', partition.fsLabel]),
    ...(partition.mkfsOptions ?? []),
    image,
    String(partition.size / 1024),
  ];
}

function filesOf(folders: readonly FatFolder[]): readonly { path: string; sources: readonly string[] }[] {
  return folders.map(({ path, files }) => ({ path, sources: files.map((file) => file.source) }));
}

function* batches(list: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < list.length; start += BATCH) yield list.slice(start, start + BATCH);
}
