import type { ToolRunner } from '@ic/toolchain';
import type { ImageSystem } from '../imageos/image-system.js';
import type { BootPlan } from './boot-plan.js';
import { installGrub } from './install-grub.js';
import { installSystemdBoot } from './install-systemd-boot.js';

export interface BootloaderOptions extends Pick<ImageSystem, 'rootfs' | 'epoch' | 'context'> {
  readonly boot: BootPlan;
  /** The chroot environment as `/`: grub-mkimage and the modules of each GRUB platform that is used. */
  readonly tools: ToolRunner;
}

/**
 * Installs the boot loader of the plan into the root file system; what belongs on the ESP goes below its mount point.
 * The initramfs must be there already. With BIOS among the firmware, `writeBiosBootCode` finishes the work once the disk
 * is assembled. Times of files are left to whoever makes the file systems.
 *
 * @throws ImageError BOOT_FILE_MISSING with the package that brings what is missing; IMAGE_FAILED; UtilsError CANCELLED
 */
export async function installBootloader(options: BootloaderOptions): Promise<void> {
  const { loader, espMountPoint } = options.boot;
  if (loader === 'systemd-boot' && espMountPoint !== undefined)
    await installSystemdBoot(options, espMountPoint);
  else await installGrub(options);
}
