import { seededUuid } from '@ic/utils';
import { crc32c } from '../imagedisk/crc32c.js';
import { guidBytes } from '../imagedisk/guid-bytes.js';
import { type OpenWriter, roundUp, SPAN, writeAt } from './extent.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECTOR = 512;
/** States of a block of the allocation table. */
const ZERO = 2n;
const FULLY_PRESENT = 6n;
/** Blocks between two entries of the table that would tell of a sector bitmap (MS-VHDX §2.5.1.1). */
const CHUNK_BLOCKS = (2 ** 23 * SECTOR) / SPAN;

const LOG = { at: MIB, length: MIB } as const;
const METADATA = { at: 2 * MIB, length: MIB } as const;
const TABLE_AT = 3 * MIB;

const GUID = {
  table: '2dc27766-f623-4200-9d64-115e9bfd4a08',
  metadata: '8b7ca206-4790-4b9a-b8fe-575f050f886e',
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  diskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  diskId: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  logicalSector: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSector: 'cda348c7-445d-4471-9cc9-e9885251c556',
} as const;

/**
 * A dynamic VHDX (MS-VHDX) with blocks of 1 MiB, the size Microsoft advises for guests with ext4, and an empty log. Of a
 * block with little in it, the rest is a hole.
 */
export const openVhdx: OpenWriter = (output, { size, seed }) => {
  const blocks = Math.ceil(size / SPAN);
  const entries = Math.max(1, blocks + Math.floor((blocks - 1) / CHUNK_BLOCKS));
  const table = Buffer.alloc(8 * entries);
  const tableLength = roundUp(table.length, MIB);
  for (let block = 0; block < blocks; block += 1) table.writeBigUInt64LE(ZERO, entryOf(block));
  let free = TABLE_AT + tableLength;
  let current: { readonly block: number; readonly at: number } | undefined;
  return {
    write: async ({ position, bytes }) => {
      const block = Math.floor(position / SPAN);
      if (current?.block !== block) {
        current = { block, at: free };
        table.writeBigUInt64LE((BigInt(free / MIB) << 20n) | FULLY_PRESENT, entryOf(block));
        free += SPAN;
      }
      await writeAt(output, bytes, current.at + (position % SPAN));
    },
    finish: async () => {
      await writeAt(output, identifier(), 0);
      await writeAt(output, header(seed, 1n), 64 * KIB);
      await writeAt(output, header(seed, 2n), 128 * KIB);
      const regions = regionTable(tableLength);
      await writeAt(output, regions, 192 * KIB);
      await writeAt(output, regions, 256 * KIB);
      await writeAt(output, metadata(size, seed), METADATA.at);
      await writeAt(output, table, TABLE_AT);
      await output.truncate(free);
    },
  };
};

/** Bytes from the beginning of the allocation table. */
function entryOf(block: number): number {
  return 8 * (block + Math.floor(block / CHUNK_BLOCKS));
}

function identifier(): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write('vhdxfile', 0, 'latin1');
  bytes.write('Image Composer', 8, 'utf16le');
  return bytes;
}

/** Of the two, the one with the higher number counts. */
function header(seed: string, sequence: bigint): Buffer {
  const bytes = Buffer.alloc(4 * KIB);
  bytes.write('head', 0, 'latin1');
  bytes.writeBigUInt64LE(sequence, 8);
  guidBytes(seededUuid(seed, 'vhdx', 'file')).copy(bytes, 16);
  guidBytes(seededUuid(seed, 'vhdx', 'data')).copy(bytes, 32);
  bytes.writeUInt16LE(1, 66); // version
  bytes.writeUInt32LE(LOG.length, 68);
  bytes.writeBigUInt64LE(BigInt(LOG.at), 72);
  return sealed(bytes);
}

function regionTable(tableLength: number): Buffer {
  const bytes = Buffer.alloc(64 * KIB);
  bytes.write('regi', 0, 'latin1');
  const regions = [
    { guid: GUID.table, at: TABLE_AT, length: tableLength },
    { guid: GUID.metadata, ...METADATA },
  ];
  bytes.writeUInt32LE(regions.length, 8);
  regions.forEach(({ guid, at, length }, index) => {
    const entry = bytes.subarray(16 + 32 * index);
    guidBytes(guid).copy(entry, 0);
    entry.writeBigUInt64LE(BigInt(at), 16);
    entry.writeUInt32LE(length, 24);
    entry.writeUInt32LE(1, 28); // required
  });
  return sealed(bytes);
}

/** With its CRC-32C at byte 4, where it counts as zero. */
function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(~crc32c(bytes, 0xffffffff) >>> 0, 4);
  return bytes;
}

/** Items in the metadata region's second 64 KiB, told by the table in its first. */
function metadata(size: number, seed: string): Buffer {
  const REQUIRED = 4;
  const OF_THE_DISK = REQUIRED | 2;
  const diskSize = Buffer.alloc(8);
  diskSize.writeBigUInt64LE(BigInt(size));
  const items = [
    { guid: GUID.fileParameters, flags: REQUIRED, value: words(SPAN, 0) },
    { guid: GUID.diskSize, flags: OF_THE_DISK, value: diskSize },
    { guid: GUID.diskId, flags: OF_THE_DISK, value: guidBytes(seededUuid(seed, 'vhdx', 'disk')) },
    { guid: GUID.logicalSector, flags: OF_THE_DISK, value: words(SECTOR) },
    { guid: GUID.physicalSector, flags: OF_THE_DISK, value: words(4096) },
  ];
  const bytes = Buffer.alloc(128 * KIB);
  bytes.write('metadata', 0, 'latin1');
  bytes.writeUInt16LE(items.length, 10);
  let at = 64 * KIB;
  items.forEach(({ guid, flags, value }, index) => {
    const entry = bytes.subarray(32 + 32 * index);
    guidBytes(guid).copy(entry, 0);
    entry.writeUInt32LE(at, 16);
    entry.writeUInt32LE(value.length, 20);
    entry.writeUInt32LE(flags, 24);
    value.copy(bytes, at);
    at += value.length;
  });
  return bytes;
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 * index);
  });
  return bytes;
}
