import { ImageError } from '../errors.js';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { makeFolders, writeText } from '../imageos/root-files.js';

/** The word for it on the kernel command line; systemd's own initramfs knows it too (kernel-command-line(7)). */
export const VOLATILE_WORD = 'systemd.volatile=overlay';

const FOLDER = '/etc/initramfs-tools/scripts/local-bottom';

/** Runs when the root file system is mounted and nothing is mounted on it yet. The initramfs has klibc's programs, no chmod. */
const SCRIPT = `#!/bin/sh
# The root file system is read-only: what is written to it lives in memory until the machine stops.
case "$1" in prereqs) exit 0 ;; esac
case " $(cat /proc/cmdline) " in *" ${VOLATILE_WORD} "*) ;; *) exit 0 ;; esac
set -e
top=/run/volatile-root
mkdir -p "$top"
mount -t tmpfs -o mode=0755 tmpfs "$top"
mkdir -m 0755 "$top/lower" "$top/upper" "$top/work"
mount -o move "$rootmnt" "$top/lower"
modprobe -q overlay || true
mount -t overlay -o "lowerdir=$top/lower,upperdir=$top/upper,workdir=$top/work" overlay "$rootmnt"
`;

/** Modules that the initramfs needs for it. */
export const VOLATILE_MODULES = ['overlay'] as const;

/**
 * Lets the initramfs lay a file system in memory over a read-only root, for this and every later kernel.
 *
 * @throws ImageError BOOT_UNSUPPORTED when the initramfs is not made by initramfs-tools
 */
export async function configureVolatileRoot(
  rootfs: string,
  generator: 'initramfs-tools' | 'dracut',
): Promise<void> {
  if (generator !== 'initramfs-tools') {
    throw new ImageError(
      'BOOT_UNSUPPORTED',
      'the root file system is read-only, and what is written over it is prepared by initramfs-tools, which this image does not have',
      { fault: 'request', hint: 'install initramfs-tools in place of dracut, or set "fsType: ext4" for "/"' },
    );
  }
  await makeFolders(await resolveInRoot(rootfs, FOLDER));
  await writeText(rootfs, `${FOLDER}/volatile-root`, SCRIPT, { mode: 0o755 });
}
