import { basename } from 'node:path';
import { writeText } from '../imageos/root-files.js';
import { copyIntoImage, requireFile, requireInitramfs } from './boot-files.js';
import { MENU_SECONDS } from './boot-plan.js';
import { EFI_NAMES } from './efi-names.js';
import { findKernels } from './find-kernels.js';
import type { BootloaderOptions } from './install-bootloader.js';
import { loaderEntry } from './loader-entry.js';
import { osIdentity } from './os-identity.js';

const EFI_FOLDER = '/usr/lib/systemd/boot/efi';

/**
 * Puts systemd-boot, each kernel with its initramfs, and their entries (Boot Loader Specification, type #1) on the ESP,
 * and tells kernel-install(8) on the device to go on like this. Entries are named by the os-release id and not by the
 * machine id, which does not exist before the first boot. No random seed is written: every copy of the image would have
 * the same; systemd makes one on the device.
 *
 * @throws ImageError BOOT_FILE_MISSING
 */
export async function installSystemdBoot(options: BootloaderOptions, esp: string): Promise<void> {
  const { rootfs, boot, tools } = options;
  const kernels = await findKernels(rootfs);
  const { title, token } = await osIdentity(rootfs);
  await copyLoader(rootfs, tools.root, { esp, names: EFI_NAMES[boot.arch] });
  await writeText(rootfs, `${esp}/loader/loader.conf`, `timeout ${MENU_SECONDS}\nconsole-mode keep\n`);
  await writeText(rootfs, `${esp}/loader/entries.srel`, 'type1\n');
  for (const kernel of kernels) {
    await requireInitramfs(rootfs, kernel);
    const folder = `/${token}/${kernel.release}`;
    const linux = `${folder}/linux`;
    const initrd = `${folder}/${basename(kernel.initramfs)}`;
    await copyIntoImage({ tree: rootfs, path: kernel.image }, { tree: rootfs, path: esp + linux });
    await copyIntoImage({ tree: rootfs, path: kernel.initramfs }, { tree: rootfs, path: esp + initrd });
    const entry = {
      title,
      version: kernel.release,
      sortKey: token,
      options: boot.commandLine,
      linux,
      initrd,
    };
    await writeText(rootfs, `${esp}/loader/entries/${token}-${kernel.release}.conf`, loaderEntry(entry));
  }
  await writeText(rootfs, '/etc/kernel/cmdline', `${boot.commandLine}\n`);
  await writeText(rootfs, '/etc/kernel/entry-token', `${token}\n`);
  await writeText(rootfs, '/etc/kernel/install.conf', `layout=bls\nBOOT_ROOT=${esp}\n`);
}

/** As bootctl(1): the signed loader where there is one, to its own folder and to the path of removable media. */
async function copyLoader(
  rootfs: string,
  chroot: string,
  to: { readonly esp: string; readonly names: (typeof EFI_NAMES)[keyof typeof EFI_NAMES] },
): Promise<void> {
  const { systemdBoot, removable } = to.names;
  const loader = await requireFile(
    [rootfs, chroot].flatMap((tree) => [
      { tree, path: `${EFI_FOLDER}/${systemdBoot}.signed` },
      { tree, path: `${EFI_FOLDER}/${systemdBoot}` },
    ]),
    'systemd-boot',
    { package: 'systemd-boot', key: '"systemConfig.packages"' },
  );
  await copyIntoImage(loader, { tree: rootfs, path: `${to.esp}/EFI/systemd/${systemdBoot}` });
  await copyIntoImage(loader, { tree: rootfs, path: `${to.esp}/EFI/BOOT/${removable}` });
}
