import { readdir, rm } from 'node:fs/promises';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { makeFolders, readText, writeText } from '../imageos/root-files.js';
import { runInRoot } from '../imageos/run-in-root.js';
import { copyIntoImage, requireFile, requireInitramfs } from './boot-files.js';
import type { BootPlan } from './boot-plan.js';
import { defaultFirst } from './default-kernel.js';
import { EFI_NAMES } from './efi-names.js';
import { findKernels } from './find-kernels.js';
import {
  bootFileSystem,
  grubConfig,
  grubDefaults,
  grubEarlyConfig,
  grubPath,
  grubStubConfig,
} from './grub-config.js';
import type { BootloaderOptions } from './install-bootloader.js';
import { installShim } from './install-shim.js';
import { osIdentity } from './os-identity.js';
import { installRemovableLoader } from './removable-loader.js';

/** Enough to find and read grub.cfg; BIOS gives little room, and the rest is loaded from the module folder. */
const BIOS_MODULES = ['biosdisk', 'search_fs_uuid'];
/** Everything that a grub.cfg uses, as far as the platform has it: under Secure Boot no module can be loaded later. */
const EFI_MODULES = [
  ...['part_gpt', 'part_msdos', 'fat', 'ext2', 'search', 'search_fs_uuid', 'search_fs_file', 'search_label'],
  ...[
    'normal',
    'configfile',
    'linux',
    'gzio',
    'test',
    'echo',
    'ls',
    'cat',
    'true',
    'sleep',
    'minicmd',
    'loadenv',
  ],
  ...[
    'all_video',
    'efi_gop',
    'gfxterm',
    'font',
    'terminal',
    'serial',
    'reboot',
    'halt',
    'regexp',
    'probe',
    'help',
  ],
];
const FILE_SYSTEM_MODULE = {
  ...{ ext2: 'ext2', ext3: 'ext2', ext4: 'ext2', vfat: 'fat' },
  ...{ xfs: 'xfs', btrfs: 'btrfs', f2fs: 'f2fs' },
} as const;
const TABLE_MODULE = { gpt: 'part_gpt', mbr: 'part_msdos' } as const;
/** GRUB's folder of the image, as grub-mkimage in the chroot environment sees it. */
const WORK = '/mnt';
const DEFAULTS = '/etc/default/grub';

/**
 * Installs GRUB for each firmware of the plan, with one grub.cfg for all. Modules and core images come from the chroot
 * environment, in one version; `/etc/default/grub.d` carries the settings for update-grub or grub2-mkconfig on the device.
 *
 * @throws ImageError BOOT_FILE_MISSING, IMAGE_FAILED
 */
export async function installGrub(options: BootloaderOptions): Promise<void> {
  const { rootfs, boot } = options;
  const kernels = defaultFirst(await findKernels(rootfs), boot.defaultKernel);
  for (const kernel of kernels) await requireInitramfs(rootfs, kernel);
  const { title, token } = await osIdentity(rootfs);
  await makeFolders(await resolveInRoot(rootfs, boot.grubFolder));
  if (boot.firmware.includes('bios')) await installBios(options);
  if (boot.espMountPoint !== undefined) await installEfi(options, boot.espMountPoint, token);
  // The packages of the rpm family say how their grub.cfg must look.
  const mode = boot.grubFolder === '/boot/grub2' ? { mode: 0o600 } : {};
  await writeText(rootfs, `${boot.grubFolder}/grub.cfg`, grubConfig(boot, title, kernels), mode);
  await writeDefaults(rootfs, grubDefaults(boot));
}

/** What `/etc/default/grub` needs where grub-mkconfig reads no folder of drop-ins, as in the rpm family. */
const SOURCE_DROP_INS =
  'for file in /etc/default/grub.d/*.cfg; do if [ -r "$file" ]; then . "$file"; fi; done\n';

/** The settings for the next grub.cfg go into a file of their own: `/etc/default/grub` belongs to packages. */
async function writeDefaults(rootfs: string, settings: string): Promise<void> {
  await writeText(rootfs, '/etc/default/grub.d/50-image.cfg', settings);
  const texts = await Promise.all(
    ['/usr/sbin/grub-mkconfig', '/usr/sbin/grub2-mkconfig', DEFAULTS].map((path) => readText(rootfs, path)),
  );
  const [debian, rpm, defaults = ''] = texts;
  const script = debian ?? rpm;
  if (script === undefined || `${script}${defaults}`.includes('default/grub.d')) return;
  await writeText(rootfs, DEFAULTS, `${defaults}${SOURCE_DROP_INS}`);
}

