import type { ImageSystem } from './image-system.js';
import { existsInRoot, readText, writeText } from './root-files.js';

const TIMESYNCD = '/etc/systemd/timesyncd.conf.d/50-image-composer.conf';
/** Debian's place, and everybody else's. */
const CHRONY = ['/etc/chrony/chrony.conf', '/etc/chrony.conf'] as const;

/**
 * Gives the template's time servers to chrony, in the place of those of its package, or else to systemd-timesyncd (timesyncd.conf(5)).
 *
 * @returns the units to enable
 */
export async function configureTimeServers({ rootfs, config }: ImageSystem): Promise<string[]> {
  const { ntp } = config.system.network;
  if (ntp.length === 0) return [];
  for (const path of CHRONY) {
    const before = await readText(rootfs, path);
    if (before === undefined) continue;
    await writeText(rootfs, path, withServers(before, ntp));
    const own = await existsInRoot(rootfs, '/usr/lib/systemd/system/chrony.service');
    return [own ? 'chrony.service' : 'chronyd.service'];
  }
  await writeText(rootfs, TIMESYNCD, `[Time]\nNTP=${ntp.join(' ')}\n`);
  return ['systemd-timesyncd.service'];
}

/** chrony.conf(5) with these servers and no others; the other directives stay. Pure. */
function withServers(text: string, servers: readonly string[]): string {
  const kept = text.split('\n').filter((line) => !/^\s*(server|pool|peer)\s/i.test(line));
  const added = servers.map((server) => `server ${server} iburst`);
  return `${[...added, ...kept].join('\n').replace(/\n*$/, '')}\n`;
}
