import type { NetworkConfig } from '@ic/toolchain';
import type { ImageSystem } from './image-system.js';
import { NETPLAN_FILE, netplanText } from './netplan.js';
import { writeLink, writeText } from './root-files.js';
import { hasUnit, unitFiles, unitName } from './unit-files.js';

type Interface = NetworkConfig['interfaces'][number];

const NETWORKD = 'systemd-networkd.service';
const RESOLVED = 'systemd-resolved.service';
/** The stub resolver of systemd-resolved, by the relative link that its package makes (systemd-resolved.service(8)). */
const STUB = '../run/systemd/resolve/stub-resolv.conf';

/**
 * Writes one systemd-networkd file for each interface (systemd.network(5)), where two match, the template's order decides; or one
 * for netplan. Where cloud-init configures the network, neither.
 * Names are resolved by systemd-resolved when the image has it, else by the given name servers.
 *
 * @returns the units to enable
 */
export async function configureNetwork(system: ImageSystem): Promise<string[]> {
  const { rootfs, config, context } = system;
  const { network, cloudInit } = config.system;
  const { backend } = network;
  const byCloudInit = cloudInit?.networkConfig !== undefined;
  const interfaces = byCloudInit ? [] : network.interfaces;
  if (backend === 'netplan' && interfaces.length > 0) {
    await writeText(rootfs, NETPLAN_FILE, netplanText(interfaces), { mode: 0o600 });
  }
  for (const [index, networkInterface] of backend === 'netplan' ? [] : interfaces.entries()) {
    const path = `/etc/systemd/network/${networkFileName(index, networkInterface.name)}`;
    await writeText(rootfs, path, networkFile(networkInterface));
  }
  const wanted = network.interfaces.length > 0 || byCloudInit ? [NETWORKD] : [];
  const { disable, mask } = config.system.services;
  const isRefused = [...disable, ...mask].map(unitName).includes(RESOLVED);
  if (!isRefused && hasUnit(await unitFiles(rootfs), RESOLVED)) {
    await writeLink(rootfs, '/etc/resolv.conf', STUB);
    return [...wanted, RESOLVED];
  }
  const nameservers = [...new Set(interfaces.flatMap((networkInterface) => networkInterface.nameservers))];
  if (nameservers.length > 0) {
    await writeText(
      rootfs,
      '/etc/resolv.conf',
      nameservers.map((server) => `nameserver ${server}\n`).join(''),
    );
  } else if (interfaces.some(({ dhcp4, dhcp6 }) => dhcp4 || dhcp6)) {
    context.events({
      type: 'warning',
      code: 'NETWORK_NO_RESOLVER',
      message:
        'the network is configured by DHCP, but nothing in the image takes the name servers from it: add the package systemd-resolved',
    });
  }
  return wanted;
}

/** A name whose number keeps the template's order. Pure. */
export function networkFileName(index: number, name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_.-]+/g, '');
  return `${10 + index}-${safe === '' ? 'any' : safe}.network`;
}

/** The text of one .network file (systemd.network(5)). Pure. */
export function networkFile({ name, dhcp4, dhcp6, addresses, routes, nameservers }: Interface): string {
  const dhcp = dhcp4 ? (dhcp6 ? 'yes' : 'ipv4') : dhcp6 ? 'ipv6' : 'no';
  const sections = [
    ['[Match]', `Name=${name}`],
    [
      '[Network]',
      `DHCP=${dhcp}`,
      ...addresses.map((address) => `Address=${address}`),
      ...nameservers.map((server) => `DNS=${server}`),
    ],
    ...routes.map(({ to, via }) => [
      '[Route]',
      ...(to === 'default' ? [] : [`Destination=${to}`]),
      `Gateway=${via}`,
    ]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
