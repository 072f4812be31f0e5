import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem, type Tree } from '../imageos/image-fixture.test.helper.js';
import { grubTools, HYBRID_PLAN, INITRAMFS_TREE } from './boot.test.fixture.js';
import type { BootPlan } from './boot-plan.js';
import { grubStubConfig } from './grub-config.js';
import { installBootloader } from './install-bootloader.js';
import { installShim } from './install-shim.js';

const SHIM: BootPlan = { ...HYBRID_PLAN, shim: true };

/** What the packages of a target bring, for processors that UEFI calls `suffix`. */
function signed(suffix: string, platform: string): Tree {
  return {
    [`usr/lib/shim/shim${suffix}.efi.signed`]: 'shim',
    [`usr/lib/shim/mm${suffix}.efi.signed`]: 'keys',
    [`usr/lib/shim/fb${suffix}.efi.signed`]: 'fallback',
    [`usr/lib/grub/${platform}-signed/grub${suffix}.efi.signed`]: 'MZ\0/EFI/other\0grub',
  };
}

describe('installShim', () => {
  it('puts the signed programs where firmware and their vendor look for them', async () => {
    const { image, rootfs } = makeSystem({ tree: { ...INITRAMFS_TREE, ...signed('x64', 'x86_64-efi') } });
    const tools = grubTools();
    await installBootloader({ ...image, boot: SHIM, tools: tools.image.runner });
    const read = (path: string) => readFileSync(join(rootfs, 'boot/efi/EFI', path), 'utf8');
    expect(read('BOOT/BOOTX64.EFI')).toBe('shim');
    expect(read('BOOT/mmx64.efi')).toBe('keys');
    expect(read('BOOT/fbx64.efi')).toBe('fallback');
    expect(read('BOOT/grubx64.efi')).toMatch(/grub$/);
    expect(readdirSync(join(rootfs, 'boot/efi/EFI')).sort()).toEqual(['BOOT', 'other']);
    expect(readdirSync(join(rootfs, 'boot/efi/EFI/other')).sort()).toEqual(
      ['BOOTX64.CSV', 'fbx64.efi', 'grub.cfg', 'grubx64.efi', 'mmx64.efi', 'shimx64.efi'].sort(),
    );
    expect(read('other/grub.cfg')).toBe(grubStubConfig(SHIM));
    expect(readFileSync(join(rootfs, 'boot/efi/EFI/other/BOOTX64.CSV')).toString('utf16le')).toBe(
      'shimx64.efi,other,,This is the boot entry for other\n',
    );
    // No GRUB of our own for UEFI, which nobody has signed.
    expect(tools.calls.map(({ args }) => args[1])).toEqual(['i386-pc']);
    expect(existsSync(join(rootfs, 'boot/grub/x86_64-efi/normal.mod'))).toBe(true);
  });

  it('knows the names of aarch64', async () => {
    const { image, rootfs } = makeSystem({ tree: signed('aa64', 'arm64-efi') });
    const boot: BootPlan = { ...SHIM, arch: 'aarch64' };
    await installShim({ ...image, boot, tools: image.runner }, '/esp');
    expect(readdirSync(join(rootfs, 'esp/EFI/BOOT')).sort()).toEqual(
      ['BOOTAA64.EFI', 'fbaa64.efi', 'grubaa64.efi', 'mmaa64.efi'].sort(),
    );
    expect(existsSync(join(rootfs, 'esp/EFI/other/BOOTAA64.CSV'))).toBe(true);
  });

  it.each(['shimx64.efi', 'grubx64.efi', 'mmx64.efi', 'fbx64.efi'])(
    'names the packages without %s',
    async (name) => {
      const tree = Object.fromEntries(
        Object.entries(signed('x64', 'x86_64-efi')).filter(([path]) => !path.includes(name)),
      );
      const { image } = makeSystem({ tree });
      await expect(installShim({ ...image, boot: SHIM, tools: image.runner }, '/esp')).rejects.toMatchObject({
        code: 'BOOT_FILE_MISSING',
        message: expect.stringContaining(name),
        hint: expect.stringContaining('shim-signed'),
      });
    },
  );
});
