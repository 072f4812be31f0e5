import { existsInRoot, writeText } from '../imageos/root-files.js';

/** Before 60-ukify and 90-loaderentry, behind those of distributions. */
const PLUGIN = '/etc/kernel/install.d/59-image-initramfs.install';

/** Called as kernel-install(8) says: add RELEASE ENTRY-FOLDER KERNEL [INITRAMFS...]. */
const PROGRAM = `#!/bin/sh
# Made with the image: gives kernel-install the initramfs that was made when the kernel was installed.
if [ "$1" != add ] || [ "$#" -gt 4 ]; then exit 0; fi
for file in "$KERNEL_INSTALL_STAGING_AREA"/initrd*; do
  if [ -e "$file" ]; then exit 0; fi
done
initramfs=/boot/initramfs-$2.img
if [ ! -e "$initramfs" ]; then
  echo "there is no $initramfs, without which kernel $2 would not start: dracut --kver $2 makes it" >&2
  exit 1
fi
ln -s "$initramfs" "$KERNEL_INSTALL_STAGING_AREA/initrd"
`;

/**
 * Lets `kernel-install add RELEASE KERNEL` on the device find the initramfs in `/boot`. Debian's systemd does so by itself, Fedora's
 * dracut makes one then; Azure Linux and its kin have no such plugin, and the next kernel would get an entry without one.
 */
export async function offerInitramfs(rootfs: string): Promise<void> {
  if (await existsInRoot(rootfs, '/var/lib/dpkg/status')) return;
  await writeText(rootfs, PLUGIN, PROGRAM, { mode: 0o755 });
}
