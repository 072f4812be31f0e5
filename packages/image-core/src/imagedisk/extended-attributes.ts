import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exec, readTar } from '@ic/utils';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';

/** By path below the content's folder: full names (`security.capability`) and raw values. */
export type ExtendedAttributes = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/**
 * The extended attributes of what goes into a partition. What lies on other partitions may be among them.
 *
 * @throws UtilsError EXEC_FAILED, CANCELLED
 */
export async function extendedAttributes(
  { image, partition, context: { signal } }: PartitionJob,
  content: PartitionContent,
): Promise<ExtendedAttributes> {
  return treeAttributes(content.folder, {
    work: join(dirname(image), `attributes-${partition.number}`),
    signal,
  });
}

/**
 * The extended attributes of a tree, for programs that do not read them. Node cannot: GNU cp takes them onto empty files, and
 * GNU tar writes them down.
 *
 * @param work a folder that is made and removed again
 * @throws UtilsError EXEC_FAILED, CANCELLED
 */
export async function treeAttributes(
  tree: string,
  { work, signal }: { readonly work: string; readonly signal: AbortSignal },
): Promise<ExtendedAttributes> {
  const [copy, archive] = [join(work, 'tree'), join(work, 'tar')];
  await mkdir(copy, { recursive: true });
  try {
    const bare = ['--recursive', '--no-dereference', '--attributes-only', '--preserve=xattr'];
    await exec('cp', [...bare, '--', `${tree}/.`, `${copy}/`], { signal });
    const named = ['--format=pax', '--xattrs', '--xattrs-include=*', '--no-acls', '--no-selinux'];
    await exec('tar', ['--create', ...named, `--file=${archive}`, `--directory=${copy}`, '.'], { signal });
    const entries = [...readTar(await readFile(archive))];
    return new Map(entries.flatMap(({ path, xattrs }) => (xattrs?.size ? [[path, xattrs] as const] : [])));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
