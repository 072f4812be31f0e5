import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { ImageConfig } from '@ic/toolchain';
import { ImageError } from '../errors.js';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { readText, unlessMissing, writeText } from './root-files.js';
import { setVariables } from './shell-variables.js';

const FOLDER = '/etc/selinux';
const SELINUX = `${FOLDER}/config`;

/**
 * Writes the mode of SELinux, and a policy that the image has (selinux_config(5)); the kernel's command line says the same.
 * `labelFiles` then labels the files.
 *
 * @throws ImageError PACKAGE_LACKING when no package brought a policy to load
 */
export async function configureSecurityModules({ rootfs, config }: ImageSystem): Promise<void> {
  const { selinux } = config.system;
  const before = await readText(rootfs, SELINUX);
  if (selinux === undefined || (before === undefined && selinux.mode === 'disabled')) return;
  const policy = selinux.mode === 'disabled' ? {} : { SELINUXTYPE: await policyType(rootfs, before) };
  await writeText(rootfs, SELINUX, setVariables(before ?? '', { ...policy, SELINUX: selinux.mode }));
}

/** Whether the files of an image get labels: an initramfs (`imageType: img`) has no place for any. */
export function isLabelled({ system, target }: Pick<ImageConfig, 'system' | 'target'>): boolean {
  const mode = system.selinux?.mode ?? 'disabled';
  return mode !== 'disabled' && target.imageType !== 'img';
}

/** The policy that the configuration names where the image has it, else the first that it has. */
async function policyType(rootfs: string, configuration = ''): Promise<string> {
  const named = /^\s*SELINUXTYPE=\s*(\S+)/m.exec(configuration)?.[1];
  const types: string[] = [];
  const folders = (await entriesOf(rootfs, FOLDER)).filter((entry) => entry.isDirectory());
  for (const type of folders.map(({ name }) => name).sort()) {
    const files = await entriesOf(rootfs, `${FOLDER}/${type}/policy`);
    if (files.some(({ name }) => /^policy\.\d+$/.test(name))) types.push(type);
  }
  const found = types.find((type) => type === named) ?? types[0];
  if (found !== undefined) return found;
  throw new ImageError(
    'PACKAGE_LACKING',
    'the template has systemConfig.selinux, and the image has no policy',
    {
      fault: 'request',
      hint: 'add the package of a policy to systemConfig.packages (deb: selinux-policy-default, rpm: selinux-policy-targeted)',
      details: { key: 'systemConfig.selinux' },
    },
  );
}

/** What a folder of the image holds; nothing when it is none. */
async function entriesOf(rootfs: string, path: string): Promise<Dirent[]> {
  const folder = await resolveInRoot(rootfs, path);
  return (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? [];
}
