import { readdir } from 'node:fs/promises';
import { ImageError } from '../errors.js';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { existsInRoot, unlessMissing } from '../imageos/root-files.js';
import { compareReleases } from './compare-releases.js';

/** One installed kernel. Paths are absolute paths in the image. */
export interface InstalledKernel {
  /** What `uname -r` will say. */
  readonly release: string;
  readonly image: string;
  /** Where its initramfs belongs, whether or not it is there. */
  readonly initramfs: string;
}

/**
 * The kernels of a root file system, newest first: each folder of `/lib/modules` for which there is a kernel image.
 *
 * @throws ImageError BOOT_FILE_MISSING when there is none
 */
export async function findKernels(rootfs: string): Promise<InstalledKernel[]> {
  const releases = (await unlessMissing(readdir(await resolveInRoot(rootfs, '/lib/modules')))) ?? [];
  const isDebian = await existsInRoot(rootfs, '/var/lib/dpkg/status');
  const kernels: InstalledKernel[] = [];
  for (const release of releases.sort(compareReleases).reverse()) {
    const image = await firstExisting(rootfs, [
      `/boot/vmlinuz-${release}`,
      `/lib/modules/${release}/vmlinuz`,
    ]);
    const initramfs = isDebian ? `/boot/initrd.img-${release}` : `/boot/initramfs-${release}.img`;
    if (image !== undefined) kernels.push({ release, image, initramfs });
  }
  if (kernels.length === 0) {
    throw new ImageError(
      'BOOT_FILE_MISSING',
      'no kernel is installed: /lib/modules names none that has an image in /boot',
      {
        fault: 'request',
        hint: `add ${isDebian ? 'linux-image-amd64 (or linux-image-cloud-amd64, linux-image-arm64)' : 'kernel'} to "systemConfig.kernel.packages"`,
      },
    );
  }
  return kernels;
}

/** The first of these paths that leads to something in the image. */
export async function firstExisting(rootfs: string, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await existsInRoot(rootfs, path)) return path;
  return undefined;
}
