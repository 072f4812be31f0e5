import { ImageError } from '../errors.js';
import type { InstalledKernel } from './find-kernels.js';

/**
 * These kernels, newest first, with the one in front that starts by itself: the newest whose release fits the glob (`*`, `?`),
 * or the newest of all. Pure.
 *
 * @throws ImageError BOOT_FILE_MISSING when none fits
 */
export function defaultFirst(
  kernels: readonly InstalledKernel[],
  glob: string | undefined,
): readonly InstalledKernel[] {
  if (glob === undefined) return kernels;
  const pattern = new RegExp(`^${glob.replace(/[.+]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const found = kernels.find(({ release }) => pattern.test(release));
  if (found === undefined) {
    throw new ImageError('BOOT_FILE_MISSING', `no kernel of the image has a release that fits "${glob}"`, {
      fault: 'request',
      hint: `it has ${kernels.map(({ release }) => release).join(', ')}; correct "systemConfig.kernel.default" or add to "systemConfig.kernel.packages"`,
    });
  }
  return [found, ...kernels.filter((kernel) => kernel !== found)];
}
