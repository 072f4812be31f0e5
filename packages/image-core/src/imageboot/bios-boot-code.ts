import { ImageError } from '../errors.js';
import { BOOT_CODE_BYTES } from '../imagedisk/mbr.js';

const SECTOR = 512;
/** GRUB 2.06 include/grub/i386/pc/boot.h. */
const KERNEL_SECTOR = 0x5c;
const DRIVE_CHECK = 0x66;
const NOPS = [0x90, 0x90];
/** The first block list of diskboot.img; lists grow downwards from here (struct grub_pc_bios_boot_blocklist). */
const FIRST_BLOCK_LIST = SECTOR - 12;
/** Where diskboot.img loads the rest: GRUB_BOOT_I386_PC_KERNEL_SEG plus one sector, in paragraphs. */
const CORE_SEGMENT = 0x800 + SECTOR / 16;

export interface BiosBootCode {
  /** For byte 0 of the disk; ends before the disk id and the partition table. */
  readonly master: Buffer;
  /** For the first byte of GRUB's room; whole sectors. */
  readonly core: Buffer;
}

/**
 * Points GRUB's boot sector at its core image and the core image at its own rest, as grub-bios-setup does without
 * Reed-Solomon codes (util/setup.c). The core image lies in one piece. Pure.
 *
 * @param start byte of the disk at which the core image begins, a multiple of 512
 * @throws ImageError IMAGE_FAILED when these are no such images
 */
export function biosBootCode(bootImage: Buffer, coreImage: Buffer, start: number): BiosBootCode {
  const sectors = Math.ceil(coreImage.length / SECTOR);
  if (bootImage.length !== SECTOR || bootImage.readUInt16LE(SECTOR - 2) !== 0xaa55) {
    throw new ImageError('IMAGE_FAILED', `boot.img is no boot sector: it has ${bootImage.length} bytes`);
  }
  if (sectors < 2 || sectors - 1 > 0xffff) {
    throw new ImageError('IMAGE_FAILED', `core.img is no GRUB core image: it has ${coreImage.length} bytes`);
  }
  const first = BigInt(start / SECTOR);
  const master = Buffer.from(bootImage.subarray(0, BOOT_CODE_BYTES));
  master.writeBigUInt64LE(first, KERNEL_SECTOR);
  // Some firmware passes a floppy's number for a disk; with the jump gone, boot.img corrects it.
  master.set(NOPS, DRIVE_CHECK);

  const core = Buffer.alloc(sectors * SECTOR);
  coreImage.copy(core);
  core.writeBigUInt64LE(first + 1n, FIRST_BLOCK_LIST);
  core.writeUInt16LE(sectors - 1, FIRST_BLOCK_LIST + 8);
  core.writeUInt16LE(CORE_SEGMENT, FIRST_BLOCK_LIST + 10);
  return { master, core };
}
