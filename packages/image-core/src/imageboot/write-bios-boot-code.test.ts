import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { biosBootCode } from './bios-boot-code.js';
import { HYBRID_PLAN, UEFI_PLAN } from './boot.test.fixture.js';
import { writeBiosBootCode } from './write-bios-boot-code.js';

const MIB = 1024 ** 2;
const BOOT_IMAGE = Buffer.alloc(512, 0xb0);
BOOT_IMAGE.writeUInt16LE(0xaa55, 510);
const coreOf = (length: number) => Buffer.alloc(length, 0xc0);
const hex = (bytes: Buffer, start: number, end: number) => bytes.subarray(start, end).toString('hex');

describe('biosBootCode', () => {
  it('points the boot sector at the core image and leaves the rest', () => {
    const { master } = biosBootCode(BOOT_IMAGE, coreOf(2000), MIB);
    expect(master).toHaveLength(440);
    expect(hex(master, 0x5c, 0x64)).toBe('0008000000000000');
    expect(hex(master, 0x66, 0x68)).toBe('9090');
    const others = Buffer.from(BOOT_IMAGE.subarray(0, 440));
    others.set(master.subarray(0x5c, 0x64), 0x5c);
    others.set([0x90, 0x90], 0x66);
    expect(master).toEqual(others);
  });

  // start u64, length u16, segment u16; then the code that follows, unchanged.
  it.each([
    ['behind an MBR', 512, 2000, '0200000000000000' + '0300' + '2008'],
    ['in whole sectors', MIB, 28 * 1024, '0108000000000000' + '3700' + '2008'],
    ['one byte over', MIB, 28 * 1024 + 1, '0108000000000000' + '3800' + '2008'],
    ['beyond 2 TiB', 2 ** 41 + 512, 1024, '0200000001000000' + '0100' + '2008'],
  ])('points the core image at its rest: %s', (_title, start, length, list) => {
    const { core } = biosBootCode(BOOT_IMAGE, coreOf(length), start);
    expect(hex(core, 0x1f4, 0x200)).toBe(list);
    expect(core.length).toBe(Math.ceil(length / 512) * 512);
    expect(core.subarray(0, 0x1f4)).toEqual(coreOf(0x1f4));
    expect(core.subarray(512, length)).toEqual(coreOf(length - 512));
    expect(core.subarray(length).every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['a boot sector that is cut', BOOT_IMAGE.subarray(1), coreOf(2000), /boot\.img is no boot sector/],
    ['one without its signature', Buffer.alloc(512), coreOf(2000), /boot\.img is no boot sector/],
    ['a core image of one sector', BOOT_IMAGE, coreOf(512), /core\.img is no GRUB core image/],
    ['one of more than 65,535', BOOT_IMAGE, coreOf(65_537 * 512), /core\.img is no GRUB core image/],
  ])('refuses %s', (_title, boot, core, message) => {
    expect(() => biosBootCode(boot, core, MIB)).toThrow(
      expect.objectContaining({ code: 'IMAGE_FAILED', message: expect.stringMatching(message) }),
    );
  });
});

describe('writeBiosBootCode', () => {
  function prepare(coreLength = 2000) {
    const rootfs = makeTree({ 'boot/grub/i386-pc': null });
    writeFileSync(join(rootfs, 'boot/grub/i386-pc/boot.img'), BOOT_IMAGE);
    writeFileSync(join(rootfs, 'boot/grub/i386-pc/core.img'), coreOf(coreLength));
    const image = join(rootfs, 'disk.raw');
    writeFileSync(image, Buffer.alloc(4096, 0x11));
    truncateSync(image, 2 * MIB);
    return { rootfs, image };
  }

  it('leaves the disk id, the tables and the partitions', async () => {
    const { rootfs, image } = prepare();
    await writeBiosBootCode(image, { plan: HYBRID_PLAN, rootfs });
    const { master, core } = biosBootCode(BOOT_IMAGE, coreOf(2000), MIB);
    const disk = readFileSync(image);
    expect(disk.length).toBe(2 * MIB);
    expect(disk.subarray(0, 440)).toEqual(master);
    expect(disk.subarray(440, 4096).equals(Buffer.alloc(4096 - 440, 0x11))).toBe(true);
    expect(disk.subarray(MIB, MIB + core.length)).toEqual(core);
    expect(disk.subarray(MIB + core.length).equals(Buffer.alloc(MIB - core.length))).toBe(true);
  });

  it('does nothing without BIOS', async () => {
    const { rootfs, image } = prepare();
    const before = readFileSync(image);
    await writeBiosBootCode(image, { plan: UEFI_PLAN, rootfs });
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  it.each<['gpt' | 'mbr', RegExp]>([
    ['gpt', /64\.5 KiB, and the BIOS boot partition has 64 KiB/],
    ['mbr', /64\.5 KiB, and the gap behind the MBR has 64 KiB/],
  ])('refuses a core image that does not fit on %s, and writes nothing', async (table, message) => {
    const { rootfs, image } = prepare(64 * 1024 + 1);
    await expect(writeBiosBootCode(image, { plan: { ...HYBRID_PLAN, table }, rootfs })).rejects.toMatchObject(
      {
        code: 'BOOT_UNSUPPORTED',
        fault: 'request',
        message: expect.stringMatching(message),
      },
    );
    expect(readFileSync(image)[0]).toBe(0x11);
  });

  it('names the package that brings the images', async () => {
    const rootfs = makeTree();
    await expect(writeBiosBootCode('/nowhere', { plan: HYBRID_PLAN, rootfs })).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      hint: expect.stringContaining('grub-pc-bin'),
    });
  });
});
