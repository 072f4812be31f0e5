import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import { canonicalModule as canonical, modulesOf } from '../imageos/kernel-modules.js';
import { readText, writeText } from '../imageos/root-files.js';
import type { InstalledKernel } from './find-kernels.js';

const OPTIONAL = /\?$/;

/**
 * The modules that the initramfs is to hold, without the question mark of those that a kernel may lack: these are left
 * out unless each kernel has them, built in or loadable.
 *
 * @throws ImageError BOOT_FILE_MISSING naming a module without one, the kernel that lacks it and near names
 */
export async function wantedModules(
  rootfs: string,
  kernels: readonly InstalledKernel[],
  modules: readonly string[],
): Promise<string[]> {
  let wanted = modules;
  for (const { release } of modules.length === 0 ? [] : kernels) {
    const known = await modulesOf(rootfs, release);
    const has = (name: string) => known.has(canonical(name.replace(OPTIONAL, '')));
    wanted = wanted.filter((name) => has(name) || !OPTIONAL.test(name));
    const missing = wanted.find((name) => !has(name));
    if (missing === undefined) continue;
    const near = nearest(canonical(missing), known);
    throw new ImageError(
      'BOOT_FILE_MISSING',
      `kernel ${release} has no module "${missing}" for the initramfs`,
      {
        fault: 'request',
        hint: `${near.length === 0 ? 'install the package that brings the module' : `did you mean ${near.join(', ')}?`} ("systemConfig.kernel.enableExtraModules")`,
      },
    );
  }
  return wanted.map((name) => name.replace(OPTIONAL, ''));
}

/** `/etc/initramfs-tools/modules` with these modules in it; lines that are there stay. Pure. */
function withModules(text: string, modules: readonly string[]): string {
  const present = new Set(text.split('\n').map((line) => canonical(line.trim().split(/\s/)[0] ?? '')));
  const added = modules.filter((name) => !present.has(canonical(name)));
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${start}${added.map((name) => `${name}\n`).join('')}`;
}

/** Adds modules to the target's own configuration, so that the next kernel on the device has them too. */
export async function configureModules(
  rootfs: string,
  generator: 'initramfs-tools' | 'dracut',
  modules: readonly string[],
): Promise<void> {
  if (modules.length === 0) return;
  if (generator === 'dracut') {
    await writeText(
      rootfs,
      '/etc/dracut.conf.d/50-extra-modules.conf',
      `add_drivers+=" ${modules.join(' ')} "\n`,
    );
    return;
  }
  const path = '/etc/initramfs-tools/modules';
  await writeText(rootfs, path, withModules((await readText(rootfs, path)) ?? '', modules));
}
