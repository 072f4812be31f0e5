import type { ImageSystem } from './image-system.js';
import { writeText } from './root-files.js';

/** Behind what packages set: files of /etc/sysctl.d and /usr/lib/sysctl.d are read together, in the order of their names. */
const SYSCTL = '/etc/sysctl.d/99-z-image-composer.conf';
const TMPFILES = '/etc/tmpfiles.d/image-composer.conf';

/** Writes what is set and made at every boot: parameters of the kernel (sysctl.d(5)), and files (tmpfiles.d(5)). */
export async function configureBootSettings({ rootfs, config }: ImageSystem): Promise<void> {
  const { sysctl, tmpfiles } = config.system;
  const parameters = Object.entries(sysctl).map(([name, value]) => `${name} = ${value}\n`);
  if (parameters.length > 0) await writeText(rootfs, SYSCTL, parameters.join(''));
  if (tmpfiles.length > 0) await writeText(rootfs, TMPFILES, tmpfiles.map((line) => `${line}\n`).join(''));
}
