import { ImageError } from '../errors.js';
import { findRow } from './colon-table.js';
import type { ImageSystem } from './image-system.js';
import { existsInRoot, readText, writeText } from './root-files.js';

/**
 * Makes sure that members of the image's administrators' group may use sudo (sudoers(5)).
 *
 * @returns the group that the user has to join
 * @throws ImageError USER_INVALID when sudo is not in the image
 */
export async function grantSudo({ rootfs, config }: ImageSystem, user: string): Promise<string> {
  if (!(await existsInRoot(rootfs, '/usr/bin/sudo'))) {
    throw new ImageError('USER_INVALID', `the user ${user} is to have sudo, but sudo is not in the image`, {
      fault: 'request',
      hint: 'add the package sudo to systemConfig.packages',
    });
  }
  const group = await administrators(rootfs, config.target.family);
  const sudoers = (await readText(rootfs, '/etc/sudoers')) ?? '';
  if (!new RegExp(`^\\s*%${group}\\s`, 'm').test(sudoers)) {
    await writeText(rootfs, '/etc/sudoers.d/50-administrators', `%${group} ALL=(ALL:ALL) ALL\n`, {
      mode: 0o440,
    });
  }
  return group;
}

/** The family's own group, `sudo` or `wheel`; the other one where only that is there. */
async function administrators(rootfs: string, family: 'deb' | 'rpm'): Promise<string> {
  const [own, other] = family === 'deb' ? (['sudo', 'wheel'] as const) : (['wheel', 'sudo'] as const);
  const groups = (await readText(rootfs, '/etc/group')) ?? '';
  const has = (name: string) => findRow(groups, name) !== undefined;
  return !has(own) && has(other) ? other : own;
}
