import { lstatSync, readdirSync } from 'node:fs';
import type { PlannedPartition } from './disk-plan.js';
import type { PartitionContent } from './partition-content.js';
import { smallestSize } from './smallest-size.js';

/** The block size and inode size of every ext4 that we make, in bytes. Small inodes cannot hold times after 2038. */
export const BLOCK = 4096;
export const INODE = 256;

const MIB = 1024 ** 2;
const BLOCKS_PER_GROUP = 8 * BLOCK;
const INODES_PER_BLOCK = BLOCK / INODE;
const DESCRIPTOR = 64;
/** The root folder, the ten inodes before it, and lost+found with its blocks, the orphan file. */
const RESERVED_INODES = 12;
const LOST_AND_FOUND_BLOCKS = 4;
/** A symbolic link's target of fewer bytes lives in its inode. */
const INLINE_LINK = 60;

/** What a tree asks of a file system. */
export interface Ext4Demand {
  readonly blocks: number;
  readonly inodes: number;
}

/**
 * Adds up a tree: file data in whole blocks, folders as the kernel lays them out, one inode for each name or set of hard links; and the
 * blocks that the swap files in it do not have yet.
 */
export function ext4Demand(
  content: PartitionContent,
  { swapFiles = [] }: Pick<PlannedPartition, 'swapFiles'> = {},
): Ext4Demand {
  const covered = new Set(content.covered.map(({ folder }) => folder));
  const linked = new Set<string>();
  let blocks = swapFiles.reduce((sum, { size }) => sum + swapFileBlocks(size), 0);
  let inodes = 0;
  // Paths are bytes: a name need not be UTF-8.
  const folders = [Buffer.from(content.folder)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    inodes += 1;
    const entries = covered.has(folder.toString()) ? [] : readdirSync(folder, { encoding: 'buffer' });
    blocks += folderBlocks(entries);
    for (const name of entries) {
      const path = Buffer.concat([folder, Buffer.from('/'), name]);
      const stats = lstatSync(path);
      if (stats.isDirectory()) {
        folders.push(path);
        continue;
      }
      if (stats.nlink > 1) {
        const identity = `${stats.dev}:${stats.ino}`;
        if (linked.has(identity)) continue;
        linked.add(identity);
      }
      inodes += 1;
      if (stats.isFile()) blocks += fileBlocks(stats.size, stats.blocks * 512);
      else if (stats.isSymbolicLink() && stats.size >= INLINE_LINK) blocks += 1;
    }
  }
  return { blocks, inodes };
}

/**
 * Bytes, in whole MiB, of the smallest partition whose ext2, ext3 or ext4 takes this, filled by mke2fs or by the kernel.
 *
 * @param options.room bytes that are left for more files
 */
export function ext4Size(
  demand: Ext4Demand,
  { journal, room = 0 }: { readonly journal: boolean; readonly room?: number },
): number {
  const wanted = demand.blocks + Math.ceil(room / BLOCK);
  return smallestSize(wanted * BLOCK, (size) => {
    const blocks = size / BLOCK;
    const slack = 64 + Math.ceil(demand.blocks / 200);
    const metadata = metadataBlocks(blocks, inodeCount(size, demand)) + (journal ? journalBlocks(blocks) : 0);
    return wanted + slack + metadata <= blocks;
  });
}

/** How many inodes to make: mke2fs's own ratio, more where the tree would use most of them up. */
export function inodeCount(size: number, demand: Ext4Demand): number {
  const ratio = size < 512 * MIB ? 4096 : 16384;
  const wanted = RESERVED_INODES + Math.ceil(demand.inodes * 1.25);
  return Math.max(Math.ceil(size / ratio), wanted);
}

/** Blocks that are neither for file data nor the journal, as mke2fs 1.47 sets them aside, and those that the kernel never gives away. */
function metadataBlocks(blocks: number, inodes: number): number {
  const groups = Math.ceil(blocks / BLOCKS_PER_GROUP);
  const inodeTable = groups * Math.ceil(inodes / groups / INODES_PER_BLOCK);
  const descriptors = Math.ceil((groups * DESCRIPTOR) / BLOCK);
  // Room for the descriptors of a file system 1024 times as large (resize_inode).
  const future = Math.ceil((Math.ceil((blocks * 1024) / BLOCKS_PER_GROUP) * DESCRIPTOR) / BLOCK);
  const reserved = Math.min(Math.max(future - descriptors, 0), BLOCK / 4);
  const superblocks = sparseSuperGroups(groups) * (1 + descriptors + reserved);
  const orphanFile = Math.min(Math.max(Math.ceil(blocks / 4096), 32), 512);
  // ext4's reserved clusters (s_resv_clusters), kept back even from root.
  const keptByKernel = Math.min(Math.ceil(blocks / 50), 4096);
  return inodeTable + 2 * groups + superblocks + LOST_AND_FOUND_BLOCKS + orphanFile + keptByKernel;
}

/** Groups with a copy of the superblock: 0, 1 and the powers of 3, 5 and 7. */
function sparseSuperGroups(groups: number): number {
  let count = Math.min(groups, 2);
  for (const base of [3, 5, 7]) for (let power = base; power < groups; power *= base) count += 1;
  return count;
}

/** Blocks of the journal by blocks of the file system: `ext2fs_default_journal_size` of e2fsprogs 1.47. */
function journalBlocks(blocks: number): number {
  const K = 1024;
  const steps: readonly (readonly [below: number, journal: number])[] = [
    [2 * K, 0],
    [32 * K, K],
    [256 * K, 4 * K],
    [512 * K, 8 * K],
    [4096 * K, 16 * K],
    [8192 * K, 32 * K],
    [16384 * K, 64 * K],
    [32768 * K, 128 * K],
  ];
  return steps.find(([below]) => blocks < below)?.[1] ?? 256 * K;
}

/** A file with holes takes what it has on the disk; of small ones the disk's figure may be inline or compressed. */
function fileBlocks(size: number, allocated: number): number {
  const data = allocated < size && size > 64 * 1024 ? allocated : size;
  return Math.ceil(data / BLOCK) + Math.floor(data / (128 * MIB));
}

/** The blocks of a swap file and of the numbers by which ext2 and ext3 find them; ext4 has a few extents. */
function swapFileBlocks(size: number): number {
  const data = size / BLOCK;
  return data + Math.ceil(data / (BLOCK / 4)) + 3;
}

/** The kernel splits full index leaves in two, so a large folder may be half empty. */
function folderBlocks(names: readonly Buffer[]): number {
  const bytes = names.reduce((sum, name) => sum + 8 + Math.ceil(name.length / 4) * 4, 24);
  return bytes <= BLOCK - 12 ? 1 : 1 + Math.ceil((2 * bytes) / BLOCK);
}
