import { ImageError } from '../errors.js';
import { modulesOf } from '../imageos/kernel-modules.js';
import { existsInRoot } from '../imageos/root-files.js';
import type { InstalledKernel } from './find-kernels.js';
import { fstabRows } from './fstab-rows.js';

/** The file systems that partitions have, with the modules of which any mounts it. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  ...{ ext2: ['ext4', 'ext2'], ext3: ['ext4', 'ext3'], ext4: ['ext4'], vfat: ['vfat'] },
  ...{ xfs: ['xfs'], btrfs: ['btrfs'], f2fs: ['f2fs'], erofs: ['erofs'], squashfs: ['squashfs'] },
};

/**
 * That each kernel can mount what the fstab names: cloud kernels lack some. A kernel that does not tell what is built
 * into it (modules.builtin) is taken to have all.
 *
 * @throws ImageError MODULE_UNKNOWN; the fault is the request's
 */
export async function checkFileSystems(rootfs: string, kernels: readonly InstalledKernel[]): Promise<void> {
  const rows = await fstabRows(rootfs);
  for (const { release } of kernels) {
    if (!(await existsInRoot(rootfs, `/lib/modules/${release}/modules.builtin`))) continue;
    const known = await modulesOf(rootfs, release);
    for (const { mountPoint, type } of rows) {
      const drivers = DRIVERS[type];
      if (drivers === undefined || drivers.some((name) => known.has(name))) continue;
      throw new ImageError(
        'MODULE_UNKNOWN',
        `kernel ${release} cannot mount ${mountPoint}: it has no ${type}`,
        {
          fault: 'request',
          hint: 'choose another kernel package (those for clouds have fewer file systems) in "systemConfig.kernel.packages", or another "fsType"',
          details: { module: type, release, mountPoint },
        },
      );
    }
  }
}
