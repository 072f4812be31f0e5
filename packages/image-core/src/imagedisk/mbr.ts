import type { DiskPlan, PlannedPartition } from './disk-plan.js';
import { fatGeometry } from './fat-geometry.js';
import { isActive } from './partition-attributes.js';

/** Boot code ends here; what follows is the table's: disk id, four entries, signature. */
export const BOOT_CODE_BYTES = 440;

const ENTRIES_AT = 446 - BOOT_CODE_BYTES;
const ENTRY_BYTES = 16;
const TABLE_BYTES = 512 - BOOT_CODE_BYTES;
const ACTIVE = 0x80;
const PROTECTIVE = 0xee;
const LINUX = 0x83;
/** By the names that templates use for partition types; the bytes are those of sfdisk's list. */
const TYPES: Readonly<Record<string, number>> = {
  linux: LINUX,
  'linux-root-amd64': LINUX,
  'linux-root-arm64': LINUX,
  'linux-home': LINUX,
  'linux-srv': LINUX,
  'linux-var': LINUX,
  'linux-tmp': LINUX,
  esp: 0xef,
  xbootldr: 0xea,
  'linux-swap': 0x82,
  'linux-lvm': 0x8e,
  'linux-raid': 0xfd,
  'linux-luks': 0xe8,
};
/** FAT by its width, addressed by sector numbers where there is such a byte. */
const FATS = { 12: 0x01, 16: 0x0e, 32: 0x0c } as const;
/** "Not addressable by cylinder, head and sector": readers go by sector number. */
const NO_CHS = Buffer.from([0xfe, 0xff, 0xff]);

/** The table part of an MBR, bytes 440 to 511 of the disk. */
export function mbr(plan: DiskPlan): Buffer {
  const bytes = emptyTable();
  bytes.writeUInt32LE(Number.parseInt(plan.diskId, 16), 0);
  for (const partition of plan.partitions) {
    const sectors = { first: partition.start / plan.sectorSize, count: partition.size / plan.sectorSize };
    const status = isActive(partition.flags) ? ACTIVE : 0;
    writeEntry(bytes, partition.number - 1, {
      status,
      type: mbrType(partition) ?? LINUX,
      firstChs: NO_CHS,
      lastChs: NO_CHS,
      ...sectors,
    });
  }
  return bytes;
}

/** The table part of the MBR that guards a GPT: one entry over the whole disk (UEFI 2.10 §5.2.3). */
export function protectiveMbr(plan: DiskPlan): Buffer {
  const bytes = emptyTable();
  const count = Math.min(plan.size / plan.sectorSize - 1, 0xffffffff);
  writeEntry(bytes, 0, {
    status: 0,
    type: PROTECTIVE,
    firstChs: Buffer.from([0x00, 0x02, 0x00]),
    lastChs: Buffer.from([0xff, 0xff, 0xff]),
    first: 1,
    count,
  });
  return bytes;
}

function emptyTable(): Buffer {
  const bytes = Buffer.alloc(TABLE_BYTES);
  bytes.writeUInt16LE(0xaa55, TABLE_BYTES - 2);
  return bytes;
}

interface Entry {
  readonly status: number;
  readonly type: number;
  readonly firstChs: Buffer;
  readonly lastChs: Buffer;
  /** Sectors. */
  readonly first: number;
  readonly count: number;
}

function writeEntry(table: Buffer, index: number, entry: Entry): void {
  const bytes = table.subarray(ENTRIES_AT + index * ENTRY_BYTES);
  bytes.writeUInt8(entry.status, 0);
  entry.firstChs.copy(bytes, 1);
  bytes.writeUInt8(entry.type, 4);
  entry.lastChs.copy(bytes, 5);
  bytes.writeUInt32LE(entry.first, 8);
  bytes.writeUInt32LE(entry.count, 12);
}

/** The byte of a partition's type; undefined where an MBR has none for it. */
export function mbrType(
  partition: Pick<PlannedPartition, 'type' | 'fsType' | 'fatBits'> & { readonly size?: number },
): number | undefined {
  const { type = '', fsType, fatBits, size } = partition;
  const byte = TYPES[type];
  if (byte !== LINUX || fsType !== 'vfat') return byte;
  return FATS[fatBits ?? (size === undefined ? 32 : fatGeometry(size).bits)];
}
