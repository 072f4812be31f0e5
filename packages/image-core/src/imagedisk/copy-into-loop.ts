import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exec } from '@ic/utils';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';

/**
 * Arguments: image, file system type, mount options, folder, tree, tools, then `subvolume NAME PLACE` for each subvolume with the
 * path below the file system's mount point where it belongs, outer ones first, then pairs of stand-in and covered
 * folder. It runs in mount and PID namespaces of its own: whatever kills it, the mounts end with them, and mount(8) has
 * set the loop device to free itself then. A chain of programs in one process is what needs the shell; no text is made
 * into commands.
 */
const SCRIPT = `
set -eu
image=$1 type=$2 options=$3 folder=$4 tree=$5 tools=$6
shift 6
top=$folder/top target=$folder/target
mkdir -p "$top" "$target"
mount -t "$type" -o "$options" "$image" "$top"
mount --bind "$top" "$target"
while [ "\${1-}" = subvolume ]; do
  mkdir -p "$tools/mnt"
  mount --bind "$top" "$tools/mnt"
  chroot "$tools" btrfs subvolume create "/mnt/$2"
  umount "$tools/mnt"
  mkdir -p "$target$3"
  mount --bind "$top/$2" "$target$3"
  shift 3
done
while [ $# -gt 0 ]; do
  mount --bind "$1" "$2"
  shift 2
done
cp --recursive --no-dereference --preserve=mode,ownership,timestamps,links,xattr --sparse=auto -- "$tree/." "$target/"
sync --file-system "$top"
umount --recursive "$target"
umount "$top"
`;

/**
 * Fills the empty file system of a partition by mounting it through a loop device and copying the tree: modes, owners, times,
 * hard links, extended attributes, holes; btrfs with its subvolumes and compressed as the partition says. Needs root on
 * the host; uses the host's util-linux and coreutils, and the target's btrfs.
 *
 * @throws UtilsError EXEC_FAILED, EXEC_NOT_FOUND, CANCELLED
 */
export async function copyIntoLoop(job: PartitionJob, content: PartitionContent): Promise<void> {
  const { partition, image, tools, context } = job;
  const { number, fsType, start, size, compression, subvolumes = [], mountPoint = '/' } = partition;
  const folder = join(dirname(image), `mounted-${number}`);
  await mkdir(folder, { recursive: true });
  const options = [
    ...['loop', `offset=${start}`, `sizelimit=${size}`],
    ...(compression === undefined ? [] : [`compress=${compression}`]),
  ];
  const below = mountPoint === '/' ? 0 : mountPoint.length;
  const made = subvolumes.flatMap((each) => ['subvolume', each.name, each.mountPoint.slice(below)]);
  const covered = content.covered.flatMap((each) => [each.standIn, each.folder]);
  await exec(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL'],
      ...['sh', '-c', SCRIPT, 'copy', image, fsType, options.join(','), folder, content.folder, tools.root],
      ...[...made, ...covered],
    ],
    { signal: context.signal },
  );
}
