import { describe, expect, it } from 'vitest';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { KERNEL_TREE, OLDER, RELEASE } from './boot.test.fixture.js';
import { findKernels } from './find-kernels.js';

describe('findKernels', () => {
  it('lists kernels newest first and passes over modules without a kernel', async () => {
    expect(await findKernels(makeTree(KERNEL_TREE))).toEqual([
      { release: RELEASE, image: `/boot/vmlinuz-${RELEASE}`, initramfs: `/boot/initrd.img-${RELEASE}` },
      { release: OLDER, image: `/boot/vmlinuz-${OLDER}`, initramfs: `/boot/initrd.img-${OLDER}` },
    ]);
  });

  it('knows the names of the rpm family', async () => {
    const tree = { 'lib/modules/6.6.1-1.azl3/vmlinuz': '' };
    expect(await findKernels(makeTree(tree))).toEqual([
      {
        release: '6.6.1-1.azl3',
        image: '/lib/modules/6.6.1-1.azl3/vmlinuz',
        initramfs: '/boot/initramfs-6.6.1-1.azl3.img',
      },
    ]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['Debian', { 'var/lib/dpkg/status': '' }, 'linux-image-amd64'],
    ['others', { 'lib/modules/6.1/modules.dep': '' }, 'add kernel to'],
  ])('names the package when there is no kernel: %s', async (_title, tree, hint) => {
    await expect(findKernels(makeTree(tree))).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      fault: 'request',
      hint: expect.stringContaining(hint),
    });
  });
});
