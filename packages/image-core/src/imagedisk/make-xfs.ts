import { rm, writeFile } from 'node:fs/promises';
import { ImageError } from '../errors.js';
import { contentFiles, everyFile, onlyByMounting } from './content-files.js';
import { copyIntoLoop } from './copy-into-loop.js';
import { extendedAttributes } from './extended-attributes.js';
import { makeInFile } from './make-in-file.js';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';
import { toolFailure } from './tool-failure.js';
import { xfsFinish, xfsProblem, xfsProtofile } from './xfs-tree.js';

/** Where mkfs.xfs sees the content: the words of a protofile hold no blanks. */
const INSIDE = '/mnt';

/**
 * Makes an XFS and fills it: `direct` with mkfs.xfs from a protofile and xfs_db for the rest, without mounting, which makes hard
 * links files of their own and gives the same bytes every time; `loop` by mounting it and copying.
 *
 * @throws ImageError DISK_TOO_SMALL, PARTITION_INVALID for a file that only mounting takes over, IMAGE_FAILED;
 *   UtilsError DISK_FULL, CANCELLED
 */
export async function makeXfs(job: PartitionJob, mode: 'direct' | 'loop'): Promise<void> {
  const { plan, partition, image, content } = job;
  const filled = mode === 'direct' ? content : undefined;
  if (filled === undefined) {
    await makeInFile(job, undefined, async (file, run) => {
      await run('mkfs.xfs', [...mkfsArguments(job), file]);
    });
  } else await makeFilled(job, filled);
  if (mode === 'direct' || content === undefined) return;
  await copyIntoLoop(job, content).catch(async (error: unknown) => {
    throw await toolFailure(error, { plan, partition, image, needed: 0 });
  });
}

async function makeFilled(job: PartitionJob, content: PartitionContent): Promise<void> {
  const { partition, epoch } = job;
  const tree = contentFiles(content, partition);
  const attributes = await extendedAttributes(job, content);
  for (const file of everyFile(tree)) {
    const problem = xfsProblem(file, attributes.get(file.path));
    if (problem !== undefined) throw onlyByMounting(partition, file.path, problem);
  }
  const finish = xfsFinish(tree, { attributes, epoch });
  await makeInFile(job, { ...content, inside: INSIDE }, async (file, run) => {
    const proto = `${file}.proto`;
    await writeFile(proto, xfsProtofile(tree, INSIDE));
    await run('mkfs.xfs', [...mkfsArguments(job), '-p', proto, file]).finally(() => rm(proto));
    // It ends with status 0 whatever happens, and says a line for each field that it wrote.
    const { stdout } = await run('xfs_db', ['-x', file], finish);
    const written = stdout.match(/^\S+ = /gm)?.length ?? 0;
    if (written !== finish.match(/^write /gm)?.length) {
      throw new ImageError('IMAGE_FAILED', `xfs_db did not set all times in partition "${partition.id}"`);
    }
  });
}

function mkfsArguments({ partition: { fsUuid, fsLabel, mkfsOptions = [] } }: PartitionJob): string[] {
  return [
    ...['-q', '-f', '-K', '-m', `bigtime=1${fsUuid === undefined ? '' : `,uuid=${fsUuid}`}`],
    ...(fsLabel === undefined ? [] : ['-L', fsLabel]),
    ...mkfsOptions,
  ];
}
