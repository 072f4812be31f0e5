import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeRunner, makeSystem, makeTree, type Tree } from '../imageos/image-fixture.test.helper.js';
import { INITRAMFS_TREE, KERNEL_TREE, OLDER, RELEASE, UEFI_PLAN } from './boot.test.fixture.js';
import type { BootPlan } from './boot-plan.js';
import { installBootloader } from './install-bootloader.js';
import { readPe, sectionContent } from './pe.js';
import { makePe } from './pe.test.fixture.js';

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

  it('counts boots where the device can tell a good one', async () => {
    const tree = { ...INITRAMFS_TREE, [LOADER]: '', 'usr/lib/systemd/systemd-bless-boot': '' };
    const read = await install(tree, {}, { ...UEFI_PLAN, tries: 3, menuSeconds: 7 });
    expect(read('boot/efi/loader/loader.conf')).toBe('timeout 7\nconsole-mode keep\n');
    expect(read(`boot/efi/loader/entries/debian-${OLDER}+3.conf`)).toContain(`version    ${OLDER}\n`);
    expect(read('etc/kernel/tries')).toBe('3\n');
    await expect(
      install({ ...INITRAMFS_TREE, [LOADER]: '' }, {}, { ...UEFI_PLAN, tries: 3 }),
    ).rejects.toMatchObject({ code: 'BOOT_FILE_MISSING', hint: expect.stringContaining('systemd-boot') });
  });

  it('tells systemd-boot which kernel to start', async () => {
    const tree = { ...INITRAMFS_TREE, [LOADER]: '' };
    const read = await install(tree, {}, { ...UEFI_PLAN, defaultKernel: '6.1.0-9-*' });
    expect(read('boot/efi/loader/loader.conf')).toContain('\ndefault debian-6.1.0-9-*.*\n');
    await expect(install(tree, {}, { ...UEFI_PLAN, defaultKernel: '6.2*' })).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
    });
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

describe('installBootloader with unified kernel images', () => {
  const STUB = 'usr/lib/systemd/boot/efi/linuxx64.efi.stub';
  const KERNEL = makePe({ sections: [{ name: '.text', content: Buffer.from('kernel') }] });
  const UNIFIED = { ...UEFI_PLAN, unified: true };

  async function installUnified(
    files: Readonly<Record<string, Buffer>>,
    tree: Tree = {},
    boot: Partial<BootPlan> = {},
  ) {
    const { image, rootfs } = makeSystem({ tree: { ...INITRAMFS_TREE, [LOADER]: 'loader', ...tree } });
    const chroot = makeTree();
    for (const [path, bytes] of Object.entries(files)) {
      const file = path.startsWith('chroot/') ? join(chroot, path.slice(7)) : join(rootfs, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    await installBootloader({ ...image, boot: { ...UNIFIED, ...boot }, tools: fakeRunner(chroot).runner });
    return { rootfs, read: (path: string) => readFileSync(join(rootfs, path)) };
  }
  const kernels = { [`boot/vmlinuz-${RELEASE}`]: KERNEL, [`boot/vmlinuz-${OLDER}`]: KERNEL };

  it.each(['', 'chroot/'])('makes one of each kernel, with the stub of %s/usr', async (place) => {
    const { rootfs, read } = await installUnified({ ...kernels, [`${place}${STUB}`]: makePe() });
    expect(readdirSync(join(rootfs, 'boot/efi/EFI/Linux')).sort()).toEqual(
      [`debian-${OLDER}.efi`, `debian-${RELEASE}.efi`].sort(),
    );
    const bytes = read(`boot/efi/EFI/Linux/debian-${RELEASE}.efi`);
    const content = (name: string) => sectionContent(bytes, readPe(bytes, 'it'), name);
    expect(content('.linux')).toEqual(KERNEL);
    expect(content('.initrd')?.toString()).toBe('initramfs');
    expect(content('.cmdline')?.toString()).toBe(UEFI_PLAN.commandLine);
    expect(content('.uname')?.toString()).toBe(RELEASE);
    expect(content('.osrel')?.toString()).toBe(INITRAMFS_TREE['etc/os-release']);
    expect(existsSync(join(rootfs, 'boot/efi/loader/entries'))).toBe(false);
    expect(existsSync(join(rootfs, 'boot/efi/debian'))).toBe(false);
    expect(statSync(join(rootfs, `boot/efi/EFI/Linux/debian-${OLDER}.efi`)).mode & 0o777).toBe(0o644);
  });

  it.each<[string, Tree, string]>([
    ['ukify', { 'usr/lib/kernel/install.d/60-ukify.install': '' }, 'layout=uki\nuki_generator=ukify\n'],
    ['no ukify', {}, 'layout=bls\n'],
  ])('lets kernel-install go on as it can with %s', async (_title, tree, layout) => {
    const { read } = await installUnified({ ...kernels, [STUB]: makePe() }, tree);
    expect(read('etc/kernel/install.conf').toString()).toBe(`${layout}BOOT_ROOT=/boot/efi\n`);
    expect(read('etc/kernel/cmdline').toString()).toBe(`${UEFI_PLAN.commandLine}\n`);
  });

  const UKIFY = { 'usr/lib/kernel/install.d/60-ukify.install': '' };

  it('shows a picture, on the device too', async () => {
    const splash = join(makeTree({ picture: 'BM picture' }), 'picture');
    const { read } = await installUnified({ ...kernels, [STUB]: makePe() }, UKIFY, { splash });
    const bytes = read(`boot/efi/EFI/Linux/debian-${RELEASE}.efi`);
    expect(sectionContent(bytes, readPe(bytes, 'it'), '.splash')?.toString()).toBe('BM picture');
    expect(read('etc/kernel/uki.conf').toString()).toBe('[UKI]\nSplash=/etc/kernel/splash.bmp\n');
    expect(read('etc/kernel/splash.bmp').toString()).toBe('BM picture');
  });

  it('lets entries come before unified kernel images where the next kernels have such', async () => {
    const config = async (tree: Tree, boot: Partial<BootPlan> = {}) =>
      (await installUnified({ ...kernels, [STUB]: makePe() }, tree, boot))
        .read('boot/efi/loader/loader.conf')
        .toString();
    expect(await config({})).toContain('\ndefault debian-*.conf\n');
    expect(await config({}, { defaultKernel: '6.1.*' })).toContain('\ndefault debian-6.1.*.*\n');
    expect(await config(UKIFY)).not.toContain('default');
  });

  it('counts boots where the next kernel is unified too', async () => {
    const tree = { 'usr/lib/systemd/systemd-bless-boot': '' };
    const build = (more: Tree) =>
      installUnified({ ...kernels, [STUB]: makePe() }, { ...tree, ...more }, { tries: 2 });
    const { rootfs } = await build(UKIFY);
    expect(readdirSync(join(rootfs, 'boot/efi/EFI/Linux')).sort()).toEqual(
      [`debian-${OLDER}+2.efi`, `debian-${RELEASE}+2.efi`].sort(),
    );
    await expect(build({})).rejects.toMatchObject({
      code: 'BOOT_UNSUPPORTED',
      fault: 'request',
      hint: expect.stringContaining('systemd-ukify'),
    });
  });

  it('names the package that brings the stub, and a kernel that UEFI could not start', async () => {
    await expect(installUnified(kernels)).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      hint: expect.stringContaining('systemd-boot-efi'),
    });
    await expect(installUnified({ [STUB]: makePe() })).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringContaining(`the kernel ${RELEASE} is no UEFI program`),
    });
  });
});
