import { ImageError } from '../errors.js';
import { type DiskPlan, everyDisk } from './disk-plan.js';

/**
 * Refuses what only the kernel can make, and no program without mounting.
 *
 * @throws ImageError PARTITION_INVALID; the fault is the request's
 */
export function checkAssembly(plan: DiskPlan, mode: 'direct' | 'loop'): void {
  if (mode === 'loop') return;
  for (const { id, subvolumes, compression } of everyDisk(plan).flatMap(({ partitions }) => partitions)) {
    const key = subvolumes === undefined ? 'compression' : 'subvolumes';
    if (subvolumes === undefined && compression === undefined) continue;
    throw new ImageError(
      'PARTITION_INVALID',
      `partition "${id}" has "${key}", which mkfs.btrfs cannot make without mounting`,
      {
        fault: 'request',
        hint: 'build with "--assembly loop", as root, or leave the key out',
        details: { partition: id },
      },
    );
  }
}
