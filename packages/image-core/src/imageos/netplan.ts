import type { NetworkConfig } from '@ic/toolchain';

type Interface = NetworkConfig['interfaces'][number];

/** Where the configuration goes; only root may read it, or netplan complains. */
export const NETPLAN_FILE = '/etc/netplan/50-image-composer.yaml';

/** The configuration of all interfaces for netplan(5), which hands it to systemd-networkd. Scalars are JSON, which YAML contains. Pure. */
export function netplanText(interfaces: readonly Interface[]): string {
  const lines = interfaces.flatMap((one, index) => [`    ${idOf(one, index)}:`, ...settings(one)]);
  return `network:\n  version: 2\n  renderer: networkd\n  ethernets:\n${lines.join('\n')}\n`;
}

/** An interface is called by its name, and what a glob matches by one of ours. */
function idOf({ name }: Interface, index: number): string {
  return JSON.stringify(isGlob(name) ? `match${index}` : name);
}

function settings({ name, dhcp4, dhcp6, addresses, routes, nameservers }: Interface): string[] {
  const settings: [key: string, value: unknown][] = [
    ...(isGlob(name) ? [['match', { name }] satisfies [string, unknown]] : []),
    ['dhcp4', dhcp4],
    ['dhcp6', dhcp6],
    ...(addresses.length > 0 ? [['addresses', addresses] satisfies [string, unknown]] : []),
    ...(routes.length > 0 ? [['routes', routes] satisfies [string, unknown]] : []),
    ...(nameservers.length > 0
      ? [['nameservers', { addresses: nameservers }] satisfies [string, unknown]]
      : []),
  ];
  return settings.map(([key, value]) => `      ${key}: ${JSON.stringify(value)}`);
}

function isGlob(name: string): boolean {
  return /[*?[]/.test(name);
}
