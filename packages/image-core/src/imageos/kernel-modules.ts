import { readdir } from 'node:fs/promises';
import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { readText, unlessMissing, writeText } from './root-files.js';

const LOAD = '/etc/modules-load.d/image-composer.conf';
/** Behind systemd.conf, which has options of its own: of two lines for a parameter the last counts. */
const MODPROBE = '/etc/modprobe.d/zz-image-composer.conf';

/**
 * Writes which modules are loaded at boot (modules-load.d(5)), never loaded, and with which parameters (modprobe.d(5)). `blacklist`
 * only keeps a module from loading by itself, `install` stops those who name it.
 *
 * @throws ImageError MODULE_UNKNOWN for a module to load, or one with parameters, that a kernel of the image lacks
 */
export async function configureKernelModules({ rootfs, config }: ImageSystem): Promise<void> {
  const { load, disable, options } = config.system.kernelModules;
  await checkModules(rootfs, [...load, ...Object.keys(options)]);
  if (load.length > 0) await writeText(rootfs, LOAD, load.map((name) => `${name}\n`).join(''));
  const lines = [
    ...disable.flatMap((name) => [`blacklist ${name}`, `install ${name} /bin/false`]),
    ...Object.entries(options).map(([name, text]) => `options ${name} ${text.trim()}`),
  ];
  if (lines.length > 0) await writeText(rootfs, MODPROBE, lines.map((line) => `${line}\n`).join(''));
}

/** The modules that a kernel of the image has, loadable or built in, with "_" for "-". */
export async function modulesOf(rootfs: string, release: string): Promise<ReadonlySet<string>> {
  const folder = `/lib/modules/${release}`;
  const lists = [
    await readText(rootfs, `${folder}/modules.dep`),
    await readText(rootfs, `${folder}/modules.builtin`),
  ];
  const lines = lists.flatMap((text) => (text ?? '').split('\n'));
  return new Set(
    lines.flatMap((line) => /([^/:]+)\.ko(?:\.[a-z0-9]+)?(?::|$)/.exec(line)?.[1] ?? []).map(canonicalModule),
  );
}

/** Module names take "-" and "_" for the same. Pure. */
export function canonicalModule(name: string): string {
  return name.replaceAll('-', '_');
}

async function checkModules(rootfs: string, modules: readonly string[]): Promise<void> {
  if (modules.length === 0) return;
  const releases = (await unlessMissing(readdir(await resolveInRoot(rootfs, '/lib/modules')))) ?? [];
  for (const release of releases) {
    const known = await modulesOf(rootfs, release);
    const missing = modules.find((name) => !known.has(canonicalModule(name)));
    if (missing === undefined) continue;
    const near = nearest(canonicalModule(missing), known);
    throw new ImageError('MODULE_UNKNOWN', `kernel ${release} has no module "${missing}"`, {
      fault: 'request',
      hint:
        near.length > 0
          ? `did you mean ${near.join(', ')}?`
          : 'choose a kernel package that has it, or add the package that brings the module ("systemConfig.kernelModules")',
      details: { module: missing, release, near },
    });
  }
}
