import { readText } from './root-files.js';

/**
 * Whether systemd links Debian's old names to the common ones at every boot (Debian 13:
 * /etc/default/locale -> ../locale.conf, /etc/vconsole.conf -> default/keyboard), replacing files that stand there.
 */
export async function usesSystemdLinks(rootfs: string): Promise<boolean> {
  const rules = await readText(rootfs, '/usr/lib/tmpfiles.d/debian.conf');
  return rules !== undefined && /^L\+\s+\/etc\/default\/locale\s/m.test(rules);
}
