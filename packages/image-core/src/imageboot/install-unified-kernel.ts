import { readFile } from 'node:fs/promises';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { requireFile, writeIntoImage } from './boot-files.js';
import { EFI_NAMES } from './efi-names.js';
import type { InstalledKernel } from './find-kernels.js';
import type { BootloaderOptions } from './install-bootloader.js';
import { entryName } from './loader-entry.js';
import { osReleaseText } from './os-identity.js';
import { writeUki } from './write-uki.js';

/** Where systemd keeps its programs for UEFI. */
export const SYSTEMD_EFI_FOLDER = '/usr/lib/systemd/boot/efi';

/**
 * Puts a kernel as one unified kernel image on the ESP, where systemd-boot finds it by itself (Boot Loader Specification,
 * type #2). The stub is that of the image, or else of the chroot environment.
 *
 * @throws ImageError BOOT_FILE_MISSING without a stub, IMAGE_FAILED when stub or kernel is no UEFI program
 */
export async function installUnifiedKernel(
  { rootfs, boot, tools }: BootloaderOptions,
  kernel: InstalledKernel,
  to: { readonly esp: string; readonly token: string },
): Promise<void> {
  const name = EFI_NAMES[boot.arch].stub;
  const stub = await requireFile(
    [rootfs, tools.root].map((tree) => ({ tree, path: `${SYSTEMD_EFI_FOLDER}/${name}` })),
    "systemd's stub for unified kernel images",
    { package: 'systemd-boot (Debian: systemd-boot-efi)', key: '"systemConfig.packages"' },
  );
  const read = async (tree: string, path: string) => readFile(await resolveInRoot(tree, path));
  const image = writeUki({
    stub: await read(stub.tree, stub.path),
    osRelease: await osReleaseText(rootfs),
    commandLine: boot.commandLine,
    release: kernel.release,
    splash: boot.splash === undefined ? undefined : await readFile(boot.splash),
    linux: await read(rootfs, kernel.image),
    initramfs: await read(rootfs, kernel.initramfs),
  });
  const path = `${to.esp}/EFI/Linux/${entryName(boot, to.token, kernel)}.efi`;
  await writeIntoImage(image, { tree: rootfs, path });
}
