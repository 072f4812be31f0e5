import type { ImageSystem } from './image-system.js';
import { readText, writeText } from './root-files.js';

/** Writes /etc/hostname (hostname(5)) and the machine's own names into /etc/hosts. */
export async function configureHostname({ rootfs, config }: ImageSystem): Promise<void> {
  const { hostname } = config.system;
  await writeText(rootfs, '/etc/hostname', `${hostname}\n`);
  await writeText(rootfs, '/etc/hosts', hostsText((await readText(rootfs, '/etc/hosts')) ?? '', hostname));
}

/**
 * /etc/hosts with localhost and, by Debian's convention, the host name on 127.0.1.1; a name with a domain comes before
 * its short form. Lines for other addresses stay. Pure.
 */
export function hostsText(before: string, hostname: string): string {
  const lines = before.split('\n').filter((line) => line.trim() !== '' && addressOf(line) !== '127.0.1.1');
  if (!lines.some((line) => addressOf(line) === '127.0.0.1')) lines.unshift('127.0.0.1\tlocalhost');
  if (!lines.some((line) => addressOf(line) === '::1'))
    lines.push('::1\tlocalhost ip6-localhost ip6-loopback');
  const short = hostname.split('.')[0] ?? hostname;
  const names = short === hostname ? hostname : `${hostname} ${short}`;
  const own = names === 'localhost' ? [] : [`127.0.1.1\t${names}`];
  const after = lines.findIndex((line) => addressOf(line) === '127.0.0.1') + 1;
  return `${[...lines.slice(0, after), ...own, ...lines.slice(after)].join('\n')}\n`;
}

function addressOf(line: string): string {
  return line.trim().split(/\s+/)[0] ?? '';
}
