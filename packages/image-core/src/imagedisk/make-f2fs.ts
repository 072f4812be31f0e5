import { isAcl, warnOfAcls } from './attributes-lost.js';
import { type ContentFile, contentFiles, everyFile, onlyByMounting } from './content-files.js';
import { copyIntoLoop } from './copy-into-loop.js';
import { extendedAttributes } from './extended-attributes.js';
import { makeInFile } from './make-in-file.js';
import type { PartitionJob } from './partition-job.js';
import { toolFailure } from './tool-failure.js';

/**
 * Makes an f2fs and fills it: `direct` with mkfs.f2fs and sload.f2fs, without mounting and with a warning of ACLs that are lost; `loop` by
 * mounting it and copying. Its checkpoints hold chance: two builds differ in them.
 *
 * @throws ImageError DISK_TOO_SMALL, PARTITION_INVALID for a file that only mounting takes over, IMAGE_FAILED;
 *   UtilsError DISK_FULL, CANCELLED
 */
export async function makeF2fs(job: PartitionJob, mode: 'direct' | 'loop'): Promise<void> {
  const { plan, partition, image, content } = job;
  const { fsUuid, fsLabel, mkfsOptions = [] } = partition;
  const filled = mode === 'direct' ? content : undefined;
  const tree = filled === undefined ? undefined : contentFiles(filled, partition);
  if (filled !== undefined && tree !== undefined) {
    const attributes = await extendedAttributes(job, filled);
    for (const file of everyFile(tree)) {
      const others = [...(attributes.get(file.path)?.keys() ?? [])].filter((name) => !isAcl(name));
      const problem = others.length === 0 ? f2fsProblem(file) : 'has extended attributes';
      if (problem !== undefined) throw onlyByMounting(partition, file.path, problem);
    }
    warnOfAcls(job, filled, attributes, 'sload.f2fs');
  }
  await makeInFile(job, filled, async (file, run) => {
    await run('mkfs.f2fs', [
      ...['-q', '-f', '-r', '-t', '0'],
      ...(fsUuid === undefined ? [] : ['-U', fsUuid]),
      ...(fsLabel === undefined ? [] : ['-l', fsLabel]),
      ...(tree === undefined ? [] : ['-R', `${tree.stats.uid}:${tree.stats.gid}`]),
      ...mkfsOptions,
      file,
    ]);
    if (filled !== undefined) await run('sload.f2fs', ['-P', '-t', '/', '-f', filled.folder, file]);
  });
  if (mode === 'direct' || content === undefined) return;
  await copyIntoLoop(job, content).catch(async (error: unknown) => {
    throw await toolFailure(error, { plan, partition, image, needed: 0 });
  });
}

/** What sload.f2fs 1.15 loses of a file; undefined when nothing is lost. */
function f2fsProblem({ path, stats }: ContentFile): string | undefined {
  if (path === '' && (stats.mode & 0o7777) !== 0o755)
    return 'is the root of the file system with another mode than 0755';
  if (Math.max(stats.uid, stats.gid) > 0xffff) return 'has an owner above 65535';
  if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink())
    return 'is a pipe, a socket or a device';
  return undefined;
}
