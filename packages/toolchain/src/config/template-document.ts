import type { ArtifactConfig, HookPoint } from './image-config.js';

/** A merged template that fits `schema/template.schema.json` and its `$defs/complete`: what configverify turns into an ImageConfig. */
export interface TemplateDocument {
  readonly metadata?: {
    readonly description?: string;
    readonly use_cases?: readonly string[];
    readonly keywords?: readonly string[];
  };
  readonly image: { readonly name: string; readonly version: string };
  readonly target: {
    readonly os: string;
    readonly dist: string;
    readonly arch: 'x86_64' | 'aarch64';
    readonly imageType: 'raw' | 'iso' | 'img';
    readonly snapshotTime?: string;
  };
  readonly disk: TemplateDisk;
  readonly systemConfig: TemplateSystem;
  readonly packageRepositories?: readonly TemplateRepository[];
}

export interface TemplateDisk {
  readonly name?: string;
  readonly extendLastPartitionToFillDisk?: boolean;
  readonly artifacts?: readonly {
    readonly type: ArtifactConfig['type'];
    readonly compression?: 'gz' | 'xz' | 'zstd' | 'bz2';
  }[];
  readonly size: string | number;
  readonly partitionTableType?: 'gpt' | 'mbr';
  readonly alignment?: string | number;
  readonly partitions: readonly TemplatePartition[];
  readonly additionalDisks?: readonly (Omit<
    TemplateDisk,
    'additionalDisks' | 'extendLastPartitionToFillDisk'
  > & {
    readonly name: string;
  })[];
}

export interface TemplatePartition {
  readonly id: string;
  readonly index?: number;
  readonly name?: string;
  readonly type?: string;
  readonly typeUUID?: string;
  readonly fsType?: string;
  readonly fsLabel?: string;
  readonly mkfsOptions?: readonly string[];
  readonly minimize?: boolean;
  readonly subvolumes?: readonly { readonly name: string; readonly mountPoint: string }[];
  readonly compression?: string;
  readonly start?: string | number;
  readonly end?: string | number;
  readonly size?: string | number;
  readonly mountPoint?: string;
  readonly mountOptions?: string;
  readonly flags?: readonly string[];
}

export interface TemplateSystem {
  readonly name?: string;
  readonly description?: string;
  readonly hostname?: string;
  readonly packages?: readonly string[];
  readonly excludePackages?: readonly string[];
  readonly recommends?: boolean;
  readonly additionalFiles?: readonly TemplateFileEntry[];
  readonly configurations?: readonly { readonly cmd: string }[];
  readonly users?: readonly TemplateUser[];
  readonly groups?: readonly TemplateGroup[];
  readonly swapFiles?: readonly { readonly path: string; readonly size: string | number }[];
  readonly sysctl?: Readonly<Record<string, string | number>>;
  readonly kernelModules?: {
    readonly load?: readonly string[];
    readonly disable?: readonly string[];
    readonly options?: Readonly<Record<string, string>>;
  };
  readonly tmpfiles?: readonly string[];
  readonly hooks?: Readonly<Partial<Record<HookPoint, readonly TemplateHook[]>>>;
  readonly bootloader?: {
    readonly bootType?: 'efi' | 'legacy' | 'hybrid';
    readonly provider?: 'grub' | 'systemd-boot';
    readonly timeout?: number;
    readonly bootCounting?: number;
    readonly shim?: boolean;
  };
  readonly network?: {
    readonly backend?: 'systemd-networkd' | 'netplan';
    readonly ntp?: readonly string[];
    readonly interfaces?: readonly TemplateInterface[];
  };
  readonly packageManager?: { readonly documentation?: boolean; readonly languages?: readonly string[] };
  readonly cloudInit?: {
    /** Absolute. */
    readonly userData?: string;
    readonly metaData?: string;
    readonly networkConfig?: string;
  };
  readonly selinux?: { readonly mode?: 'disabled' | 'permissive' | 'enforcing' };
  readonly apparmor?: { readonly enabled?: boolean };
  readonly kernel?: {
    readonly name?: string;
    readonly version?: string;
    readonly cmdline?: string;
    readonly enableExtraModules?: string | readonly string[];
    readonly default?: string;
    /** Absolute. */
    readonly splash?: string;
    readonly uki?: boolean;
    readonly packages?: readonly string[];
  };
  readonly timezone?: string;
  readonly locale?: string;
  readonly keyboard?: {
    readonly layout?: string;
    readonly variant?: string;
    readonly model?: string;
    readonly options?: string;
  };
  readonly services?: {
    readonly enable?: readonly string[];
    readonly disable?: readonly string[];
    readonly mask?: readonly string[];
  };
}

export interface TemplateFileEntry {
  /** Absolute. */
  readonly local: string;
  readonly final: string;
  readonly stage?: '' | 'pre-initramfs';
  readonly mode?: string;
  readonly owner?: string;
}

export interface TemplateGroup {
  readonly name: string;
  readonly gid?: number;
  readonly system?: boolean;
}

export interface TemplateHook {
  /** Absolute. */
  readonly script?: string;
  readonly cmd?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly network?: boolean;
}

export interface TemplateUser {
  readonly name: string;
  readonly uid?: number;
  readonly password?: string;
  readonly hash_algo?: 'sha512' | 'sha256' | 'yescrypt' | 'bcrypt';
  readonly passwordMaxAge?: number;
  readonly startupScript?: string;
  readonly groups?: readonly string[];
  readonly sudo?: boolean;
  readonly home?: string;
  readonly shell?: string;
  readonly sshAuthorizedKeys?: readonly string[];
}

export interface TemplateInterface {
  readonly name: string;
  readonly dhcp4?: boolean;
  readonly dhcp6?: boolean;
  readonly addresses?: readonly string[];
  readonly routes?: readonly { readonly to: string; readonly via: string }[];
  readonly nameservers?: readonly string[];
}

export interface TemplateRepository {
  readonly codename: string;
  readonly url?: string;
  readonly path?: string;
  readonly packages?: readonly string[];
  readonly mirrors?: readonly string[];
  readonly pkey?: string;
  readonly pkeys?: readonly string[];
  readonly fingerprints?: readonly string[];
  readonly weakDigests?: boolean;
  readonly component?: string;
  readonly priority?: number;
  readonly allowPackages?: readonly string[];
  readonly excludePackages?: readonly string[];
  readonly mirrorList?: string;
  readonly metalink?: string;
  readonly snapshotTime?: string;
  readonly keepInImage?: boolean;
}
