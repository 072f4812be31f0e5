import { ImageError } from '../errors.js';
import { type DiskPlan, everyDisk, type PlannedPartition } from './disk-plan.js';

/**
 * Refuses what only the kernel can make, and no program without mounting.
 *
 * @param options.isLabelled whether files have labels of SELinux
 * @throws ImageError PARTITION_INVALID; the fault is the request's
 */
export function checkAssembly(
  plan: DiskPlan,
  { mode, isLabelled = false }: { readonly mode: 'direct' | 'loop'; readonly isLabelled?: boolean },
): void {
  if (mode === 'loop') return;
  for (const partition of everyDisk(plan).flatMap(({ partitions }) => partitions)) {
    const problem = keyProblem(partition) ?? (isLabelled ? labelProblem(partition) : undefined);
    if (problem === undefined) continue;
    throw new ImageError('PARTITION_INVALID', `partition "${partition.id}" ${problem.reason}`, {
      fault: 'request',
      hint: `build with "--assembly loop", as root, or ${problem.hint}`,
      details: { partition: partition.id },
    });
  }
}

interface Problem {
  readonly reason: string;
  readonly hint: string;
}

function keyProblem({ subvolumes, compression }: PlannedPartition): Problem | undefined {
  if (subvolumes === undefined && compression === undefined) return undefined;
  const key = subvolumes === undefined ? 'compression' : 'subvolumes';
  return { reason: `has "${key}", which mkfs.btrfs cannot make without mounting`, hint: 'leave the key out' };
}

/** sload.f2fs takes over no extended attributes, mkfs.btrfs none of the root folder, xfs_db 6.1 sets none beside a full inode. */
function labelProblem({ fsType, mountPoint }: PlannedPartition): Problem | undefined {
  if (mountPoint === undefined || !['xfs', 'btrfs', 'f2fs'].includes(fsType)) return undefined;
  return {
    reason: `is ${fsType}, whose tools cannot give every file its label of SELinux without mounting`,
    hint: 'take another fsType',
  };
}
