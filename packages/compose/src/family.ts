import type { FetchedPackage, PackageCache, PackageFamily, PackageId, Provider } from '@ic/package-core';
import { createDebProvider, installDebs, unpackDebs } from '@ic/package-deb';
import { createRpmProvider, installRpms, unpackRpms } from '@ic/package-rpm';
import type { ToolRunner } from '@ic/toolchain';
import { type Context, type Fetcher, stage } from '@ic/utils';

/** What a build leaves to the packages' own family. */
export interface Family {
  createProvider(options: ProviderOptions): Provider;
  /** The item of a request that means this package alone. */
  pin(pkg: PackageId): string;
  /** Unpacks packages into an empty tree and runs nothing of theirs: the chroot environment. */
  unpack(packages: readonly FetchedPackage[], options: UnpackOptions): Promise<void>;
  /** Installs packages into the root file system, as stage `install`. */
  install(packages: readonly FetchedPackage[], options: InstallOptions): Promise<void>;
}

export interface ProviderOptions {
  readonly fetcher: Fetcher;
  readonly cache: PackageCache;
  readonly cacheDir: string;
  /** The family's word. */
  readonly architecture: string;
  readonly offline: boolean;
  readonly jobs: number;
}

export interface UnpackOptions {
  /** Absolute path of an empty folder. */
  readonly root: string;
  readonly architecture: string;
  readonly jobs: number;
  readonly context: Context;
}

export interface InstallOptions {
  /** Programs of the root file system. */
  readonly runner: ToolRunner;
  /** Programs of the chroot environment, once it is there. */
  readonly tools: Promise<ToolRunner>;
  readonly architecture: string;
  readonly work: string;
  readonly epoch: number;
  readonly jobs: number;
  readonly context: Context;
}

// Called by packages time and again while they are configured; the image gets each one's work done once, or never.
const DEFERRED: Readonly<Record<PackageFamily, readonly string[]>> = {
  deb: [
    '/usr/sbin/update-initramfs', // imageboot makes the initramfs
    '/usr/bin/dracut',
    '/usr/sbin/update-grub', // imageboot installs the boot loader
    '/usr/sbin/grub-install',
    '/usr/bin/bootctl',
    '/usr/bin/kernel-install',
    '/usr/bin/ssh-keygen', // host keys are made on the device
  ],
  rpm: [
    '/usr/bin/dracut',
    '/usr/bin/mkinitrd',
    '/usr/sbin/grub2-mkconfig',
    '/usr/sbin/grub2-install',
    '/usr/bin/bootctl',
    '/usr/bin/kernel-install',
    '/usr/bin/ssh-keygen',
  ],
};

const FAMILIES: Readonly<Record<PackageFamily, Family>> = {
  deb: {
    createProvider: createDebProvider,
    pin: ({ name, version, architecture }) => `${name}:${architecture}=${version}`,
    unpack: unpackDebs,
    install(packages, { runner, architecture, work, jobs, context }) {
      const options = { runner, architecture, deferred: DEFERRED.deb, work, jobs, context };
      return stage(context, 'install', () => installDebs(packages, options));
    },
  },
  rpm: {
    createProvider: createRpmProvider,
    pin: ({ name, version, architecture }) => `${name}.${architecture}=${version}`,
    async unpack(packages, { root, jobs, context }) {
      await unpackRpms(packages, { root, jobs, context });
    },
    async install(packages, { runner: { root }, work, epoch, jobs, context, ...options }) {
      const tools = await options.tools;
      await stage(context, 'install', () =>
        installRpms(packages, { root, tools, deferred: DEFERRED.rpm, work, epoch, jobs, context }),
      );
    },
  },
};

export function familyOf({ family }: { readonly family: PackageFamily }): Family {
  return FAMILIES[family];
}
