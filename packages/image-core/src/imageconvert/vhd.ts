import { seededUuid } from '@ic/utils';
import { type OpenWriter, roundUp, type SourceDisk, writeAt } from './extent.js';

/** Azure takes whole MiB only. */
const UNIT = 1024 * 1024;
const FOOTER_BYTES = 512;
/** Seconds from 1970 to 2000, where the times of this format begin. */
const YEAR_2000 = 946_684_800;

/**
 * A fixed VHD ("Virtual Hard Disk Image Format Specification", Microsoft, version 1.0): the disk as it is, made whole MiB
 * as Azure demands, and a footer.
 */
export const openVhd: OpenWriter = (output, disk) => ({
  write: ({ position, bytes }) => writeAt(output, bytes, position),
  finish: async () => {
    const tail = vhdTail(disk);
    await output.truncate(disk.size + tail.length);
    await writeAt(output, tail, disk.size);
  },
});

/** What stands behind the bytes of the disk: zeros up to whole MiB, and the footer. Pure. */
export function vhdTail(disk: Omit<SourceDisk, 'file'>): Buffer {
  const size = roundUp(disk.size, UNIT);
  return Buffer.concat([Buffer.alloc(size - disk.size), vhdFooter({ ...disk, size })]);
}

/** The footer of a fixed disk. Pure. */
export function vhdFooter({ size, seed, epoch }: Omit<SourceDisk, 'file'>): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8); // features: the reserved bit, always set
  footer.writeUInt32BE(0x00010000, 12); // version 1.0
  footer.fill(0xff, 16, 24); // no dynamic header
  footer.writeUInt32BE(Math.min(Math.max(0, epoch - YEAR_2000), 0xffffffff), 24);
  // Readers (QEMU among them) take the size from the geometry, which is smaller, unless they know the creator.
  footer.write('win ', 28, 'latin1');
  footer.writeUInt32BE(0x000a0000, 32);
  footer.write('Wi2k', 36, 'latin1');
  footer.writeBigUInt64BE(BigInt(size), 40);
  footer.writeBigUInt64BE(BigInt(size), 48);
  const { cylinders, heads, sectors } = vhdGeometry(size / 512);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectors, 59);
  footer.writeUInt32BE(2, 60); // fixed
  Buffer.from(seededUuid(seed, 'vhd').replaceAll('-', ''), 'hex').copy(footer, 68);
  const sum = footer.reduce((total, byte) => total + byte, 0);
  footer.writeUInt32BE(~sum >>> 0, 64);
  return footer;
}

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

/** Cylinders, heads and sectors of a disk of so many sectors ("CHS Calculation", appendix of the specification). Pure. */
export function vhdGeometry(diskSectors: number): Geometry {
  const total = Math.min(diskSectors, 65_535 * 16 * 255);
  if (total >= 65_535 * 16 * 63) return cylindersOf(total, 16, 255);
  const tracks = Math.floor(total / 17);
  const heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
  if (tracks < heads * 1024 && heads <= 16) return cylindersOf(total, heads, 17);
  return Math.floor(total / 31) < 16 * 1024 ? cylindersOf(total, 16, 31) : cylindersOf(total, 16, 63);
}

function cylindersOf(total: number, heads: number, sectors: number): Geometry {
  return { cylinders: Math.floor(Math.floor(total / sectors) / heads), heads, sectors };
}
