const MIB = 1024 ** 2;

/**
 * The smallest whole number of MiB, in bytes, from `least` on that `fits` says yes to. Not a bisection: a file system
 * may need more room when it grows past a limit where its block size or journal changes.
 */
export function smallestSize(least: number, fits: (size: number) => boolean): number {
  let size = Math.max(1, Math.ceil(least / MIB)) * MIB;
  while (!fits(size)) size += MIB;
  return size;
}
