import type { BootloaderConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { MIB } from '../imagedisk/disk.test.fixture.js';
import { configOf, diskOf, type PARTITIONS } from './boot.test.fixture.js';
import { planBoot } from './plan-boot.js';

type Names = readonly (keyof typeof PARTITIONS)[];
const at = (bootType: BootloaderConfig['bootType'], provider: BootloaderConfig['provider'] = 'grub') => ({
  bootType,
  provider,
});

describe('planBoot', () => {
  it.each<[string, ReturnType<typeof at>, Names, 'gpt' | 'mbr', object]>([
    [
      'systemd-boot on the ESP',
      at('efi', 'systemd-boot'),
      ['esp', 'root'],
      'gpt',
      { loader: 'systemd-boot', firmware: ['uefi'], espMountPoint: '/boot/efi', biosCore: undefined },
    ],
    ['UEFI from an MBR', at('efi'), ['esp', 'root'], 'mbr', { firmware: ['uefi'], table: 'mbr' }],
    [
      'BIOS with the core image in its partition',
      at('legacy'),
      ['bios', 'root'],
      'gpt',
      { firmware: ['bios'], espMountPoint: undefined, biosCore: { start: MIB, size: 64 * MIB } },
    ],
    [
      'BIOS with the core image behind the MBR',
      at('legacy'),
      ['root'],
      'mbr',
      { firmware: ['bios'], biosCore: { start: 512, size: MIB - 512 } },
    ],
    [
      'both',
      at('hybrid'),
      ['bios', 'esp', 'root'],
      'gpt',
      { firmware: ['uefi', 'bios'], espMountPoint: '/boot/efi', biosCore: { start: MIB, size: 64 * MIB } },
    ],
  ])('plans %s', (_title, bootloader, names, table, expected) => {
    expect(planBoot(configOf(bootloader), diskOf(names, table))).toMatchObject(expected);
  });

  it('refuses a /boot that nothing can be written to', () => {
    const disk = diskOf(['esp', 'root', 'boot']);
    const partitions = disk.partitions.map((one) =>
      one.mountPoint === '/boot' ? { ...one, fsType: 'erofs' as const } : one,
    );
    expect(() => planBoot(configOf(at('efi')), { ...disk, partitions })).toThrow(
      expect.objectContaining({
        code: 'BOOT_UNSUPPORTED',
        fault: 'request',
        message: expect.stringContaining('its file system is erofs'),
      }),
    );
  });

  it.each<[Names, string]>([
    [['esp', 'root'], '/'],
    [['esp', 'root', 'boot'], '/boot'],
  ])('finds the file system with /boot among %j', (names, mountPoint) => {
    const disk = diskOf(names);
    const partition = disk.partitions.find((each) => each.mountPoint === mountPoint);
    expect(planBoot(configOf(at('efi')), disk).boot).toEqual({
      fsUuid: partition?.fsUuid,
      fsType: 'ext4',
      mountPoint,
    });
  });

  it('finds the subvolume with /boot, and tells the kernel that of the root', () => {
    const disk = diskOf(['esp', 'root']);
    const planned = (...subvolumes: { name: string; mountPoint: string }[]) => {
      const partitions = disk.partitions.map((one) =>
        one.mountPoint === '/' ? { ...one, fsType: 'btrfs' as const, subvolumes } : one,
      );
      return planBoot(configOf(at('efi'), 'quiet'), { ...disk, partitions });
    };
    const root = { name: '@', mountPoint: '/' };
    expect(planned(root)).toMatchObject({
      boot: { fsType: 'btrfs', mountPoint: '/', subvolume: '@' },
      commandLine: expect.stringMatching(/^root=PARTUUID=\S+ rw rootflags=subvol=@ quiet$/),
    });
    const boot = { name: '@boot', mountPoint: '/boot' };
    expect(planned(root, boot).boot).toMatchObject({ mountPoint: '/boot', subvolume: '@boot' });
    expect(planned().commandLine).not.toContain('rootflags');
  });

  it('lets memory lie over a read-only root, where initramfs-tools is', () => {
    const disk = diskOf(['esp', 'root']);
    const partitions = disk.partitions.map((one) =>
      one.mountPoint === '/' ? { ...one, fsType: 'erofs' as const } : one,
    );
    const config = configOf(at('efi', 'systemd-boot'), 'quiet');
    const boot = planBoot(config, { ...disk, partitions });
    expect(boot).toMatchObject({
      volatileRoot: true,
      boot: undefined,
      commandLine: expect.stringMatching(/ rw systemd\.volatile=overlay quiet$/),
    });
    const rpm = { ...config, target: { ...config.target, family: 'rpm' as const } };
    expect(() => planBoot(rpm, { ...disk, partitions })).toThrow(/prepared by initramfs-tools/);
  });

  it('makes one file of the kernel where the template wants that', () => {
    const config = configOf(at('efi', 'systemd-boot'));
    const kernel = { ...config.system.kernel, uki: true };
    const unified = { ...config, system: { ...config.system, kernel } };
    expect(planBoot(config, diskOf(['esp', 'root'])).unified).toBe(false);
    expect(planBoot(unified, diskOf(['esp', 'root'])).unified).toBe(true);
  });

  it('takes over what the template says of menus and kernels', () => {
    const config = configOf(at('efi'));
    const { kernel, bootloader } = config.system;
    const system = {
      ...config.system,
      kernel: { ...kernel, default: '6.1.*', splash: '/splash.bmp' },
      bootloader: { ...bootloader, timeout: 7, bootCounting: 3, shim: true },
    };
    const disk = diskOf(['esp', 'root', 'boot']);
    expect(planBoot({ ...config, system }, disk)).toMatchObject({
      ...{ defaultKernel: '6.1.*', splash: '/splash.bmp', menuSeconds: 7, tries: 3, shim: true },
      rootFsUuid: disk.partitions.find(({ mountPoint }) => mountPoint === '/')?.fsUuid,
    });
  });

  it('keeps GRUB where the package family does', () => {
    const config = configOf(at('efi'));
    const rpm = { ...config, target: { ...config.target, family: 'rpm' as const } };
    expect(planBoot(config, diskOf(['esp', 'root'])).grubFolder).toBe('/boot/grub');
    expect(planBoot(rpm, diskOf(['esp', 'root'])).grubFolder).toBe('/boot/grub2');
  });

  it.each<[string, string, Names]>([
    ['', 'root=PARTUUID=@ rw', ['esp', 'root']],
    ['  quiet\n  console=ttyS0 \n', 'root=PARTUUID=@ rw quiet console=ttyS0', ['esp', 'root']],
    ['quiet', 'root=PARTUUID=@ ro quiet', ['esp', 'rootReadOnly']],
    ['rw', 'root=PARTUUID=@ rw', ['esp', 'rootReadOnly']],
    ['ro', 'root=PARTUUID=@ ro', ['esp', 'root']],
    ['root=LABEL=x rootwait', 'rw root=LABEL=x rootwait', ['esp', 'root']],
    ['nonroot=1 row', 'root=PARTUUID=@ rw nonroot=1 row', ['esp', 'root']],
  ])('turns the command line %j into %j', (cmdline, expected, names) => {
    const disk = diskOf(names);
    const root = disk.partitions.find(({ mountPoint }) => mountPoint === '/');
    expect(planBoot(configOf(at('efi'), cmdline), disk).commandLine).toBe(
      expected.replace('@', root?.partUuid ?? 'none'),
    );
  });

  it.each<[string, ReturnType<typeof at>, Names, RegExp]>([
    ['UEFI without an ESP', at('efi'), ['root'], /no EFI system partition/],
    ['an ESP that is not mounted', at('efi'), ['espUnmounted', 'root'], /"esp" has no mount point/],
    ['a GPT without a BIOS boot partition', at('legacy'), ['root'], /no BIOS boot partition/],
    ['a hybrid without one', at('hybrid'), ['esp', 'root'], /no BIOS boot partition/],
    ['systemd-boot under BIOS', at('legacy', 'systemd-boot'), ['bios', 'root'], /started by UEFI alone/],
    [
      'systemd-boot in a hybrid',
      at('hybrid', 'systemd-boot'),
      ['bios', 'esp', 'root'],
      /started by UEFI alone/,
    ],
  ])('refuses %s', (_title, bootloader, names, message) => {
    expect(() => planBoot(configOf(bootloader), diskOf(names))).toThrow(
      expect.objectContaining({
        code: 'BOOT_UNSUPPORTED',
        fault: 'request',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/./),
      }),
    );
  });

  it('refuses BIOS where there is none', () => {
    const config = configOf(at('legacy'));
    const arm = { ...config, target: { ...config.target, arch: 'aarch64' as const } };
    expect(() => planBoot(arm, diskOf(['bios', 'root']))).toThrow(/aarch64 machines have none/);
  });

  it('refuses an MBR whose first partition leaves no gap', () => {
    const disk = diskOf(['root'], 'mbr');
    const partitions = disk.partitions.map((partition) => ({ ...partition, start: 63 * 512 }));
    expect(() => planBoot(configOf(at('legacy')), { ...disk, partitions })).toThrow(/31 KiB behind the MBR/);
  });

  it('refuses a disk without a root file system', () => {
    const disk = diskOf(['esp', 'root']);
    const partitions = disk.partitions.filter(({ mountPoint }) => mountPoint !== '/');
    expect(() => planBoot(configOf(at('efi')), { ...disk, partitions })).toThrow(
      /no partition is mounted at \//,
    );
  });
});
