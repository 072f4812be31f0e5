import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatSize, UtilsError } from '@ic/utils';
import { ImageError } from '../errors.js';
import type { DiskPlan, PlannedPartition } from './disk-plan.js';

const MIB = 1024 ** 2;
/** Less free space than this on the host means that it was the host which ran out. */
const EXHAUSTED = MIB;

export interface FailureContext {
  readonly plan: DiskPlan;
  readonly partition: PlannedPartition;
  readonly image: string;
  /** Bytes that the content was estimated to need. */
  readonly needed: number;
}

/** The content does not fit its partition: DISK_TOO_SMALL with the size that it needs, and how to give it that. */
export function tooSmall({ plan, partition, needed }: Omit<FailureContext, 'image'>): ImageError {
  const more = needed - partition.size;
  const end = (partition.start + needed) / MIB;
  const behind = plan.partitions.filter(({ start }) => start > partition.start);
  const last = behind.length === 0;
  const disk = Math.ceil((last ? partition.start + needed + MIB : plan.size + more) / MIB);
  return new ImageError(
    'DISK_TOO_SMALL',
    `partition "${partition.id}" has ${formatSize(partition.size)}, but its content${at(partition)} needs ${needed / MIB} MiB`,
    {
      fault: 'request',
      hint: last
        ? `set "disk.size" to at least ${disk}MiB and let the partition end at ${end}MiB or later ("0" is the rest of the disk)`
        : `let the partition end at ${end}MiB or later, move those behind it by ${more / MIB} MiB, and set "disk.size" to at least ${disk}MiB`,
      details: { partition: partition.id, size: partition.size, needed },
    },
  );
}

/**
 * What a failed tool means: DISK_TOO_SMALL when the partition was full, DISK_FULL when the host was, otherwise
 * IMAGE_FAILED. Errors of another kind (cancelled, program not found) stay as they are.
 */
export async function toolFailure(error: unknown, context: FailureContext): Promise<unknown> {
  if (!(error instanceof UtilsError) || error.code !== 'EXEC_FAILED') return error;
  const { partition, image, needed } = context;
  const space = /No space left on device|Disk quota exceeded|Input\/output error|short write/.test(
    error.message,
  );
  if (space && (await freeSpace(image)) < EXHAUSTED) {
    return new UtilsError(
      'DISK_FULL',
      `no space left for ${image} while filling partition "${partition.id}"`,
      {
        cause: error,
        hint: 'free some space, or choose another place with --work-dir',
      },
    );
  }
  // libext2fs, mtools, sload.f2fs (which stops at an assertion where no segment is free), and cp on a mounted file system.
  if (
    /Could not allocate (?:block|inode)|Disk full|Can't find free block|move_one_curseg_info|No space left on device/.test(
      error.message,
    )
  ) {
    const measured = wholeMib(partition.size * 1.1) + 16 * MIB;
    return tooSmall({ ...context, needed: Math.max(needed, measured) });
  }
  return new ImageError('IMAGE_FAILED', `partition "${partition.id}" could not be made: ${error.message}`, {
    cause: error,
    hint: hintOf(error.message),
  });
}

/** Rounded up. */
export function wholeMib(bytes: number): number {
  return Math.ceil(bytes / MIB) * MIB;
}

function hintOf(message: string): string {
  // mount(8)
  const [, unknown] = /unknown filesystem type '(\w+)'/.exec(message) ?? [];
  if (unknown !== undefined) return `this machine's kernel has no ${unknown}: use "--assembly direct"`;
  return /loop device/.test(message)
    ? 'loop devices need root on the host: use "--assembly direct"'
    : 'run again with -v to see every command';
}

async function freeSpace(image: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(image));
  return bavail * bsize;
}

function at({ mountPoint }: PlannedPartition): string {
  return mountPoint === undefined ? '' : ` (${mountPoint})`;
}
