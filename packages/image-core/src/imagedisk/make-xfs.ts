import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { formatSize } from '@ic/utils';
import { ImageError } from '../errors.js';
import { type ContentFile, contentFiles, everyFile, onlyByMounting } from './content-files.js';
import { copyIntoLoop } from './copy-into-loop.js';
import { extendedAttributes } from './extended-attributes.js';
import { makeInFile } from './make-in-file.js';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';
import { toolFailure, tooSmall, wholeMib } from './tool-failure.js';
import {
  BLANK,
  foldersToRename,
  isStandIn,
  layoutQuery,
  namesQuery,
  renameCommands,
  type XfsFile,
  xfsNames,
} from './xfs-names.js';
import { extentQuery, shortFile, xfsFinish, xfsProblem, xfsProtofile } from './xfs-tree.js';

/** Where mkfs.xfs sees the content: the words of a protofile hold no blanks. */
const INSIDE = '/mnt';
const MIB = 1024 ** 2;

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
  const named = xfsNames(tree, ({ path }) =>
    onlyByMounting(partition, path, 'has a short name with a blank, a colon in front or "$"'),
  );
  await makeInFile(job, { ...content, inside: INSIDE }, async (file, run) => {
    const proto = `${file}.proto`;
    const aliases = await aliasFolder(`${file}.content`, tree, job);
    try {
      await writeFile(proto, xfsProtofile(named, aliases.sourceOf));
      await run('mkfs.xfs', [...mkfsArguments(job), '-p', proto, file]);
    } finally {
      await rm(proto, { force: true });
      await rm(aliases.folder, { recursive: true, force: true });
    }
    const ask = async (commands: string) => (await run('xfs_db', ['-x', file], commands)).stdout;
    await requireWhole(ask, named, job);
    await writeAll(ask, xfsFinish(named, { attributes, epoch }), partition);
    const folders = foldersToRename(named);
    if (folders.length === 0) return;
    const names = await ask(namesQuery(folders, await ask(layoutQuery(folders))));
    const renamed = folders.flatMap(({ children }) => children.filter(isStandIn)).length;
    await writeAll(ask, renameCommands(folders, names), partition, renamed);
  });
}

/**
 * mkfs.xfs 6.1 gives a file of a protofile one extent, and where none is as large it writes the rest over what lies
 * behind, and says nothing; 6.13 gives it several, and keeps holes.
 */
async function requireWhole(
  ask: (commands: string) => Promise<string>,
  named: XfsFile,
  { plan, partition }: PartitionJob,
): Promise<void> {
  const short = shortFile(named, await ask(extentQuery(named)));
  if (short === undefined) return;
  const { size, groups } = short;
  const path = `${partition.mountPoint === '/' ? '' : (partition.mountPoint ?? '')}${short.path}`;
  const needed = wholeMib(Math.max(1.1 * partition.size, groups * 1.05 * size) + 16 * MIB);
  const { code, hint, fault, details } = tooSmall({ plan, partition, needed });
  throw new ImageError(
    code,
    `partition "${partition.id}" has ${formatSize(partition.size)}, and none of its ${groups} allocation groups has room for ${path} (${formatSize(size)}) in one piece, as this mkfs.xfs needs it`,
    { hint: `${hint}; or build with "--assembly loop", as root`, fault, details },
  );
}

/** xfs_db ends with status 0 whatever happens, and says a line for each field that it wrote. */
async function writeAll(
  ask: (commands: string) => Promise<string>,
  commands: string,
  { id }: PartitionJob['partition'],
  count = commands.match(/^write /gm)?.length ?? 0,
): Promise<void> {
  const written = (await ask(commands)).match(/^\S+ = /gm)?.length ?? 0;
  if (written === count) return;
  throw new ImageError('IMAGE_FAILED', `xfs_db wrote ${written} of ${count} fields in partition "${id}"`);
}

/** Links without blanks to the files whose paths have some, for the words of a protofile. */
async function aliasFolder(folder: string, tree: ContentFile, { partition }: PartitionJob) {
  const aliased = [...everyFile(tree)].filter(({ path, stats }) => stats.isFile() && BLANK.test(path));
  const aliases = new Map(aliased.map(({ path }, index) => [path, `${folder}/${index}`]));
  const [first] = aliased;
  if (first !== undefined) {
    if (BLANK.test(folder))
      throw onlyByMounting(partition, first.path, 'has a blank in its path, as the work folder has');
    await mkdir(folder);
  }
  for (const [path, alias] of aliases) await symlink(`${INSIDE}/${path}`, alias);
  const sourceOf = ({ path }: ContentFile) => aliases.get(path) ?? `${INSIDE}/${path}`;
  return { folder, sourceOf };
}

function mkfsArguments({ partition: { fsUuid, fsLabel, mkfsOptions = [] } }: PartitionJob): string[] {
  return [
    ...['-q', '-f', '-K', '-m', `bigtime=1${fsUuid === undefined ? '' : `,uuid=${fsUuid}`}`],
    ...(fsLabel === undefined ? [] : ['-L', fsLabel]),
    ...mkfsOptions,
  ];
}
