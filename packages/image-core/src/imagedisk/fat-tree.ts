import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../errors.js';
import { type FatGeometry, fatGeometry } from './fat-geometry.js';
import type { PartitionContent } from './partition-content.js';
import { smallestSize } from './smallest-size.js';

/** A folder of a FAT file system with its files, in the order in which they are written. */
export interface FatFolder {
  /** Below the root, with `/` between names; the root is ''. */
  readonly path: string;
  readonly files: readonly { readonly name: string; readonly source: string; readonly size: number }[];
  /** Names of everything in it, for the size of the folder itself. */
  readonly names: readonly string[];
}

const SECTOR = 512;
/** No FAT12 or FAT16 is larger than this. */
const LARGEST_NARROW = 4 * 1024 ** 3;
const ENTRY = 32;
/** Boot sectors, and on FAT12 and FAT16 a root folder of fixed length; generous. */
const RESERVED = 64 * SECTOR;
/** UTF-16 code units that one entry of a long name holds. */
const UNITS_PER_ENTRY = 13;
const MAX_NAME_UNITS = 255;
const MAX_FILE = 2 ** 32 - 1;

/**
 * Reads a tree for a FAT file system: folders before what is in them, names sorted by code units.
 *
 * @throws ImageError PARTITION_INVALID for what FAT cannot hold: links, special files, forbidden names, names that
 *   differ only in case, files of 4 GiB and more
 */
export async function fatTree(content: PartitionContent): Promise<readonly FatFolder[]> {
  const covered = new Set(content.covered.map(({ folder }) => folder));
  const folders: FatFolder[] = [];
  const visit = async (path: string): Promise<void> => {
    const source = join(content.folder, path);
    const names = covered.has(source) ? [] : (await readdir(source)).sort();
    const files = [];
    const below = [];
    const seen = new Map<string, string>();
    for (const name of names) {
      const inside = path === '' ? name : `${path}/${name}`;
      const other = seen.get(name.toLowerCase());
      if (other !== undefined) throw refuse(inside, `differs from ${other} only in upper and lower case`);
      seen.set(name.toLowerCase(), inside);
      const stats = await lstat(join(source, name)).catch(() => undefined);
      const reason = unfit(name, stats);
      if (reason !== undefined || stats === undefined) throw refuse(inside, reason ?? 'cannot be read');
      if (stats.isDirectory()) below.push(inside);
      else files.push({ name, source: join(source, name), size: stats.size });
    }
    folders.push({ path, files, names });
    for (const folder of below) await visit(folder);
  };
  await visit('');
  return folders;
}

/** Why FAT cannot hold this; undefined when it can. */
function unfit(
  name: string,
  stats: { isDirectory(): boolean; isFile(): boolean; size: number } | undefined,
): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what FAT forbids
  if (/["*/:<>?\\|\x00-\x1f\ufffd]|[. ]$/.test(name)) return 'has a name that FAT forbids';
  if (name.length > MAX_NAME_UNITS) return `has a name of more than ${MAX_NAME_UNITS} characters`;
  if (stats === undefined || stats.isDirectory()) return undefined;
  if (!stats.isFile()) return 'is a link or a special file, which FAT does not have';
  return stats.size > MAX_FILE ? 'is larger than 4 GiB' : undefined;
}

function refuse(path: string, reason: string): ImageError {
  return new ImageError('PARTITION_INVALID', `a FAT file system cannot hold /${path}: it ${reason}`, {
    fault: 'request',
    hint: 'mount the FAT partition at a folder that holds only boot files, /boot/efi for example',
  });
}

/**
 * Bytes, in whole MiB, of the smallest partition whose FAT takes this.
 *
 * @param options.width of the table; one that fits the size when undefined
 * @param options.room bytes that are left for more files
 */
export function fatSize(
  folders: readonly FatFolder[],
  { width, room = 0 }: { readonly width: FatGeometry['bits'] | undefined; readonly room?: number },
): number {
  const files = folders.flatMap((folder) => folder.files);
  const data = files.reduce((sum, file) => sum + file.size, 0);
  return smallestSize(data + room, (size) => {
    const geometry = fatGeometry(size, width);
    if (geometry === undefined) return size > LARGEST_NARROW;
    const { bits, sectorsPerCluster } = geometry;
    const cluster = sectorsPerCluster * SECTOR;
    const clusters = (bytes: number) => Math.ceil(bytes / cluster);
    const tables = 2 * Math.ceil(((size / cluster + 2) * bits) / 8 / SECTOR) * SECTOR;
    const used =
      clusters(room) +
      files.reduce((sum, file) => sum + clusters(file.size), 0) +
      folders.reduce((sum, folder) => sum + clusters(folderBytes(folder)), 0);
    return RESERVED + tables + used * cluster <= size;
  });
}

/** Each name takes an entry and those of its long form; a folder has two more, for itself and its parent. */
function folderBytes({ names }: FatFolder): number {
  return names.reduce((sum, name) => sum + ENTRY * (1 + Math.ceil(name.length / UNITS_PER_ENTRY)), 2 * ENTRY);
}
