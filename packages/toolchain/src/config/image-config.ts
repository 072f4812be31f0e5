import type { ContentFilter, PackageFamily, Repository } from '@ic/package-core';

/**
 * The full image config: target defaults, `extends` chain, template and command line merged and checked.
 * Every optional key of the template has its default filled in here; what stays optional has no default.
 */
export interface ImageConfig {
  readonly metadata: Metadata;
  readonly image: { readonly name: string; readonly version: string };
  readonly target: Target;
  /** With `imageType: img` an empty one: no partitions, no artifacts. */
  readonly disk: DiskConfig;
  readonly system: SystemConfig;
  readonly repositories: readonly Repository[];
}

export interface Metadata {
  readonly description: string;
  readonly useCases: readonly string[];
  readonly keywords: readonly string[];
}

export interface Target {
  /** Folder of data: `debian`, `wind-river-elxr`, `azure-linux` … */
  readonly os: string;
  /** `debian12`, `elxr12` … */
  readonly dist: string;
  readonly family: PackageFamily;
  readonly arch: 'x86_64' | 'aarch64';
  /** The family's word for `arch`: amd64, arm64, x86_64, aarch64. */
  readonly packageArchitecture: string;
  readonly imageType: 'raw' | 'iso' | 'img';
  /** `ID` of the image's os-release, such as `debian`. */
  readonly osReleaseId?: string | undefined;
  /** What goes into the chroot environment besides the family's essential set. */
  readonly chrootPackages: readonly string[];
}

export interface DiskConfig {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly partitionTableType: 'gpt' | 'mbr';
  /** Bytes of which every start is a multiple, whole MiB; undefined is 1 MiB. */
  readonly alignment?: number | undefined;
  readonly partitions: readonly PartitionConfig[];
  readonly artifacts: readonly ArtifactConfig[];
  /** More disks of the same system; names and ids of partitions are unique over all. */
  readonly additionalDisks?: readonly Omit<DiskConfig, 'additionalDisks'>[] | undefined;
}

/** Forms of the whole disk. */
export type DiskArtifactType = 'raw' | 'qcow2' | 'vhd' | 'vhdx' | 'vmdk' | 'vdi' | 'ova';

/** Forms of the root file system without a disk around it. */
export type RootArtifactType = 'tar' | 'oci' | 'squashfs' | 'erofs';

export interface ArtifactConfig {
  readonly type: DiskArtifactType | RootArtifactType;
  readonly compression?: 'gz' | 'xz' | 'zstd' | 'bz2' | undefined;
}

/** What a partition is formatted with; `vfat` is FAT of any width. */
export type FileSystemType =
  | 'ext2'
  | 'ext3'
  | 'ext4'
  | 'vfat'
  | 'xfs'
  | 'btrfs'
  | 'f2fs'
  | 'erofs'
  | 'squashfs'
  | 'swap'
  | 'none';

export interface PartitionConfig {
  readonly id: string;
  /** GPT partition label. */
  readonly name: string;
  /** Lower-case GUID, from `typeUUID` or the name in `type`. */
  readonly typeGuid: string;
  /** The name in `type` (`esp`, `bios`, `linux-root-amd64` …) when one was given or the GUID has one. */
  readonly type?: string | undefined;
  readonly fsType: FileSystemType;
  /** With `vfat`: bits of an entry of its table; undefined leaves them to the size. */
  readonly fatBits?: 12 | 16 | 32 | undefined;
  /** More words for the program that makes the file system. */
  readonly mkfsOptions?: readonly string[] | undefined;
  /** Shrinks the partition, and the disk with it, to its content and some slack. */
  readonly minimize?: boolean | undefined;
  /** With `btrfs`, outer ones first; mount points are the partition's or below it. */
  readonly subvolumes?: readonly { readonly name: string; readonly mountPoint: string }[] | undefined;
  /** With `btrfs`: algorithm and level, `zstd:3`. */
  readonly compression?: string | undefined;
  readonly fsLabel?: string | undefined;
  /** Bytes from the beginning of the disk. */
  readonly start: number;
  /** Bytes, exclusive; undefined is "the rest". */
  readonly end?: number | undefined;
  readonly mountPoint?: string | undefined;
  /** Comma-separated, as in fstab. */
  readonly mountOptions?: string | undefined;
  /** `boot`, `legacy_boot`, `hidden`, `read_only` … */
  readonly flags: readonly string[];
  /** At the first boot it takes what the disk has behind it by then. */
  readonly grows?: boolean | undefined;
  /** Files in it that are swap areas: absolute paths in the image, sizes in bytes. */
  readonly swapFiles?: readonly SwapFile[] | undefined;
}

export interface SwapFile {
  /** Absolute path in the image. */
  readonly path: string;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
}

