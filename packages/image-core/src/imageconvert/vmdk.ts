import { promisify } from 'node:util';
import { deflate as deflateCallback } from 'node:zlib';
import { sha256 } from '@ic/utils';
import { CLUSTER, type OpenWriter, roundUp, writeAt } from './extent.js';
import { inOrder } from './in-order.js';

const deflate = promisify(deflateCallback);
const LEVEL = 6;
/** Grains under way at most: 64 KiB of memory each, and work for every thread. */
const AT_ONCE = 64;
const SECTOR = 512;
const GRAIN_SECTORS = CLUSTER / SECTOR;
/** Grains that one grain table tells of. */
const TABLE_ENTRIES = 512;
/** Sectors in front of the first grain: header and descriptor. */
const OVERHEAD = 128;
const DESCRIPTOR_SECTORS = 20;
/** Where the header stands for the one in the footer. */
const DIRECTORY_AT_END = (1n << 64n) - 1n;
const MARKER = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const;

interface Grain {
  readonly index: number;
  readonly compressed: Buffer;
}

/**
 * A streamOptimized VMDK ("Virtual Disk Format 5.0", VMware, chapter 4): grains deflated in parallel and in order, each
 * grain table behind its grains, the directory and a footer at the end. The disk is made whole grains.
 */
export const openVmdk: OpenWriter = (output, disk) => {
  const capacity = roundUp(disk.size, CLUSTER) / SECTOR;
  const grains = capacity / GRAIN_SECTORS;
  const directory = Buffer.alloc(roundUp(4 * Math.ceil(grains / TABLE_ENTRIES), SECTOR));
  let table: { readonly index: number; readonly entries: Buffer } | undefined;
  /** In sectors. */
  let at = OVERHEAD;

  const append = async (bytes: Buffer) => {
    const place = at;
    await writeAt(output, bytes, at * SECTOR);
    at += bytes.length / SECTOR;
    return place;
  };
  const appendMarked = async (type: number, bytes: Buffer) => {
    return 1 + (await append(Buffer.concat([marker(type, bytes.length / SECTOR), bytes])));
  };
  const flush = async () => {
    if (table === undefined) return;
    directory.writeUInt32LE(await appendMarked(MARKER.grainTable, table.entries), 4 * table.index);
    table = undefined;
  };
  const tableFor = async (index: number) => {
    if (table?.index === index) return table;
    await flush();
    table = { index, entries: Buffer.alloc(4 * TABLE_ENTRIES) };
    return table;
  };
  const pieces = inOrder<Grain>(AT_ONCE, async ({ index, compressed }) => {
    const { entries } = await tableFor(Math.floor(index / TABLE_ENTRIES));
    const bytes = Buffer.alloc(roundUp(12 + compressed.length, SECTOR));
    bytes.writeBigUInt64LE(BigInt(index * GRAIN_SECTORS), 0);
    bytes.writeUInt32LE(compressed.length, 8);
    compressed.copy(bytes, 12);
    entries.writeUInt32LE(await append(bytes), 4 * (index % TABLE_ENTRIES));
  });

  return {
    write: async ({ position, bytes }) => {
      for (let offset = 0; offset < bytes.length; offset += CLUSTER) {
        const grain = Buffer.alloc(CLUSTER);
        bytes.copy(grain, 0, offset, offset + CLUSTER);
        const index = (position + offset) / CLUSTER;
        await pieces.add(deflate(grain, { level: LEVEL }).then((compressed) => ({ index, compressed })));
      }
    },
    finish: async () => {
      await pieces.drain();
      await flush();
      const directoryAt = await appendMarked(MARKER.grainDirectory, directory);
      await appendMarked(MARKER.footer, header(capacity, BigInt(directoryAt)));
      await append(marker(MARKER.endOfStream, 0));
      await writeAt(output, header(capacity, DIRECTORY_AT_END), 0);
      await writeAt(output, descriptor(capacity, disk), SECTOR);
    },
  };
};

function marker(type: number, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.writeBigUInt64LE(BigInt(sectors), 0);
  bytes.writeUInt32LE(type, 12);
  return bytes;
}

function header(capacity: number, directoryAt: bigint): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('KDMV', 0, 'latin1');
  bytes.writeUInt32LE(3, 4);
  bytes.writeUInt32LE(0x00030001, 8); // line feeds can be tested, compressed, with markers
  bytes.writeBigUInt64LE(BigInt(capacity), 12);
  bytes.writeBigUInt64LE(BigInt(GRAIN_SECTORS), 20);
  bytes.writeBigUInt64LE(1n, 28);
  bytes.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTORS), 36);
  bytes.writeUInt32LE(TABLE_ENTRIES, 44);
  bytes.writeBigUInt64LE(directoryAt, 56);
  bytes.writeBigUInt64LE(BigInt(OVERHEAD), 64);
  bytes.write('\n \r\n', 73, 'latin1');
  bytes.writeUInt16LE(1, 77); // deflate
  return bytes;
}

function descriptor(
  capacity: number,
  { seed, file }: { readonly seed: string; readonly file: string },
): Buffer {
  const cylinders = Math.min(65_535, Math.ceil(capacity / (255 * 63)));
  const text = `# Disk DescriptorFile
version=1
CID=${contentId(seed)}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${capacity} SPARSE "${file}"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "10"
ddb.geometry.cylinders = "${cylinders}"
ddb.geometry.heads = "255"
ddb.geometry.sectors = "63"
ddb.adapterType = "lsilogic"
`;
  const bytes = Buffer.alloc(DESCRIPTOR_SECTORS * SECTOR);
  bytes.write(text, 'utf8');
  return bytes;
}

/** Eight hex digits; the first is 0 because the two highest numbers mean something else. */
function contentId(seed: string): string {
  return `0${sha256(`${seed}\0vmdk`).slice(0, 7)}`;
}
