import { type DiskPlan, everyDisk } from '../imagedisk/disk-plan.js';
import type { ImageSystem } from './image-system.js';
import { writeText } from './root-files.js';

/**
 * Lets systemd-repart extend the partition that grows over what its disk has behind it, at every boot. It goes by type, in
 * the order of the table: each partition of the same type has a definition (repart.d(5)), and those before the one
 * that grows want no space.
 */
export async function configureGrowth({ rootfs, plan }: ImageSystem): Promise<void> {
  for (const [name, text] of growthFiles(plan)) await writeText(rootfs, `/etc/repart.d/${name}`, text);
}

/** Name and text of each file for /etc/repart.d. Pure. */
export function growthFiles(plan: DiskPlan): readonly (readonly [name: string, text: string])[] {
  return everyDisk(plan).flatMap(({ partitions }) => {
    const growing = partitions.find(({ grows }) => grows === true);
    if (growing === undefined) return [];
    return partitions
      .filter(({ typeGuid }) => typeGuid === growing.typeGuid)
      .map((partition) => {
        const number = String(partition.number).padStart(3, '0');
        const weight = partition === growing ? 1000 : 0;
        const lines = ['[Partition]', `Type=${partition.typeGuid}`, `Weight=${weight}`, ''];
        return [`${number}-${partition.id}.conf`, lines.join('\n')] as const;
      });
  });
}
