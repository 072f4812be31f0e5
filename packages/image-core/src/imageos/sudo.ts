import { ImageError } from '../errors.js';
import type { ImageSystem } from './image-system.js';
import { existsInRoot, readText, writeText } from './root-files.js';

/**
 * Makes sure that members of the family's administrators' group may use sudo (sudoers(5)).
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
  const group = config.target.family === 'deb' ? 'sudo' : 'wheel';
  const sudoers = (await readText(rootfs, '/etc/sudoers')) ?? '';
  if (!new RegExp(`^\\s*%${group}\\s`, 'm').test(sudoers)) {
    await writeText(rootfs, '/etc/sudoers.d/50-administrators', `%${group} ALL=(ALL:ALL) ALL\n`, {
      mode: 0o440,
    });
  }
  return group;
}
