import { createDebProvider, installDebs, unpackDebs } from '@ic/package-deb';
import { stage } from '@ic/utils';
import type { Family } from './family.js';

// Called by packages time and again while they are configured; the image gets each one's work done once, or never.
const DEFERRED = [
  '/usr/sbin/update-initramfs', // imageboot makes the initramfs
  '/usr/bin/dracut',
  '/usr/sbin/update-grub', // imageboot installs the boot loader
  '/usr/sbin/grub-install',
  '/usr/bin/bootctl',
  '/usr/bin/kernel-install',
  '/usr/bin/ssh-keygen', // host keys are made on the device
];

export const debFamily: Family = {
  createProvider: createDebProvider,
  pin: ({ name, version, architecture }) => `${name}:${architecture}=${version}`,
  unpack: unpackDebs,
  install(packages, { runner, architecture, content, work, jobs, context }) {
    const options = { runner, architecture, content, deferred: DEFERRED, work, jobs, context };
    return stage(context, 'install', () => installDebs(packages, options));
  },
};
