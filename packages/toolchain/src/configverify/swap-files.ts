import type { DiskConfig, SwapFile } from '../config/image-config.js';
import type { TemplateDocument } from '../config/template-document.js';
import { bytes } from './disk-config.js';
import type { Report } from './report.js';

const PAGE = 4096;
const LEAST = 16 * PAGE;

/** The disk with each swap file of the document in the partition that it lies on. What cannot be is added to the report. Pure. */
export function withSwapFiles(disk: DiskConfig, document: TemplateDocument, report: Report): DiskConfig {
  const placed = (document.systemConfig.swapFiles ?? []).flatMap(({ path, size: text }, index) => {
    const at = ['systemConfig', 'swapFiles', index];
    const conflict = (message: string, hint: string) =>
      report.add([...at, 'path'], message, { code: 'TEMPLATE_CONFLICT', hint });
    const size = Math.floor((bytes(text, [...at, 'size'], report) ?? LEAST) / PAGE) * PAGE;
    if (size < LEAST) report.add([...at, 'size'], `a swap file of ${text} is too small: 64KiB is the least`);
    if (document.systemConfig.swapFiles?.findIndex((other) => other.path === path) !== index)
      conflict(`the swap file ${path} is there twice`, 'give each a path of its own');
    const partition = partitionOf(disk, path);
    if (partition === undefined) return [];
    if (!/^ext[234]$/.test(partition.fsType)) {
      conflict(
        `the swap file ${path} lies on partition "${partition.id}" with ${partition.fsType}, where it cannot be made`,
        'swap files are made on ext2 to ext4; use a partition with fsType: swap',
      );
    }
    if (!disk.partitions.includes(partition)) {
      conflict(
        `the swap file ${path} lies on partition "${partition.id}" of an additional disk, where it cannot be made`,
        'put it on the first disk, or use a partition with fsType: swap',
      );
    }
    return [{ id: partition.id, file: { path, size } }];
  });
  if (placed.length === 0) return disk;
  return {
    ...disk,
    partitions: disk.partitions.map((partition) => {
      const swapFiles: SwapFile[] = placed.flatMap(({ id, file }) => (id === partition.id ? [file] : []));
      return swapFiles.length === 0 ? partition : { ...partition, swapFiles };
    }),
  };
}

/** The partition with the longest mount point above the path. */
function partitionOf({ partitions, additionalDisks = [] }: DiskConfig, path: string) {
  return [partitions, ...additionalDisks.map((disk) => disk.partitions)]
    .flat()
    .filter(({ mountPoint }) => mountPoint !== undefined && path.startsWith(mountPoint.replace(/\/*$/, '/')))
    .sort((a, b) => (b.mountPoint?.length ?? 0) - (a.mountPoint?.length ?? 0))[0];
}
