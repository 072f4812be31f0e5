import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exec } from '@ic/utils';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';

/**
 * Arguments: image, file system type, mount options, mount point, tree, then pairs of stand-in and covered folder. It runs in mount and
 * PID namespaces of its own: whatever kills it, the mount ends with them, and mount(8) has set the loop device to free
 * itself then. A chain of programs in one process is what needs the shell; no text is made into commands.
 */
const SCRIPT = `
set -eu
image=$1 type=$2 options=$3 target=$4 tree=$5
shift 5
mount -t "$type" -o "$options" "$image" "$target"
while [ $# -gt 0 ]; do
  mount --bind "$1" "$2"
  shift 2
done
cp --recursive --no-dereference --preserve=mode,ownership,timestamps,links,xattr --sparse=auto -- "$tree/." "$target/"
sync --file-system "$target"
umount "$target"
`;

/**
 * Fills the empty file system of a partition by mounting it through a loop device and copying the tree: modes, owners, times,
 * hard links, extended attributes, holes. Needs root on the host; uses the host's util-linux and coreutils.
 *
 * @throws UtilsError EXEC_FAILED, EXEC_NOT_FOUND, CANCELLED
 */
export async function copyIntoLoop(job: PartitionJob, content: PartitionContent): Promise<void> {
  const { partition, image, context } = job;
  const target = join(dirname(image), `mounted-${partition.number}`);
  await mkdir(target, { recursive: true });
  const options = `loop,offset=${partition.start},sizelimit=${partition.size}`;
  const covered = content.covered.flatMap(({ folder, standIn }) => [standIn, folder]);
  await exec(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL'],
      ...['sh', '-c', SCRIPT, 'copy', image, partition.fsType, options, target, content.folder, ...covered],
    ],
    { signal: context.signal },
  );
}
