import type { FileHandle } from 'node:fs/promises';
import { CLUSTER, type OpenWriter, writeAt } from './extent.js';

const CLUSTER_BITS = 16;
const HEADER_BYTES = 104;
/** Entries of eight bytes in one cluster: what an L2 table or a cluster of the refcount table holds. */
const TABLE_ENTRIES = CLUSTER / 8;
/** Reference counts of two bytes in one cluster. */
const BLOCK_ENTRIES = CLUSTER / 2;
/** Bit 63 of an entry: the cluster is referred to once. */
const COPIED = 1n << 63n;

/**
 * qcow2 version 3 without compression (QEMU, docs/interop/qcow2.txt): header, L1 table, then data and L2 tables as they
 * come, reference counts last. Memory holds one L2 table.
 */
export const openQcow2: OpenWriter = (output, disk) => {
  const clusters = Math.ceil(disk.size / CLUSTER);
  const l1 = Buffer.alloc(8 * Math.max(1, Math.ceil(clusters / TABLE_ENTRIES)));
  /** In clusters, as all positions here. */
  const l1At = 1;
  let free = l1At + Math.ceil(l1.length / CLUSTER);
  let table: { readonly index: number; readonly at: number; readonly entries: Buffer } | undefined;

  const flush = async () => {
    if (table !== undefined) await writeAt(output, table.entries, table.at * CLUSTER);
    table = undefined;
  };
  const tableFor = async (index: number) => {
    if (table?.index === index) return table;
    await flush();
    l1.writeBigUInt64BE(COPIED | BigInt(free * CLUSTER), 8 * index);
    table = { index, at: free, entries: Buffer.alloc(CLUSTER) };
    free += 1;
    return table;
  };

  return {
    write: async ({ position, bytes }) => {
      const first = position / CLUSTER;
      const count = Math.ceil(bytes.length / CLUSTER);
      const { entries } = await tableFor(Math.floor(first / TABLE_ENTRIES));
      for (let index = 0; index < count; index += 1) {
        const entry = COPIED | BigInt((free + index) * CLUSTER);
        entries.writeBigUInt64BE(entry, 8 * ((first + index) % TABLE_ENTRIES));
      }
      await writeAt(output, bytes, free * CLUSTER);
      free += count;
    },
    finish: async () => {
      await flush();
      await writeAt(output, l1, l1At * CLUSTER);
      const counts = await writeRefcounts(output, free);
      await writeAt(output, header({ size: disk.size, l1, l1At, ...counts }), 0);
    },
  };
};

interface Refcounts {
  readonly tableAt: number;
  readonly tableClusters: number;
}

/** Counts every cluster once, its own too, and gives the file its length. */
async function writeRefcounts(output: FileHandle, used: number): Promise<Refcounts> {
  let blocks = 0;
  let tableClusters = 0;
  const total = () => used + blocks + tableClusters;
  while (blocks < Math.ceil(total() / BLOCK_ENTRIES) || tableClusters < Math.ceil(blocks / TABLE_ENTRIES)) {
    blocks = Math.ceil(total() / BLOCK_ENTRIES);
    tableClusters = Math.ceil(blocks / TABLE_ENTRIES);
  }
  const tableAt = used + blocks;
  await output.truncate(total() * CLUSTER);
  const table = Buffer.alloc(tableClusters * CLUSTER);
  for (let index = 0; index < blocks; index += 1) {
    table.writeBigUInt64BE(BigInt((used + index) * CLUSTER), 8 * index);
    const counted = Math.min(BLOCK_ENTRIES, total() - index * BLOCK_ENTRIES);
    await writeAt(output, Buffer.alloc(2 * counted, Buffer.of(0, 1)), (used + index) * CLUSTER);
  }
  await writeAt(output, table, tableAt * CLUSTER);
  return { tableAt, tableClusters };
}

interface Header extends Refcounts {
  readonly size: number;
  readonly l1: Buffer;
  readonly l1At: number;
}

function header({ size, l1, l1At, tableAt, tableClusters }: Header): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 8); // an empty list of extensions ends with eight zeros
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(CLUSTER_BITS, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(l1.length / 8, 36);
  bytes.writeBigUInt64BE(BigInt(l1At * CLUSTER), 40);
  bytes.writeBigUInt64BE(BigInt(tableAt * CLUSTER), 48);
  bytes.writeUInt32BE(tableClusters, 56);
  bytes.writeUInt32BE(4, 96); // reference counts of 2^4 bits
  bytes.writeUInt32BE(HEADER_BYTES, 100);
  return bytes;
}
