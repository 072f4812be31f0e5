/** How an image boots, decided before anything is written: what `planBoot` returns. Plain data. */
export interface BootPlan {
  readonly loader: 'systemd-boot' | 'grub';
  /** Which firmware can start the disk; never empty. */
  readonly firmware: readonly ('uefi' | 'bios')[];
  readonly arch: 'x86_64' | 'aarch64';
  /** Kernel, initramfs and command line are one file on the ESP, a unified kernel image. */
  readonly unified: boolean;
  /** Absolute path on the build host of the picture in unified kernel images. */
  readonly splash?: string | undefined;
  /** Glob over kernel releases: the newest that fits starts by itself; undefined is the newest of all. */
  readonly defaultKernel?: string | undefined;
  /** Seconds in which a key opens the boot menu. */
  readonly menuSeconds: number;
  /** How often systemd-boot tries a kernel that never came up; undefined counts nothing. */
  readonly tries?: number | undefined;
  /** UEFI starts GRUB, the target's signed one, by way of the target's signed shim. */
  readonly shim: boolean;
  /** The whole kernel command line, as the kernel reads it: words may hold double quotes. */
  readonly commandLine: string;
  /** Mount point of the EFI system partition; present when `firmware` has `uefi`. */
  readonly espMountPoint?: string | undefined;
  /** UUID of the root file system. */
  readonly rootFsUuid?: string | undefined;
  /** The file system with `/boot` in it; present when `loader` is `grub`. */
  readonly boot?: BootFileSystem | undefined;
  /** The root file system is read-only, and what is written to it lives in memory until the machine stops. */
  readonly volatileRoot?: boolean | undefined;
  /** Where GRUB keeps its configuration and modules: `/boot/grub`, in the rpm family `/boot/grub2`. */
  readonly grubFolder: string;
  readonly table: 'gpt' | 'mbr';
  /** Where GRUB's core image lies on a disk that BIOS starts, in bytes; present when `firmware` has `bios`. */
  readonly biosCore?: { readonly start: number; readonly size: number } | undefined;
}

export interface BootFileSystem {
  readonly fsUuid: string;
  readonly fsType: 'ext2' | 'ext3' | 'ext4' | 'vfat' | 'xfs' | 'btrfs' | 'f2fs';
  /** `/boot` when it is a partition or a subvolume of its own, `/` otherwise. */
  readonly mountPoint: string;
  /** What is mounted there is this subvolume of the file system. */
  readonly subvolume?: string | undefined;
}
