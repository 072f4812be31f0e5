import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSystem } from '../imageos/image-fixture.test.helper.js';
import { configOf, diskOf, grubTools, KERNEL_TREE } from './boot.test.fixture.js';
import { buildInitramfs } from './build-initramfs.js';
import { installBootloader } from './install-bootloader.js';
import { planBoot } from './plan-boot.js';
import { writeBiosBootCode } from './write-bios-boot-code.js';

it('the example of the README works', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const code = /```ts\n(import [^`]*buildInitramfs[^`]*)```/.exec(readme)?.[1] ?? '';
  const plan = diskOf(['bios', 'esp', 'root']);
  const config = configOf({ bootType: 'hybrid', provider: 'grub' });
  const { image: system, rootfs } = makeSystem({
    tree: { ...KERNEL_TREE, 'usr/sbin/mkinitramfs': '', 'disk.raw': '' },
    answer: ({ args }) => {
      writeFileSync(join(rootfs, args[1] ?? ''), 'initramfs');
      return '';
    },
  });
  const chroot = grubTools();
  const bootSector = Buffer.alloc(512);
  bootSector.writeUInt16LE(0xaa55, 510);
  writeFileSync(join(chroot.rootfs, 'usr/lib/grub/i386-pc/boot.img'), bootSector);
  const names = {
    ...{ buildInitramfs, installBootloader, planBoot, writeBiosBootCode },
    ...{ config, plan, rootfs, image: join(rootfs, 'disk.raw') },
    ...{ runner: system.runner, tools: chroot.image.runner, epoch: 0, context: system.context },
  };
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction(...Object.keys(names), code.replace(/^import .*\n/gm, ''))(...Object.values(names));
  expect(existsSync(join(rootfs, 'boot/efi/EFI/BOOT/BOOTX64.EFI'))).toBe(true);
  expect(readFileSync(names.image).readBigUInt64LE(0x5c)).toBe(2048n);
});
