import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeRunner, makeSystem, makeTree, type Tree } from '../imageos/image-fixture.test.helper.js';
import { INITRAMFS_TREE, KERNEL_TREE, OLDER, RELEASE, UEFI_PLAN } from './boot.test.fixture.js';
import { installBootloader } from './install-bootloader.js';

const LOADER = 'usr/lib/systemd/boot/efi/systemd-bootx64.efi';

async function install(tree: Tree, chroot: Tree = {}, boot = UEFI_PLAN) {
  const { image, rootfs } = makeSystem({ tree });
  await installBootloader({ ...image, boot, tools: fakeRunner(makeTree(chroot)).runner });
  return (path: string) => readFileSync(join(rootfs, path), 'utf8');
}

describe('installBootloader with systemd-boot', () => {
  it('puts the loader, kernels and entries on the ESP', async () => {
    const read = await install({ ...INITRAMFS_TREE, [LOADER]: 'loader' });
    expect(read('boot/efi/EFI/BOOT/BOOTX64.EFI')).toBe('loader');
    expect(read('boot/efi/EFI/systemd/systemd-bootx64.efi')).toBe('loader');
    expect(read('boot/efi/loader/loader.conf')).toBe('timeout 2\nconsole-mode keep\n');
    expect(read('boot/efi/loader/entries.srel')).toBe('type1\n');
    expect(read(`boot/efi/debian/${RELEASE}/linux`)).toBe('kernel');
    expect(read(`boot/efi/debian/${OLDER}/initrd.img-${OLDER}`)).toBe('older initramfs');
    expect(read(`boot/efi/loader/entries/debian-${RELEASE}.conf`)).toBe(
      [
        'title      Debian GNU/Linux 12 (bookworm)',
        `version    ${RELEASE}`,
        'sort-key   debian',
        'options    root=PARTUUID=1234 rw console=tty0 console=ttyS1,57600n8 quiet',
        `linux      /debian/${RELEASE}/linux`,
        `initrd     /debian/${RELEASE}/initrd.img-${RELEASE}`,
        '',
      ].join('\n'),
    );
  });

  it('tells kernel-install to go on like this', async () => {
    const read = await install({ ...INITRAMFS_TREE, [LOADER]: 'loader' });
    expect(read('etc/kernel/cmdline')).toBe(`${UEFI_PLAN.commandLine}\n`);
    expect(read('etc/kernel/entry-token')).toBe('debian\n');
    expect(read('etc/kernel/install.conf')).toBe('layout=bls\nBOOT_ROOT=/boot/efi\n');
    expect(() => read('boot/efi/loader/random-seed')).toThrow('ENOENT');
  });

  it.each<[string, Tree, Tree, string]>([
    ['the signed one', { [LOADER]: 'plain', [`${LOADER}.signed`]: 'signed' }, {}, 'signed'],
    ['the one of the image', { [LOADER]: 'image' }, { [`${LOADER}.signed`]: 'chroot' }, 'image'],
    ['the one of the chroot environment', {}, { [LOADER]: 'chroot' }, 'chroot'],
  ])('takes %s first', async (_title, tree, chroot, expected) => {
    const read = await install({ ...INITRAMFS_TREE, ...tree }, chroot);
    expect(read('boot/efi/EFI/BOOT/BOOTX64.EFI')).toBe(expected);
  });

  it('knows the names of aarch64', async () => {
    const tree = { ...INITRAMFS_TREE, 'usr/lib/systemd/boot/efi/systemd-bootaa64.efi': 'arm' };
    const read = await install(tree, {}, { ...UEFI_PLAN, arch: 'aarch64' });
    expect(read('boot/efi/EFI/BOOT/BOOTAA64.EFI')).toBe('arm');
  });

  it('makes plain files, whatever the mode of the originals', async () => {
    const { image, rootfs } = makeSystem({ tree: { ...INITRAMFS_TREE, [LOADER]: '' } });
    await installBootloader({ ...image, boot: UEFI_PLAN, tools: fakeRunner('/').runner });
    expect(statSync(join(rootfs, `boot/efi/debian/${RELEASE}/linux`)).mode & 0o777).toBe(0o644);
    expect(existsSync(join(rootfs, 'boot/grub'))).toBe(false);
  });

  it.each<[string, Tree, RegExp, RegExp]>([
    ['the loader', INITRAMFS_TREE, /systemd-boot is missing.*systemd-bootx64\.efi/, /package systemd-boot/],
    [
      'an initramfs',
      { ...KERNEL_TREE, [LOADER]: '' },
      new RegExp(`initramfs of kernel ${RELEASE} is missing`),
      /initramfs-tools or dracut/,
    ],
  ])('names the package when %s is missing', async (_title, tree, message, hint) => {
    await expect(install(tree)).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      fault: 'request',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
