import { type FileHandle, open } from 'node:fs/promises';
import { diskFull } from '@ic/utils';
import type { DiskPlan } from './disk-plan.js';
import { type DiskBytes, gpt } from './gpt.js';
import { BOOT_CODE_BYTES, mbr, protectiveMbr } from './mbr.js';

/**
 * Writes the partition table into an image that already has its size. The first 440 bytes, where boot code lives, and
 * everything outside the table's own sectors stay as they are.
 *
 * @throws UtilsError DISK_FULL
 */
export async function writePartitionTable(image: string, plan: DiskPlan): Promise<void> {
  const pieces: readonly DiskBytes[] =
    plan.table === 'gpt'
      ? [{ offset: BOOT_CODE_BYTES, bytes: protectiveMbr(plan) }, ...gpt(plan)]
      : [{ offset: BOOT_CODE_BYTES, bytes: mbr(plan) }];
  let file: FileHandle | undefined;
  try {
    file = await open(image, 'r+');
    for (const { bytes, offset } of pieces) await file.write(bytes, 0, bytes.length, offset);
  } catch (error) {
    throw diskFull(error, image);
  } finally {
    await file?.close();
  }
}
