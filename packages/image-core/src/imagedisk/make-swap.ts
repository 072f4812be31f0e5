import { open } from 'node:fs/promises';
import { diskFull } from '@ic/utils';
import type { PlannedPartition } from './disk-plan.js';
import type { PartitionJob } from './partition-job.js';

/** Bytes of a page; kernels with larger ones refuse the area, as they refuse one that mkswap made for 4 KiB. */
const PAGE = 4096;
const HEADER_AT = 1024;
const LABEL_BYTES = 16;
const SIGNATURE = 'SWAPSPACE2';

/**
 * Writes the header of a swap area, version 1, at its partition's place in the image. Nothing is ever swapped on.
 *
 * @throws UtilsError DISK_FULL
 */
export async function makeSwap({ partition, image }: PartitionJob): Promise<void> {
  const file = await open(image, 'r+');
  try {
    await file.write(swapHeader(partition), 0, PAGE, partition.start);
  } catch (error) {
    throw diskFull(error, image);
  } finally {
    await file.close();
  }
}

/** The first page of a swap area, as the kernel's `union swap_header` has it (linux/swap.h), little-endian. Pure. */
export function swapHeader({
  size,
  fsUuid,
  fsLabel,
}: Pick<PlannedPartition, 'size' | 'fsUuid' | 'fsLabel'>): Buffer {
  const page = Buffer.alloc(PAGE);
  page.writeUInt32LE(1, HEADER_AT); // version
  page.writeUInt32LE(Math.floor(size / PAGE) - 1, HEADER_AT + 4); // last page
  page.write((fsUuid ?? '').replaceAll('-', ''), HEADER_AT + 12, 'hex');
  page.write(fsLabel ?? '', HEADER_AT + 28, LABEL_BYTES - 1, 'utf8');
  page.write(SIGNATURE, PAGE - SIGNATURE.length, 'latin1');
  return page;
}
