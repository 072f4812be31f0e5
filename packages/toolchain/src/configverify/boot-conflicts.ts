import type { DiskConfig, SystemConfig } from '../config/image-config.js';
import type { Report } from './report.js';

/** Whether the disk has what the way of booting needs. Pure. */
export function checkBoot(
  { bootloader, kernel }: Pick<SystemConfig, 'bootloader' | 'kernel'>,
  disk: DiskConfig,
  report: Report,
): void {
  const { bootType, provider } = bootloader;
  const conflict = (message: string, hint: string) =>
    report.add(['disk', 'partitions'], message, { code: 'TEMPLATE_CONFLICT', hint });
  if (provider === 'systemd-boot' && bootType !== 'efi') {
    report.add(
      ['systemConfig', 'bootloader', 'bootType'],
      `systemd-boot starts under UEFI alone, it cannot do bootType: ${bootType}`,
      { code: 'TEMPLATE_CONFLICT', hint: 'write provider: grub beside bootType' },
    );
  }
  checkLoaderKeys({ bootloader, kernel }, report);
  if (kernel.uki && provider === 'grub') {
    report.add(
      ['systemConfig', 'bootloader'],
      'a unified kernel image is started by systemd-boot, and this template boots by GRUB',
      {
        code: 'TEMPLATE_CONFLICT',
        hint: 'write uki: false in "systemConfig.kernel", or provider: systemd-boot',
      },
    );
  }
  const esp = disk.partitions.find(({ type }) => type === 'esp');
  if (bootType !== 'legacy' && esp === undefined) {
    conflict(
      `bootType: ${bootType} needs an EFI system partition, and there is none`,
      'add { id: esp, type: esp, fsType: vfat, start: 1MiB, end: 513MiB, mountPoint: /boot/efi }',
    );
  }
  if (bootType !== 'legacy' && esp !== undefined && esp.fsType !== 'vfat') {
    conflict(
      `firmware reads FAT alone, and the EFI system partition "${esp.id}" is not`,
      'give it fsType: vfat',
    );
  }
  if (bootType !== 'legacy' && esp !== undefined && esp.mountPoint === undefined) {
    conflict(
      `the EFI system partition "${esp.id}" is mounted nowhere, so the boot loader has no place to go`,
      'give it mountPoint: /boot/efi',
    );
  }
  if (bootType === 'hybrid' && disk.partitionTableType === 'mbr') {
    report.add(['disk', 'partitionTableType'], 'bootType: hybrid needs a GPT', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'write partitionTableType: gpt',
    });
  }
  const needsBios = bootType !== 'efi' && disk.partitionTableType === 'gpt';
  if (needsBios && !disk.partitions.some(({ type }) => type === 'bios')) {
    conflict(
      `bootType: ${bootType} on a GPT needs a BIOS boot partition for GRUB, and there is none`,
      'add { id: bios, type: bios, size: 1MiB } as the first partition',
    );
  }
}

/** Keys that only one boot loader, or one way of using it, can honour. */
function checkLoaderKeys(
  { bootloader, kernel }: Pick<SystemConfig, 'bootloader' | 'kernel'>,
  report: Report,
): void {
  const conflict = (key: readonly string[], message: string, hint: string) =>
    report.add(['systemConfig', ...key], message, { code: 'TEMPLATE_CONFLICT', hint });
  const { bootType, provider, bootCounting, shim } = bootloader;
  if (bootCounting !== undefined && provider === 'grub') {
    conflict(
      ['bootloader', 'bootCounting'],
      'systemd-boot counts boots, GRUB does not',
      'leave bootCounting out, or write provider: systemd-boot',
    );
  }
  if (bootCounting !== undefined && kernel.default !== undefined) {
    conflict(
      ['kernel', 'default'],
      'systemd-boot starts a default kernel even when its tries are used up, so counting them would be of no use',
      'leave "systemConfig.kernel.default" or "systemConfig.bootloader.bootCounting" out',
    );
  }
  if (shim && (provider !== 'grub' || bootType === 'legacy')) {
    conflict(
      ['bootloader', 'shim'],
      provider === 'grub' ? 'shim is started by UEFI alone' : 'the shim of the target starts its signed GRUB',
      'leave shim out, or write provider: grub with bootType: efi or hybrid',
    );
  }
  if (kernel.splash !== undefined && !kernel.uki) {
    conflict(
      ['kernel', 'splash'],
      'a splash is a part of a unified kernel image, and this template makes none',
      'leave splash out, or write uki: true beside it',
    );
  }
}
