import { chmod, chown, lstat, mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@ic/utils';
import { ImageError } from '../errors.js';
import { type DiskPlan, everyDisk, type PlannedPartition } from './disk-plan.js';
import { treeAttributes, writeAttributes } from './extended-attributes.js';

/** Which part of the root file system goes into one partition. */
export interface PartitionContent {
  /** Absolute path of the folder that becomes the root of the partition. */
  readonly folder: string;
  /** Where programs see the folder; undefined is at its own path. */
  readonly inside?: string | undefined;
  /** Folders below it whose content lies on other partitions, each with an empty stand-in of the same mode, owner, time and extended attributes. */
  readonly covered: readonly { readonly folder: string; readonly standIn: string }[];
}

/**
 * Hands on the content of a partition: the tree at its mount point without what lies below deeper mount points. Missing mount
 * points are made (root:root, 0755). Undefined without a mount point. The stand-ins lie beside the tree while `use` runs: a file
 * system elsewhere might refuse attributes that the tree's has.
 *
 * @throws ImageError PARTITION_INVALID when the root file system has something else than a folder at a mount point
 */
export async function withContent<Result>(
  plan: DiskPlan,
  { mountPoint }: PlannedPartition,
  { rootfs, context: { signal } }: { readonly rootfs: string; readonly context: Pick<Context, 'signal'> },
  use: (content: PartitionContent | undefined) => Promise<Result>,
): Promise<Result> {
  if (mountPoint === undefined) return use(undefined);
  const folder = await mountPointFolder(rootfs, mountPoint);
  const standIns = await mkdtemp(`${rootfs}.mount-points-`);
  try {
    const covered = [];
    for (const deeper of nextMountPoints(plan, mountPoint)) {
      const coveredFolder = await mountPointFolder(rootfs, deeper);
      const standIn = join(standIns, deeper.replaceAll('/', '-'));
      await makeStandIn(coveredFolder, standIn, signal);
      covered.push({ folder: coveredFolder, standIn });
    }
    return await use({ folder, covered });
  } finally {
    await rm(standIns, { recursive: true, force: true });
  }
}

/** Mount points below this one, without those below another of them; sorted. */
function nextMountPoints(plan: DiskPlan, mountPoint: string): readonly string[] {
  const isBelow = (deeper: string, upper: string) =>
    deeper !== upper && deeper.startsWith(upper === '/' ? '/' : `${upper}/`);
  const below = everyDisk(plan)
    .flatMap(({ partitions }) => partitions)
    .flatMap((partition) => partition.mountPoint ?? [])
    .filter((deeper) => isBelow(deeper, mountPoint));
  return below.filter((deeper) => !below.some((upper) => isBelow(deeper, upper))).sort();
}

/** Goes down step by step: a link in the root file system must not lead out of it. */
async function mountPointFolder(rootfs: string, mountPoint: string): Promise<string> {
  let folder = rootfs;
  for (const name of mountPoint.split('/').filter((part) => part !== '')) {
    folder = join(folder, name);
    const found = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (found === undefined) await mkdir(folder, { mode: 0o755 });
    else if (!found.isDirectory()) {
      throw new ImageError(
        'PARTITION_INVALID',
        `the mount point ${mountPoint} goes through ${folder.slice(rootfs.length)}, which is not a folder in the root file system`,
        { fault: 'request', hint: 'mount the partition at a real folder' },
      );
    }
  }
  return folder;
}

async function makeStandIn(folder: string, standIn: string, signal: AbortSignal): Promise<void> {
  const { mode, uid, gid, atime, mtime } = await lstat(folder);
  await mkdir(standIn);
  await chown(standIn, uid, gid);
  await chmod(standIn, mode & 0o7777);
  await writeAttributes(standIn, await treeAttributes(folder, { alone: true, signal }), { signal });
  await utimes(standIn, atime, mtime);
}
