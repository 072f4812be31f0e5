import { open, readFile } from 'node:fs/promises';
import { formatSize } from '@ic/utils';
import { ImageError } from '../errors.js';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { biosBootCode } from './bios-boot-code.js';
import { requireFile } from './boot-files.js';
import type { BootPlan } from './boot-plan.js';
import { biosImages } from './install-grub.js';

/**
 * Writes GRUB's boot sector and core image from the root file system to the assembled disk; the disk id and the
 * partition table stay. Does nothing when the plan has no BIOS.
 *
 * @param image absolute path of the raw disk
 * @throws ImageError BOOT_UNSUPPORTED when the core image needs more room than the plan has; BOOT_FILE_MISSING
 */
export async function writeBiosBootCode(
  image: string,
  { plan, rootfs }: { readonly plan: BootPlan; readonly rootfs: string },
): Promise<void> {
  if (plan.biosCore === undefined) return;
  const { start, size } = plan.biosCore;
  const paths = biosImages(plan);
  const read = async (path: string) => {
    await requireFile([{ tree: rootfs, path }], 'GRUB for BIOS', {
      package: 'grub-pc-bin',
      key: 'the chroot packages of the target',
    });
    return readFile(await resolveInRoot(rootfs, path));
  };
  const { master, core } = biosBootCode(await read(paths.boot), await read(paths.core), start);
  if (core.length > size) {
    throw new ImageError(
      'BOOT_UNSUPPORTED',
      `GRUB's core image needs ${formatSize(core.length)}, and ${plan.table === 'gpt' ? 'the BIOS boot partition' : 'the gap behind the MBR'} has ${formatSize(size)}`,
      {
        fault: 'request',
        hint:
          plan.table === 'gpt'
            ? 'give the BIOS boot partition 1MiB'
            : 'let the first partition start at 1MiB',
      },
    );
  }
  const file = await open(image, 'r+');
  try {
    await file.write(master, 0, master.length, 0);
    await file.write(core, 0, core.length, start);
  } finally {
    await file.close();
  }
}
