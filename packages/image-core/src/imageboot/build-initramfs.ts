import { rm } from 'node:fs/promises';
import { ImageError } from '../errors.js';
import type { ImageSystem } from '../imageos/image-system.js';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { existsInRoot, readText, writeText } from '../imageos/root-files.js';
import { runInRoot } from '../imageos/run-in-root.js';
import { checkFileSystems } from './check-file-systems.js';
import { compressInitramfs } from './compress-initramfs.js';
import { findKernels, type InstalledKernel } from './find-kernels.js';
import { fstabRows } from './fstab-rows.js';
import { configureModules, wantedModules } from './initramfs-modules.js';
import { initramfsShortcuts } from './initramfs-shortcuts.js';
import { configureVolatileRoot, VOLATILE_MODULES } from './volatile-root.js';

export interface BuildInitramfsOptions extends Pick<ImageSystem, 'rootfs' | 'runner' | 'epoch' | 'context'> {
  /** Modules that the initramfs of this and every later kernel must hold; with a `?`, where the kernel has them. */
  readonly extraModules: readonly string[];
  /** See `BootPlan`. */
  readonly volatileRoot?: boolean | undefined;
}

/** File systems whose modules the generators leave out unless the build host has them mounted. */
const NOT_USUAL: ReadonlySet<string> = new Set(['erofs', 'squashfs']);
const SHORTCUTS_FILE = '/usr/share/initramfs-tools/conf-hooks.d/zz-image-build';

/**
 * Makes the initramfs of each installed kernel, once, with the generator that the target has: initramfs-tools or
 * dracut. It fits any machine, holds nothing of the build host and is the same for the same packages and `epoch`. Where
 * the kernel reads zstd, the generator's own compressor is not used. The fstab must be written before.
 *
 * @returns the kernels, newest first
 * @throws ImageError BOOT_FILE_MISSING (kernel, generator or module), MODULE_UNKNOWN, BOOT_UNSUPPORTED, IMAGE_FAILED; UtilsError CANCELLED, EXEC_NOT_FOUND
 */
export async function buildInitramfs(options: BuildInitramfsOptions): Promise<InstalledKernel[]> {
  const { rootfs, extraModules, context } = options;
  const kernels = await findKernels(rootfs);
  await checkFileSystems(rootfs, kernels);
  const generator = await generatorOf(rootfs);
  const volatile = options.volatileRoot === true;
  if (volatile) await configureVolatileRoot(rootfs, generator);
  const modules = await wantedModules(rootfs, kernels, [
    ...extraModules,
    ...(volatile ? VOLATILE_MODULES : []),
    ...(await systemFileSystems(rootfs)).filter((type) => NOT_USUAL.has(type)).map((type) => `${type}?`),
  ]);
  await configureModules(rootfs, generator, modules);
  const generate = generator === 'dracut' ? runDracut : runInitramfsTools;
  for (const kernel of kernels) {
    const unpacked = await readsZstd(rootfs, kernel.release);
    await generate(options, kernel, unpacked);
    if (unpacked) await compressInitramfs(await resolveInRoot(rootfs, kernel.initramfs), context);
  }
  return kernels;
}

async function generatorOf(rootfs: string): Promise<'initramfs-tools' | 'dracut'> {
  if (await existsInRoot(rootfs, '/usr/sbin/mkinitramfs')) return 'initramfs-tools';
  if (await existsInRoot(rootfs, '/usr/bin/dracut')) return 'dracut';
  throw new ImageError('BOOT_FILE_MISSING', 'the root file system has no program that makes an initramfs', {
    fault: 'request',
    hint: 'add the package initramfs-tools or dracut to "systemConfig.packages"',
  });
}

/** Whether a kernel can unpack a zstd initramfs; when its configuration cannot be read, what it can is not known. */
export async function readsZstd(rootfs: string, release: string): Promise<boolean> {
  for (const path of [
    `/boot/config-${release}`,
    `/lib/modules/${release}/config`,
    `/lib/modules/${release}/config-${release}`,
  ]) {
    const text = await readText(rootfs, path);
    if (text !== undefined) return /^CONFIG_RD_ZSTD=y$/m.test(text);
  }
  return false;
}

async function runInitramfsTools(
  options: BuildInitramfsOptions,
  kernel: InstalledKernel,
  unpacked: boolean,
): Promise<void> {
  const { rootfs } = options;
  await writeText(rootfs, SHORTCUTS_FILE, initramfsShortcuts(await systemFileSystems(rootfs)));
  try {
    const compressor = unpacked ? ['-c', 'zstd'] : [];
    await run(options, kernel, 'mkinitramfs', [...compressor, '-o', kernel.initramfs, kernel.release]);
  } finally {
    await rm(await resolveInRoot(rootfs, SHORTCUTS_FILE), { force: true });
  }
}

async function runDracut(
  options: BuildInitramfsOptions,
  kernel: InstalledKernel,
  unpacked: boolean,
): Promise<void> {
  const compressor = unpacked ? ['--no-compress'] : [];
  const portable = ['--no-hostonly', '--no-hostonly-cmdline', '--reproducible'];
  await run(options, kernel, 'dracut', [
    ...['--quiet', '--force', ...portable, ...compressor],
    ...['--kver', kernel.release, kernel.initramfs],
  ]);
}

async function run(
  options: BuildInitramfsOptions,
  kernel: InstalledKernel,
  program: string,
  args: readonly string[],
): Promise<void> {
  const purpose = `making the initramfs of kernel ${kernel.release} with ${program}`;
  // Whether dracut may make device nodes depends on who builds; the kernel brings the one that is needed, /dev/console.
  const env = { SOURCE_DATE_EPOCH: String(options.epoch), DRACUT_NO_MKNOD: '1' };
  await runInRoot(options, { program, args, source: program }, purpose, { env });
}

/** The types of `/` and `/usr` in the fstab. */
async function systemFileSystems(rootfs: string): Promise<string[]> {
  const rows = await fstabRows(rootfs);
  const types = rows.flatMap(({ mountPoint, type }) => (['/', '/usr'].includes(mountPoint) ? [type] : []));
  return [...new Set(types)].filter((type) => type !== 'auto').sort();
}
