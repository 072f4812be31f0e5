import { readdir } from 'node:fs/promises';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { existsInRoot, readText, unlessMissing, writeText } from './root-files.js';

const UNIT = 'ic-ssh-host-keys.service';
/** Units by which distributions make host keys themselves. */
const OWN_UNITS = ['sshd-keygen.service', 'sshd-keygen@.service'].map(
  (name) => `/usr/lib/systemd/system/${name}`,
);

/**
 * `ssh-keygen -A` makes those keys that are missing and renames each into place, so the unit may run at every boot and heals
 * one that lost power in the first. Without default dependencies it can stand before an enabled ssh.socket, which comes
 * before basic.target. cloud-init makes new keys in a machine's first boot, in the place of those that it finds: it must not do so meanwhile.
 */
const UNIT_TEXT = `[Unit]
Description=Make the SSH host keys of this machine
Documentation=man:ssh-keygen(1)
DefaultDependencies=no
RequiresMountsFor=/etc/ssh
After=local-fs.target
Conflicts=shutdown.target
Before=ssh.service sshd.service ssh.socket sshd.socket shutdown.target
Before=cloud-init.service cloud-init-network.service
ConditionPathIsReadWrite=/etc/ssh

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
`;

/**
 * Sees to it that a machine makes SSH host keys of its own, when the image has a server and no unit of its own that does.
 *
 * @returns the units to enable
 */
export async function configureSshHostKeys({ rootfs }: ImageSystem): Promise<string[]> {
  if (!(await existsInRoot(rootfs, '/usr/sbin/sshd')) || (await hasOwnUnit(rootfs))) return [];
  await writeText(rootfs, `/etc/systemd/system/${UNIT}`, UNIT_TEXT);
  return [UNIT];
}

/** The paths of all host keys of the image. */
export async function sshHostKeys(rootfs: string): Promise<string[]> {
  const names = (await unlessMissing(readdir(await resolveInRoot(rootfs, '/etc/ssh')))) ?? [];
  return names.filter((name) => /^ssh_host_.*key(\.pub)?$/.test(name)).map((name) => `/etc/ssh/${name}`);
}

/** Debian 13's unit runs on a first boot alone, which an empty /etc/machine-id is not (machine-id(5)): it does not count. */
async function hasOwnUnit(rootfs: string): Promise<boolean> {
  const texts = await Promise.all(OWN_UNITS.map((path) => readText(rootfs, path)));
  return texts.some((text) => text !== undefined && !/^ConditionFirstBoot=/m.test(text));
}