export interface SystemConfig {
  readonly name: string;
  readonly description: string;
  readonly hostname: string;
  readonly packages: readonly string[];
  readonly excludePackages: readonly string[];
  readonly recommends: boolean;
  readonly kernel: KernelConfig;
  readonly bootloader: BootloaderConfig;
  readonly users: readonly UserConfig[];
  readonly groups: readonly GroupConfig[];
  readonly network: NetworkConfig;
  readonly timezone: string;
  readonly locale: string;
  readonly keyboard: KeyboardConfig;
  readonly services: ServicesConfig;
  readonly additionalFiles: readonly AdditionalFile[];
  readonly configurations: readonly { readonly cmd: string }[];
  /** Parameters of the kernel by name, for sysctl.d(5). */
  readonly sysctl: Readonly<Record<string, string>>;
  readonly kernelModules: KernelModulesConfig;
  /** Lines of tmpfiles.d(5). */
  readonly tmpfiles: readonly string[];
  readonly hooks: Readonly<Record<HookPoint, readonly HookConfig[]>>;
  readonly packageManager: ContentFilter;
  /** Undefined leaves cloud-init, if it is there, to find its data itself. */
  readonly cloudInit?: CloudInitConfig | undefined;
  readonly selinux?: { readonly mode: 'disabled' | 'permissive' | 'enforcing' } | undefined;
  readonly apparmor?: { readonly enabled: boolean } | undefined;
}

/** Absolute paths on the build host of files for cloud-init's NoCloud source. */
export interface CloudInitConfig {
  readonly userData?: string | undefined;
  readonly metaData?: string | undefined;
  readonly networkConfig?: string | undefined;
}

export interface GroupConfig {
  readonly name: string;
  readonly gid?: number | undefined;
  /** Whether a number that is not given is one of the system's. */
  readonly system: boolean;
}

/** Modules of the running system. */
export interface KernelModulesConfig {
  readonly load: readonly string[];
  readonly disable: readonly string[];
  /** By module. */
  readonly options: Readonly<Record<string, string>>;
}

/** When a hook runs: three points of the build, and the first boot of the device. */
export type HookPoint = 'preInstall' | 'postInstall' | 'preImage' | 'firstBoot';

export interface HookConfig {
  /** A line for /bin/sh, or the absolute path on the build host of a program that begins with `#!`. */
  readonly run: { readonly cmd: string } | { readonly script: string };
  readonly environment: Readonly<Record<string, string>>;
  /** Of the build: whether it reaches the network; firstBoot: whether it waits for it. */
  readonly network: boolean;
}

export interface KernelConfig {
  /** What the template calls its kernel; only recorded in the manifest. */
  readonly name?: string | undefined;
  /** Prefix of the kernel package's version; undefined takes the newest. */
  readonly version?: string | undefined;
  readonly cmdline: string;
  readonly packages: readonly string[];
  /** Modules added to the initramfs; `name?` where the kernel has it. */
  readonly extraModules: readonly string[];
  /** Glob of `*` and `?` over releases: the newest that fits starts by itself; undefined is the newest of all. */
  readonly default?: string | undefined;
  /** Absolute path on the build host of a BMP file for the unified kernel image. */
  readonly splash?: string | undefined;
  /** Kernel, initramfs and command line in one UEFI program (unified kernel image). */
  readonly uki: boolean;
}

export interface BootloaderConfig {
  /** `hybrid` boots under UEFI and BIOS alike. */
  readonly bootType: 'efi' | 'legacy' | 'hybrid';
  readonly provider: 'systemd-boot' | 'grub';
  /** Seconds in which the boot menu shows or can be opened. */
  readonly timeout: number;
  /** How often a kernel may fail to come up before the next older one is started; undefined counts nothing. */
  readonly bootCounting?: number | undefined;
  /** GRUB behind the target's signed shim, itself signed. */
  readonly shim: boolean;
}

export interface UserConfig {
  readonly name: string;
  /** Undefined takes the next free one. */
  readonly uid?: number | undefined;
  /** As `/etc/shadow` has it: a crypt hash. Undefined locks the password. */
  readonly passwordHash?: string | undefined;
  /** Days until a password must be changed; undefined never. */
  readonly passwordMaxAge?: number | undefined;
  /** Absolute path inside the image, run at login in place of the shell. */
  readonly startupScript?: string | undefined;
  readonly groups: readonly string[];
  readonly sudo: boolean;
  readonly home: string;
  readonly shell: string;
  /** Lines of `~/.ssh/authorized_keys`. */
  readonly sshAuthorizedKeys: readonly string[];
}

export interface NetworkConfig {
  readonly backend: 'systemd-networkd' | 'netplan';
  /** Names or addresses of time servers. */
  readonly ntp: readonly string[];
  readonly interfaces: readonly {
    /** Interface name or glob. */
    readonly name: string;
    readonly dhcp4: boolean;
    readonly dhcp6: boolean;
    readonly addresses: readonly string[];
    readonly routes: readonly { readonly to: string; readonly via: string }[];
    readonly nameservers: readonly string[];
  }[];
}

export interface KeyboardConfig {
  readonly layout: string;
  readonly variant?: string | undefined;
  readonly model?: string | undefined;
  readonly options?: string | undefined;
}

export interface ServicesConfig {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly mask: readonly string[];
}

export interface AdditionalFile {
  /** Absolute path on the build host of a file or a folder. */
  readonly local: string;
  /** Absolute path in the image. */
  readonly final: string;
  /** Copied before those without a stage. */
  readonly stage?: 'pre-initramfs' | undefined;
  /** Octal permission bits; undefined keeps those of the source. */
  readonly mode?: number | undefined;
  /** `user` or `user:group`, by name or number, as in the image; undefined is root:root. */
  readonly owner?: string | undefined;
}
