/** How an image boots, decided before anything is written: what `planBoot` returns. Plain data. */
export interface BootPlan {
  readonly loader: 'systemd-boot' | 'grub';
  /** Which firmware can start the disk; never empty. */
  readonly firmware: readonly ('uefi' | 'bios')[];
  readonly arch: 'x86_64' | 'aarch64';
  /** Kernel, initramfs and command line are one file on the ESP, a unified kernel image. */
  readonly unified: boolean;
  /** The whole kernel command line, as the kernel reads it: words may hold double quotes. */
  readonly commandLine: string;
  /** Mount point of the EFI system partition; present when `firmware` has `uefi`. */
  readonly espMountPoint?: string | undefined;
  /** The file system with `/boot` in it. */
  readonly boot: {
    readonly fsUuid: string;
    readonly fsType: 'ext2' | 'ext3' | 'ext4' | 'vfat';
    /** `/boot` when it is a partition of its own, `/` otherwise. */
    readonly mountPoint: string;
  };
  /** Where GRUB keeps its configuration and modules: `/boot/grub`, in the rpm family `/boot/grub2`. */
  readonly grubFolder: string;
  readonly table: 'gpt' | 'mbr';
  /** Where GRUB's core image lies on a disk that BIOS starts, in bytes; present when `firmware` has `bios`. */
  readonly biosCore?: { readonly start: number; readonly size: number } | undefined;
}

/** Seconds in which a key opens the boot menu. */
export const MENU_SECONDS = 2;
