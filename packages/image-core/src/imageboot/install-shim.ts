import { readFile } from 'node:fs/promises';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { writeText } from '../imageos/root-files.js';
import { copyIntoImage, requireFile, writeIntoImage } from './boot-files.js';
import { EFI_NAMES } from './efi-names.js';
import { grubStubConfig } from './grub-config.js';
import type { BootloaderOptions } from './install-bootloader.js';

const PACKAGES = { package: 'shim-signed and grub-efi-amd64-signed', key: '"systemConfig.packages"' };

/**
 * Puts the target's signed shim, GRUB, MokManager and fallback program on the ESP as they are: where firmware looks on a
 * disk that it has no entry for, and in the vendor's own folder. Fallback, which shim starts from the former, makes the
 * machine's boot entry for the latter out of a list there (README.fallback of shim). Signed GRUB brings what it needs, and
 * reads its grub.cfg in the folder that it was signed with.
 *
 * @throws ImageError BOOT_FILE_MISSING
 */
export async function installShim({ rootfs, boot }: BootloaderOptions, esp: string): Promise<void> {
  const names = EFI_NAMES[boot.arch];
  const signed = async (folder: string, name: string) => {
    const path = `/usr/lib/${folder}/${name}.signed`;
    return requireFile([{ tree: rootfs, path }], `the signed ${name}`, PACKAGES);
  };
  const shim = await signed('shim', names.shim);
  const grub = await signed(`grub/${names.grubPlatform}-signed`, names.grub);
  const mokManager = await signed('shim', names.mokManager);
  const fallback = await signed('shim', names.fallback);
  const vendor = await vendorFolder(rootfs, grub.path);
  const own = `EFI/${vendor}`;
  const places = [
    [shim, `EFI/BOOT/${names.removable}`, `${own}/${names.shim}`],
    [grub, `EFI/BOOT/${names.grub}`, `${own}/${names.grub}`],
    [mokManager, `EFI/BOOT/${names.mokManager}`, `${own}/${names.mokManager}`],
    [fallback, `EFI/BOOT/${names.fallback}`, `${own}/${names.fallback}`],
  ] as const;
  for (const [file, ...paths] of places) {
    for (const path of paths) await copyIntoImage(file, { tree: rootfs, path: `${esp}/${path}` });
  }
  await writeText(rootfs, `${esp}/${own}/grub.cfg`, grubStubConfig(boot));
  // File, name of the entry, options, what it is.
  const list = Buffer.from(`${names.shim},${vendor},,This is the boot entry for ${vendor}\n`, 'utf16le');
  await writeIntoImage(list, { tree: rootfs, path: `${esp}/${own}/${names.fallbackList}` });
}

/** The folder on the ESP that was built into a signed GRUB. */
async function vendorFolder(rootfs: string, path: string): Promise<string> {
  const bytes = await readFile(await resolveInRoot(rootfs, path));
  return /\/EFI\/([A-Za-z0-9._-]+)\0/.exec(bytes.toString('latin1'))?.[1] ?? 'BOOT';
}
