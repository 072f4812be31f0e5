import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EPOCH, fakeRunner, makeSystem, makeTree, type Tree } from '../imageos/image-fixture.test.helper.js';
import {
  argument,
  grubTools,
  HYBRID_PLAN,
  INITRAMFS_TREE,
  KERNEL_TREE,
  OLDER,
  RELEASE,
} from './boot.test.fixture.js';
import type { BootPlan } from './boot-plan.js';
import { installBootloader } from './install-bootloader.js';

async function install(boot: BootPlan = HYBRID_PLAN, tree = INITRAMFS_TREE) {
  const { image, rootfs } = makeSystem({ tree });
  const tools = grubTools();
  await installBootloader({ ...image, boot, tools: tools.image.runner });
  return {
    rootfs,
    calls: tools.calls,
    read: (path: string) => readFileSync(join(rootfs, path), 'utf8').trimEnd(),
  };
}

describe('installBootloader with GRUB', () => {
  it('installs both firmwares with one grub.cfg', async () => {
    const { read, rootfs, calls } = await install();
    expect(read('boot/efi/EFI/BOOT/BOOTX64.EFI')).toBe('image x86_64-efi');
    expect(read('boot/efi/EFI/debian/grubx64.efi')).toBe('image x86_64-efi');
    expect(read('boot/efi/EFI/debian/grub.cfg')).toContain('configfile $prefix/grub.cfg');
    expect(read('boot/grub/i386-pc/core.img')).toBe('image i386-pc');
    expect(read('boot/grub/grub.cfg')).toContain("menuentry 'Debian GNU/Linux 12 (bookworm)'");
    expect(read('etc/default/grub.d/50-image.cfg')).toContain('GRUB_TIMEOUT=2');
    expect(calls.map((call) => [call.program, argument(call, '-O'), argument(call, '-p')])).toEqual([
      ['/usr/bin/grub-mkimage', 'i386-pc', '/boot/grub'],
      ['/usr/bin/grub-mkimage', 'x86_64-efi', '/boot/grub'],
    ]);
    expect(calls[0]?.env).toEqual({ SOURCE_DATE_EPOCH: String(EPOCH) });
    expect(readdirSync(join(rootfs, 'boot/grub')).sort()).toEqual(['grub.cfg', 'i386-pc', 'x86_64-efi']);
  });

  it('puts the default kernel first, and waits as long as the template says', async () => {
    const { read } = await install({ ...HYBRID_PLAN, defaultKernel: OLDER, menuSeconds: 0 });
    const text = read('boot/grub/grub.cfg');
    expect(text).toContain('set timeout=0\n');
    expect([...text.matchAll(/--id '(\S+)'/g)].map(([, id]) => id)).toEqual([OLDER, RELEASE]);
  });

  it('copies modules and their indexes, and nothing else', async () => {
    const { rootfs } = await install();
    const modules = ['command.lst', 'ext2.mod', 'modinfo.sh', 'normal.mod', 'part_gpt.mod'];
    expect(readdirSync(join(rootfs, 'boot/grub/i386-pc')).sort()).toEqual(
      ['boot.img', ...modules, 'core.img'].sort(),
    );
    expect(readdirSync(join(rootfs, 'boot/grub/x86_64-efi')).sort()).toEqual([...modules, 'core.efi'].sort());
  });

  it('takes into the UEFI image the modules that the platform has', async () => {
    const { calls } = await install();
    expect(calls[1]?.args.slice(8)).toEqual(['part_gpt', 'ext2', 'normal']);
  });

  it('reads its files from a subvolume', async () => {
    const boot = { fsUuid: 'u', fsType: 'btrfs', mountPoint: '/', subvolume: '@' } as const;
    const { calls, read } = await install({ ...HYBRID_PLAN, boot });
    expect(calls.map((call) => argument(call, '-p'))).toEqual(['/@/boot/grub', '/@/boot/grub']);
    expect(calls[0]?.args).toContain('btrfs');
    expect(read('boot/grub/grub.cfg')).toMatch(/linux '\/@\/boot\/vmlinuz-/);
  });

  it.each<[BootPlan['table'], 'ext4' | 'vfat', string, string[]]>([
    ['gpt', 'ext4', '/', ['biosdisk', 'search_fs_uuid', 'ext2', 'part_gpt']],
    ['mbr', 'vfat', '/boot', ['biosdisk', 'search_fs_uuid', 'fat', 'part_msdos']],
  ])('makes a small core image for %s and %s', async (table, fsType, mountPoint, modules) => {
    const boot = { ...HYBRID_PLAN, firmware: ['bios'] as const, espMountPoint: undefined, table };
    const { calls, rootfs } = await install({ ...boot, boot: { fsUuid: 'u', fsType, mountPoint } });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args.slice(8)).toEqual(modules);
    expect(argument(calls[0], '-p')).toBe(mountPoint === '/' ? '/boot/grub' : '/grub');
    expect(existsSync(join(rootfs, 'boot/efi'))).toBe(false);
  });

  describe('in the rpm family', () => {
    const boot = { ...HYBRID_PLAN, grubFolder: '/boot/grub2' };
    const settings = '/etc/default/grub.d/50-image.cfg';
    const tree = {
      'etc/os-release': 'ID=azurelinux\n',
      'boot/vmlinuz-6.6': 'kernel',
      'lib/modules/6.6/x': '',
    };
    const root = { ...tree, 'boot/initramfs-6.6.img': 'initramfs', 'boot/grub2': null };

    async function installRpm(more: Tree = {}) {
      const { image, rootfs } = makeSystem({ tree: { ...root, ...more }, family: 'rpm' });
      const tools = grubTools('grub2-mkimage');
      await installBootloader({ ...image, boot, tools: tools.image.runner });
      expect(statSync(join(rootfs, 'boot/grub2/grub.cfg')).mode & 0o777).toBe(0o600);
      return { tools, read: (path: string) => readFileSync(join(rootfs, path), 'utf8') };
    }

    it('takes grub2-mkimage and keeps GRUB in /boot/grub2', async () => {
      const { tools, read } = await installRpm();
      expect(tools.calls.map((call) => [call.program, argument(call, '-O'), argument(call, '-p')])).toEqual([
        ['/usr/bin/grub2-mkimage', 'i386-pc', '/boot/grub2'],
        ['/usr/bin/grub2-mkimage', 'x86_64-efi', '/boot/grub2'],
      ]);
      expect(read('boot/grub2/grub.cfg')).toMatch(
        /linux '\/boot\/vmlinuz-6\.6' .*\n {2}initrd '\/boot\/initramfs-6\.6\.img'/,
      );
      expect(read('boot/efi/EFI/azurelinux/grubx64.efi').trimEnd()).toBe('image x86_64-efi');
    });

    it.each<[string, Tree, string | undefined]>([
      ['that reads one file', { 'usr/sbin/grub2-mkconfig': '. /etc/default/grub' }, ''],
      [
        'that reads one file of packages',
        { 'usr/sbin/grub2-mkconfig': '', 'etc/default/grub': 'A=1\n' },
        'A=1\n',
      ],
    ])('points a grub2-mkconfig %s to the settings of the image', async (_title, more, before) => {
      const { read } = await installRpm(more);
      expect(read(settings)).toContain('GRUB_TIMEOUT=2');
      expect(read('etc/default/grub')).toBe(
        `${before}for file in /etc/default/grub.d/*.cfg; do if [ -r "$file" ]; then . "$file"; fi; done\n`,
      );
    });

    it.each<[string, Tree]>([
      ['none', {}],
      ['one that reads the folder', { 'usr/sbin/grub2-mkconfig': 'for x in /etc/default/grub.d/*.cfg' }],
    ])('leaves /etc/default/grub alone with %s', async (_title, more) => {
      const { read } = await installRpm(more);
      expect(read(settings)).toContain('GRUB_TIMEOUT=2');
      expect(() => read('etc/default/grub')).toThrow('ENOENT');
    });

    it('leaves a file alone that reads the folder', async () => {
      const text = 'for x in /etc/default/grub.d/*.cfg; do . $x; done\n';
      const { read } = await installRpm({ 'usr/sbin/grub2-mkconfig': '', 'etc/default/grub': text });
      expect(read('etc/default/grub')).toBe(text);
    });
  });

  it('names the packages that are missing', async () => {
    const { image } = makeSystem({ tree: INITRAMFS_TREE });
    const build = (tree: Record<string, string>) =>
      installBootloader({ ...image, boot: HYBRID_PLAN, tools: fakeRunner(makeTree(tree)).runner });
    const pc = { 'usr/lib/grub/i386-pc/modinfo.sh': '' };
    const missing = (hint: string) => ({ code: 'BOOT_FILE_MISSING', hint: expect.stringContaining(hint) });
    await expect(build({})).rejects.toMatchObject(missing('package grub-pc-bin'));
    await expect(build(pc)).rejects.toMatchObject(missing('package grub-common'));
    const efi = { ...HYBRID_PLAN, firmware: ['uefi'] as const };
    await expect(
      installBootloader({ ...image, boot: efi, tools: fakeRunner(makeTree(pc)).runner }),
    ).rejects.toMatchObject(missing('package grub-efi-amd64-bin'));
    await expect(install(HYBRID_PLAN, KERNEL_TREE)).rejects.toMatchObject(
      missing('initramfs-tools or dracut'),
    );
  });
});
