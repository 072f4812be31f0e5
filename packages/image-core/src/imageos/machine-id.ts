import { existsInRoot, writeLink, writeText } from './root-files.js';

/**
 * Leaves the machine id to the boot (machine-id(5)): an empty /etc/machine-id is filled in and kept then. The word
 * `uninitialized`, or no file, would make it a "first boot" besides, in which systemd asks questions on the console
 * (systemd-firstboot) and presets all units, undoing what the template enabled and disabled.
 */
export async function leaveMachineId(rootfs: string): Promise<void> {
  await writeText(rootfs, '/etc/machine-id', '', { mode: 0o444 });
}

/** D-Bus's own copy of the machine id becomes a link, as its tmpfiles rule would make it. */
export async function linkDbusMachineId(rootfs: string): Promise<void> {
  if (await existsInRoot(rootfs, '/var/lib/dbus')) {
    await writeLink(rootfs, '/var/lib/dbus/machine-id', '/etc/machine-id');
  }
}
