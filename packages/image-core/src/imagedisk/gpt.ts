import { crc32 } from 'node:zlib';
import type { DiskPlan, PlannedPartition } from './disk-plan.js';
import { guidBytes } from './guid-bytes.js';
import { gptAttributes } from './partition-attributes.js';

/** Bytes and where on the disk they belong. */
export interface DiskBytes {
  readonly offset: number;
  readonly bytes: Buffer;
}

const HEADER_BYTES = 92;
const ENTRY_BYTES = 128;
const ENTRIES = 128;
const REVISION = 0x00010000;

/**
 * A GUID partition table: header and entries at the beginning, entries and header at the end of the disk (UEFI 2.10
 * §5.3). The protective MBR is `protectiveMbr`'s.
 */
export function gpt(plan: DiskPlan): readonly DiskBytes[] {
  const entries = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  for (const partition of plan.partitions) {
    entry(partition, plan.sectorSize).copy(entries, (partition.number - 1) * ENTRY_BYTES);
  }
  const sectors = plan.size / plan.sectorSize;
  const entrySectors = entries.length / plan.sectorSize;
  const common = { plan, entries, firstUsable: 2 + entrySectors, lastUsable: sectors - 2 - entrySectors };
  const backupEntries = sectors - 1 - entrySectors;
  const primary = header({ ...common, own: 1, other: sectors - 1, entriesAt: 2 });
  const backup = header({ ...common, own: sectors - 1, other: 1, entriesAt: backupEntries });
  return [
    { offset: plan.sectorSize, bytes: primary },
    { offset: 2 * plan.sectorSize, bytes: entries },
    { offset: backupEntries * plan.sectorSize, bytes: entries },
    { offset: (sectors - 1) * plan.sectorSize, bytes: backup },
  ];
}

interface Header {
  readonly plan: DiskPlan;
  readonly entries: Buffer;
  /** Sectors, as all positions of a header. */
  readonly own: number;
  readonly other: number;
  readonly entriesAt: number;
  readonly firstUsable: number;
  readonly lastUsable: number;
}

function header({ plan, entries, own, other, entriesAt, firstUsable, lastUsable }: Header): Buffer {
  const bytes = Buffer.alloc(plan.sectorSize);
  bytes.write('EFI PART', 0, 'latin1');
  bytes.writeUInt32LE(REVISION, 8);
  bytes.writeUInt32LE(HEADER_BYTES, 12);
  bytes.writeBigUInt64LE(BigInt(own), 24);
  bytes.writeBigUInt64LE(BigInt(other), 32);
  bytes.writeBigUInt64LE(BigInt(firstUsable), 40);
  bytes.writeBigUInt64LE(BigInt(lastUsable), 48);
  guidBytes(plan.diskId).copy(bytes, 56);
  bytes.writeBigUInt64LE(BigInt(entriesAt), 72);
  bytes.writeUInt32LE(ENTRIES, 80);
  bytes.writeUInt32LE(ENTRY_BYTES, 84);
  bytes.writeUInt32LE(crc32(entries), 88);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES)), 16);
  return bytes;
}

function entry(partition: PlannedPartition, sectorSize: number): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES);
  guidBytes(partition.typeGuid).copy(bytes, 0);
  guidBytes(partition.partUuid).copy(bytes, 16);
  bytes.writeBigUInt64LE(BigInt(partition.start / sectorSize), 32);
  bytes.writeBigUInt64LE(BigInt((partition.start + partition.size) / sectorSize - 1), 40);
  bytes.writeBigUInt64LE(gptAttributes(partition.flags), 48);
  bytes.write(partition.name, 56, 'utf16le');
  return bytes;
}
