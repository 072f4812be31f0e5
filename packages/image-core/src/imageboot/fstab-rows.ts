import { readText } from '../imageos/root-files.js';

/** A line of the image's fstab(5) that mounts something. */
export interface FstabRow {
  readonly mountPoint: string;
  readonly type: string;
}

/** What the fstab of a root file system mounts, in its order; nothing where there is none. */
export async function fstabRows(rootfs: string): Promise<FstabRow[]> {
  const lines = ((await readText(rootfs, '/etc/fstab')) ?? '').split('\n').map((line) => line.trim());
  return lines.flatMap((line) => {
    const [device = '#', mountPoint, type] = line.split(/\s+/);
    const isRow = !device.startsWith('#') && mountPoint !== undefined && type !== undefined;
    return isRow ? [{ mountPoint, type }] : [];
  });
}
