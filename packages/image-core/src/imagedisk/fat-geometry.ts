export interface FatGeometry {
  readonly bits: 12 | 16 | 32;
  readonly sectorsPerCluster: number;
}

const MIB = 1024 ** 2;
const SECTOR = 512;
/**
 * Clusters with which a table of each width is one to every reader, who goes by their number alone (Microsoft's FAT
 * specification: below 4,085, below 65,525, from there on); with room for those that tables and root folder take up.
 */
const CLUSTERS: Readonly<Record<FatGeometry['bits'], readonly [least: number, most: number]>> = {
  12: [1, 4084],
  16: [4200, 65524],
  32: [66_000, 0x0ffffff5],
};

/**
 * Width of the table and cluster size by size in bytes: chosen here, since versions of mkfs.vfat choose differently.
 *
 * @param bits the width that is wanted; undefined is returned where the size has no cluster size for it
 */
export function fatGeometry(size: number): FatGeometry;
export function fatGeometry(size: number, bits: FatGeometry['bits'] | undefined): FatGeometry | undefined;
export function fatGeometry(size: number, bits?: FatGeometry['bits']): FatGeometry | undefined {
  const usual = bySize(size);
  if (bits === undefined || bits === usual.bits) return usual;
  const [least, most] = CLUSTERS[bits];
  const fitting = [1, 2, 4, 8, 16, 32, 64, 128].find((sectors) => size / (sectors * SECTOR) <= most);
  if (fitting === undefined || size / (fitting * SECTOR) < least) return undefined;
  return { bits, sectorsPerCluster: fitting };
}

function bySize(size: number): FatGeometry {
  const mib = size / MIB;
  if (mib < 8) return { bits: 12, sectorsPerCluster: 8 };
  if (mib < 64) return { bits: 16, sectorsPerCluster: mib < 32 ? 2 : 4 };
  const large = [260, 8192, 16384, 32768].findIndex((limit) => mib < limit);
  return { bits: 32, sectorsPerCluster: [1, 8, 16, 32][large] ?? 64 };
}
