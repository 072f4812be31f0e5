import { createRpmProvider, installRpms, unpackRpms } from '@ic/package-rpm';
import { stage } from '@ic/utils';
import type { Family } from './family.js';

// As of the deb family: done once for the image, or on the device.
const DEFERRED = [
  '/usr/bin/dracut',
  '/usr/bin/mkinitrd',
  '/usr/sbin/grub2-mkconfig',
  '/usr/sbin/grub2-install',
  '/usr/bin/bootctl',
  '/usr/bin/kernel-install',
  '/usr/bin/ssh-keygen',
];

export const rpmFamily: Family = {
  createProvider: createRpmProvider,
  pin: ({ name, version, architecture }) => `${name}.${architecture}=${version}`,
  async unpack(packages, { root, jobs, context }) {
    await unpackRpms(packages, { root, jobs, context });
  },
  async install(packages, { runner: { root }, content, work, epoch, jobs, context, ...options }) {
    const tools = await options.tools;
    await stage(context, 'install', () =>
      installRpms(packages, { root, tools, content, deferred: DEFERRED, work, epoch, jobs, context }),
    );
  },
};
