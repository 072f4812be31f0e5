import type { ImageSystem } from './image-system.js';
import { readText, writeText } from './root-files.js';
import { setVariables } from './shell-variables.js';

const SELINUX = '/etc/selinux/config';

/**
 * Writes the mode of SELinux (selinux_config(5)); the kernel's command line says the same. The files of the image have no
 * labels: that takes a privilege over the kernel that builds.
 */
export async function configureSecurityModules({ rootfs, config }: ImageSystem): Promise<void> {
  const { selinux } = config.system;
  const before = await readText(rootfs, SELINUX);
  if (selinux === undefined || (before === undefined && selinux.mode === 'disabled')) return;
  await writeText(
    rootfs,
    SELINUX,
    setVariables(before ?? 'SELINUXTYPE=targeted\n', { SELINUX: selinux.mode }),
  );
}
