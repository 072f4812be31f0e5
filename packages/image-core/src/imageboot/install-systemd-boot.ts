import { basename } from 'node:path';
import { ImageError } from '../errors.js';
import { existsInRoot, writeText } from '../imageos/root-files.js';
import { copyIntoImage, requireFile, requireInitramfs } from './boot-files.js';
import type { BootPlan } from './boot-plan.js';
import { defaultFirst } from './default-kernel.js';
import { EFI_NAMES } from './efi-names.js';
import { findKernels, type InstalledKernel } from './find-kernels.js';
import type { BootloaderOptions } from './install-bootloader.js';
import { installUnifiedKernel, SYSTEMD_EFI_FOLDER } from './install-unified-kernel.js';
import { entryName, loaderEntry } from './loader-entry.js';
import { offerInitramfs } from './offer-initramfs.js';
import { type OsIdentity, osIdentity } from './os-identity.js';
import { installRemovableLoader } from './removable-loader.js';

/** By which kernel-install(8) makes unified kernel images; a part of ukify. */
const UKIFY_PLUGIN = '/usr/lib/kernel/install.d/60-ukify.install';

/**
 * Puts systemd-boot and each kernel on the ESP, as a unified kernel image or with its initramfs and an entry (Boot Loader
 * Specification, types #2 and #1), and tells kernel-install(8) on the device to go on like this, as far as it can: without
 * ukify the next kernel gets an entry. Both are named by the os-release id and not by the machine id, which does not exist
 * before the first boot. No random seed is written: every copy of the image would have the same; systemd makes one on
 * the device.
 *
 * @throws ImageError BOOT_FILE_MISSING; IMAGE_FAILED for a stub or a kernel that is no UEFI program
 */
export async function installSystemdBoot(options: BootloaderOptions, esp: string): Promise<void> {
  const { rootfs, boot } = options;
  const kernels = defaultFirst(await findKernels(rootfs), boot.defaultKernel);
  const identity = await osIdentity(rootfs);
  const { token } = identity;
  const goesOnUnified = boot.unified && (await existsInRoot(rootfs, UKIFY_PLUGIN));
  const isMixed = boot.unified && !goesOnUnified;
  if (isMixed && boot.tries !== undefined) throw cannotCount();
  await copyLoader(options, esp);
  await writeText(rootfs, `${esp}/loader/loader.conf`, loaderConfig(boot, { token, isMixed }));
  await writeText(rootfs, `${esp}/loader/entries.srel`, 'type1\n');
  for (const kernel of kernels) {
    await requireInitramfs(rootfs, kernel);
    if (boot.unified) await installUnifiedKernel(options, kernel, { esp, token });
    else await installEntry(options, kernel, { esp, identity });
  }
  if (goesOnUnified && boot.splash !== undefined) await keepSplash(rootfs, boot.splash);
  const layout = goesOnUnified ? 'layout=uki\nuki_generator=ukify\n' : 'layout=bls\n';
  if (boot.tries !== undefined) await countBoots(rootfs, boot.tries);
  await writeText(rootfs, '/etc/kernel/cmdline', `${boot.commandLine}\n`);
  await writeText(rootfs, '/etc/kernel/entry-token', `${token}\n`);
  await writeText(rootfs, '/etc/kernel/install.conf', `${layout}BOOT_ROOT=${esp}\n`);
  await offerInitramfs(rootfs);
}

/**
 * loader.conf(5). The default is a pattern, so that the next kernel that fits takes over; the newest match counts.
 * systemd-boot takes the version of the distribution for that of a unified kernel image, which is above that of any kernel: when
 * the next ones have entries (`isMixed`), it must be told that these come first.
 */
function loaderConfig(
  { menuSeconds, defaultKernel }: BootPlan,
  { token, isMixed }: { readonly token: string; readonly isMixed: boolean },
): string {
  const pattern = defaultKernel === undefined ? isMixed && '*.conf' : `${defaultKernel}.*`;
  const chosen = pattern === false ? '' : `default ${token}-${pattern}\n`;
  return `timeout ${menuSeconds}\nconsole-mode keep\n${chosen}`;
}

function cannotCount(): ImageError {
  return new ImageError(
    'BOOT_UNSUPPORTED',
    'boots of unified kernel images are counted where the next ones are unified too, and this image has no ukify to make them',
    {
      fault: 'request',
      hint: 'add the package systemd-ukify where the target has it, write uki: false in "systemConfig.kernel", or leave "systemConfig.bootloader.bootCounting" out',
    },
  );
}

/** Counts for later kernels too, and sees that the device can tell a good boot (systemd-bless-boot.service(8)). */
async function countBoots(rootfs: string, tries: number): Promise<void> {
  await requireFile(
    [{ tree: rootfs, path: '/usr/lib/systemd/systemd-bless-boot' }],
    'the program that ends the counting of boots after a good one',
    { package: 'systemd-boot', key: '"systemConfig.packages"' },
  );
  await writeText(rootfs, '/etc/kernel/tries', `${tries}\n`);
}

/** For ukify(1), which makes the next unified kernel image. */
async function keepSplash(rootfs: string, splash: string): Promise<void> {
  const path = '/etc/kernel/splash.bmp';
  await copyIntoImage({ tree: '/', path: splash }, { tree: rootfs, path });
  await writeText(rootfs, '/etc/kernel/uki.conf', `[UKI]\nSplash=${path}\n`);
}

async function installEntry(
  { rootfs, boot }: BootloaderOptions,
  kernel: InstalledKernel,
  to: { readonly esp: string; readonly identity: OsIdentity },
): Promise<void> {
  const { esp, identity } = to;
  const { title, token } = identity;
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
  const name = entryName(boot, token, kernel);
  await writeText(rootfs, `${esp}/loader/entries/${name}.conf`, loaderEntry(entry));
}

/** As bootctl(1): the signed loader where there is one, to its own folder and to the path of removable media. */
async function copyLoader({ rootfs, boot, tools }: BootloaderOptions, esp: string): Promise<void> {
  const names = EFI_NAMES[boot.arch];
  const { systemdBoot } = names;
  const loader = await requireFile(
    [rootfs, tools.root].flatMap((tree) => [
      { tree, path: `${SYSTEMD_EFI_FOLDER}/${systemdBoot}.signed` },
      { tree, path: `${SYSTEMD_EFI_FOLDER}/${systemdBoot}` },
    ]),
    'systemd-boot',
    { package: 'systemd-boot', key: '"systemConfig.packages"' },
  );
  await copyIntoImage(loader, { tree: rootfs, path: `${esp}/EFI/systemd/${systemdBoot}` });
  await installRemovableLoader(loader, { rootfs, esp, names });
}
