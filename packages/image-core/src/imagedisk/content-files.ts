import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { ImageError } from '../errors.js';
import type { PlannedPartition } from './disk-plan.js';
import type { PartitionContent } from './partition-content.js';

export interface ContentFile {
  /** Below the content's folder, which is the empty path itself. */
  readonly path: string;
  readonly name: string;
  readonly stats: Stats;
  /** Of a symbolic link. */
  readonly target?: string | undefined;
  /** Of a folder, sorted by name; empty where another partition is mounted. */
  readonly children: readonly ContentFile[];
}

/**
 * The files of a partition as a tree.
 *
 * @throws ImageError IMAGE_FAILED for a name that is not UTF-8
 */
export function contentFiles(content: PartitionContent, partition: PlannedPartition): ContentFile {
  const covered = new Set(content.covered.map(({ folder }) => folder));
  const visit = (path: string, name: string): ContentFile => {
    const host = path === '' ? content.folder : `${content.folder}/${path}`;
    const stats = lstatSync(host);
    if (stats.isSymbolicLink()) return { path, name, stats, target: readlinkSync(host), children: [] };
    if (!stats.isDirectory() || covered.has(host)) return { path, name, stats, children: [] };
    const names = readdirSync(host, { encoding: 'buffer' }).map((bytes) => {
      if (!isUtf8(bytes)) throw onlyByMounting(partition, `${path}/${bytes}`, 'has a name that is not UTF-8');
      return bytes.toString();
    });
    const children = names.sort().map((child) => visit(path === '' ? child : `${path}/${child}`, child));
    return { path, name, stats, children };
  };
  return visit('', '');
}

/** The tree's files with all below them, folders before what they hold. */
export function* everyFile(file: ContentFile): Generator<ContentFile> {
  yield file;
  for (const child of file.children) yield* everyFile(child);
}

/** @param path below the partition's mount point */
export function pathInImage({ mountPoint }: PlannedPartition, path: string): string {
  return `${mountPoint === '/' ? '' : (mountPoint ?? '')}/${path}`;
}

/** A file that a file system's own tools cannot take over, and the kernel can. */
export function onlyByMounting(partition: PlannedPartition, path: string, reason: string): ImageError {
  const { id, fsType } = partition;
  return new ImageError(
    'PARTITION_INVALID',
    `partition "${id}": ${pathInImage(partition, path)} ${reason}, which the tools that fill ${fsType} without mounting cannot take over`,
    {
      fault: 'request',
      hint: 'build with "--assembly loop", as root, or take another fsType',
      details: { partition: id },
    },
  );
}
