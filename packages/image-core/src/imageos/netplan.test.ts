import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem } from './image-fixture.test.helper.js';
import { netplanText } from './netplan.js';
import { configureNetwork } from './network.js';

const NONE = { dhcp4: false, dhcp6: false, addresses: [], routes: [], nameservers: [] };
const INTERFACES = [
  { ...NONE, name: 'e*', dhcp4: true },
  {
    ...NONE,
    name: 'eth1',
    addresses: ['192.0.2.7/24'],
    routes: [{ to: 'default', via: '192.0.2.1' }],
    nameservers: ['192.0.2.53'],
  },
];

describe('netplanText', () => {
  it('calls interfaces by name and matches globs', () => {
    expect(netplanText(INTERFACES)).toBe(`network:
  version: 2
  renderer: networkd
  ethernets:
    "match0":
      match: {"name":"e*"}
      dhcp4: true
      dhcp6: false
    "eth1":
      dhcp4: false
      dhcp6: false
      addresses: ["192.0.2.7/24"]
      routes: [{"to":"default","via":"192.0.2.1"}]
      nameservers: {"addresses":["192.0.2.53"]}
`);
  });
});

describe('configureNetwork', () => {
  const network = { backend: 'netplan', ntp: [], interfaces: INTERFACES } as const;

  it('writes one file for netplan, for root alone, and none for networkd', async () => {
    const { image, rootfs } = makeSystem({ system: { network } });
    expect(await configureNetwork(image)).toEqual(['systemd-networkd.service']);
    const file = join(rootfs, 'etc/netplan/50-image-composer.yaml');
    expect(readFileSync(file, 'utf8')).toBe(netplanText(INTERFACES));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(rootfs, 'etc'))).not.toContain('systemd');
  });

  it('leaves the interfaces to cloud-init when it has a network configuration', async () => {
    const system = { network, cloudInit: { networkConfig: '/seed/network-config' } };
    const { image, rootfs } = makeSystem({ system });
    expect(await configureNetwork(image)).toEqual(['systemd-networkd.service']);
    expect(readdirSync(rootfs)).toEqual([]);
  });
});