async function installBios(options: BootloaderOptions): Promise<void> {
  const { boot } = options;
  const platform = 'i386-pc';
  await copyModules(options, platform, 'grub-pc-bin (rpm: grub2-pc)');
  const modules = [
    ...BIOS_MODULES,
    FILE_SYSTEM_MODULE[bootFileSystem(boot).fsType],
    TABLE_MODULE[boot.table],
  ];
  await makeImage(options, { platform, modules, output: `${platform}/core.img` });
}

async function installEfi(options: BootloaderOptions, esp: string, vendor: string): Promise<void> {
  const { rootfs, boot } = options;
  const names = EFI_NAMES[boot.arch];
  const available = await copyModules(options, names.grubPlatform, names.grubPackage);
  if (boot.shim) return installShim(options, esp);
  const wanted = [...EFI_MODULES, FILE_SYSTEM_MODULE[bootFileSystem(boot).fsType]];
  const modules = [...new Set(wanted)].filter((name) => available.has(name));
  const output = `${names.grubPlatform}/core.efi`;
  await makeImage(options, { platform: names.grubPlatform, modules, output });
  const core = { tree: rootfs, path: `${boot.grubFolder}/${output}` };
  await installRemovableLoader(core, { rootfs, esp, names });
  await copyIntoImage(core, { tree: rootfs, path: `${esp}/EFI/${vendor}/${names.grub}` });
  await writeText(rootfs, `${esp}/EFI/${vendor}/grub.cfg`, grubStubConfig(boot));
}

/** Copies what grub-install does for a platform: modules, their indexes, boot sectors. Gives the modules' names. */
async function copyModules(
  options: BootloaderOptions,
  platform: string,
  packageName: string,
): Promise<ReadonlySet<string>> {
  const { rootfs, boot, tools } = options;
  const folder = `/usr/lib/grub/${platform}`;
  await requireFile([{ tree: tools.root, path: `${folder}/modinfo.sh` }], `GRUB for ${platform}`, {
    package: packageName,
    key: 'the chroot packages of the target',
  });
  const files = (await readdir(await resolveInRoot(tools.root, folder))).sort();
  for (const name of files) {
    if (!/\.(?:mod|lst)$|^(?:boot\.img|modinfo\.sh)$/.test(name)) continue;
    await copyIntoImage(
      { tree: tools.root, path: `${folder}/${name}` },
      { tree: rootfs, path: `${boot.grubFolder}/${platform}/${name}` },
    );
  }
  return new Set(files.flatMap((name) => (name.endsWith('.mod') ? [name.slice(0, -'.mod'.length)] : [])));
}

async function makeImage(
  options: BootloaderOptions,
  image: { readonly platform: string; readonly modules: readonly string[]; readonly output: string },
): Promise<void> {
  const { rootfs, boot, tools, epoch, context } = options;
  const program = await requireFile(
    ['grub2-mkimage', 'grub-mkimage'].map((name) => ({ tree: tools.root, path: `/usr/bin/${name}` })),
    'grub-mkimage',
    { package: 'grub-common (rpm: grub2)', key: 'the chroot packages of the target' },
  );
  const folder = await resolveInRoot(rootfs, boot.grubFolder);
  const early = 'early.cfg';
  await writeText(rootfs, `${boot.grubFolder}/${early}`, grubEarlyConfig(boot));
  const prefix = grubPath(boot, boot.grubFolder);
  const args = [
    '-O',
    image.platform,
    '-p',
    prefix,
    '-c',
    `${WORK}/${early}`,
    '-o',
    `${WORK}/${image.output}`,
  ];
  try {
    await runInRoot(
      { runner: tools, context },
      { program: program.path, args: [...args, ...image.modules], source: 'grub-mkimage' },
      `making the GRUB core image for ${image.platform}`,
      { env: { SOURCE_DATE_EPOCH: String(epoch) }, binds: [{ host: folder, inside: WORK }] },
    );
  } finally {
    await rm(`${folder}/${early}`, { force: true });
  }
}

/** Paths in the image of what `writeBiosBootCode` writes to the disk. */
export function biosImages(boot: BootPlan): { readonly boot: string; readonly core: string } {
  return { boot: `${boot.grubFolder}/i386-pc/boot.img`, core: `${boot.grubFolder}/i386-pc/core.img` };
}
