import { describe, expect, it } from 'vitest';
import { defaultFirst } from './default-kernel.js';

const RELEASES = ['6.12.117+deb12-cloud-amd64', '6.1.0-56-rt-amd64', '6.1.0-56-amd64', '6.1.0-9-amd64'];
const KERNELS = RELEASES.map((release) => ({ release, image: '', initramfs: '' }));

describe('defaultFirst', () => {
  it.each<[string | undefined, string]>([
    [undefined, '6.12.117+deb12-cloud-amd64'],
    ['*', '6.12.117+deb12-cloud-amd64'],
    ['6.1.*', '6.1.0-56-rt-amd64'],
    ['6.1.0-?-amd64', '6.1.0-9-amd64'],
    ['6.1.0-56-amd64', '6.1.0-56-amd64'],
    ['*+deb12-*', '6.12.117+deb12-cloud-amd64'],
  ])('%s is %s', (glob, expected) => {
    const [first, ...others] = defaultFirst(KERNELS, glob).map(({ release }) => release);
    expect(first).toBe(expected);
    expect(others).toEqual(RELEASES.filter((release) => release !== expected));
  });

  it.each(['6.1', '*-arm64', '6_1*'])('names what there is when nothing fits %s', (glob) => {
    expect(() => defaultFirst(KERNELS, glob)).toThrow(
      expect.objectContaining({
        code: 'BOOT_FILE_MISSING',
        fault: 'request',
        message: expect.stringContaining(glob),
        hint: expect.stringContaining('6.1.0-56-rt-amd64'),
      }),
    );
  });
});
