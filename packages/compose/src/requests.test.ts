import type { ImageConfig } from '@ic/toolchain';
import { expect, it } from 'vitest';
import { chrootRequest, imageRequest } from './requests.js';

const image = (kernel: Partial<ImageConfig['system']['kernel']>) =>
  ({
    system: { packages: ['a', 'b*'], excludePackages: ['c'], recommends: true, kernel },
  }) as unknown as ImageConfig;

it.each([
  [{ packages: [] }, ['a', 'b*']],
  [{ packages: ['linux-image-amd64'] }, ['a', 'b*', 'linux-image-amd64']],
  [{ packages: ['linux-image-amd64'], version: '6.1' }, ['a', 'b*', 'linux-image-amd64=6.1*']],
  [{ packages: ['k1', 'k2'], version: '6' }, ['a', 'b*', 'k1=6*', 'k2=6*']],
  [{ packages: ['k1=6.1.99-1', 'k2'], version: '6' }, ['a', 'b*', 'k1=6.1.99-1', 'k2=6*']],
  [{ packages: [], version: '6.1' }, ['a', 'b*']],
])('with the kernel %j an image asks for %j', (kernel, packages) => {
  expect(imageRequest(image(kernel))).toEqual({ packages, exclude: ['c'], recommends: true });
});

it('the chroot environment is the target’s tools, whatever the image leaves out', () => {
  const config = { ...image({}), target: { chrootPackages: ['mtools'] } } as unknown as ImageConfig;
  expect(chrootRequest(config)).toEqual({ packages: ['mtools'], exclude: [], recommends: false });
});
