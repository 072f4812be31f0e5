import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem } from './image-fixture.test.helper.js';
import { configureNetwork, networkFile, networkFileName } from './network.js';

const DHCP = { name: 'e*', dhcp4: true, dhcp6: false, addresses: [], routes: [], nameservers: [] };
const STATIC = {
  name: 'eth1',
  dhcp4: false,
  dhcp6: false,
  addresses: ['192.0.2.2/24', '2001:db8::2/64'],
  routes: [
    { to: 'default', via: '192.0.2.1' },
    { to: '198.51.100.0/24', via: '192.0.2.9' },
  ],
  nameservers: ['192.0.2.53'],
};
const RESOLVED = { 'usr/lib/systemd/system/systemd-resolved.service': '' };
const network = (...interfaces: (typeof STATIC | typeof DHCP)[]) => ({
  backend: 'systemd-networkd' as const,
  ntp: [],
  interfaces,
});

describe('networkFile', () => {
  it.each([
    [true, true, 'yes'],
    [true, false, 'ipv4'],
    [false, true, 'ipv6'],
    [false, false, 'no'],
  ])('dhcp4 %s and dhcp6 %s is DHCP=%s', (dhcp4, dhcp6, value) => {
    expect(networkFile({ ...DHCP, dhcp4, dhcp6 })).toBe(`[Match]\nName=e*\n\n[Network]\nDHCP=${value}\n`);
  });

  it('writes addresses, name servers and routes', () => {
    expect(networkFile(STATIC)).toBe(
      [
        '[Match]\nName=eth1\n\n[Network]\nDHCP=no\nAddress=192.0.2.2/24\nAddress=2001:db8::2/64\nDNS=192.0.2.53\n',
        '[Route]\nGateway=192.0.2.1\n',
        '[Route]\nDestination=198.51.100.0/24\nGateway=192.0.2.9\n',
      ].join('\n'),
    );
  });

  it.each([
    [0, 'e*', '10-e.network'],
    [1, 'eth1', '11-eth1.network'],
    [2, '*', '12-any.network'],
    [3, '../x', '13-..x.network'],
  ])('file %i of %s is %s', (index, name, file) => {
    expect(networkFileName(index, name)).toBe(file);
  });
});

describe('configureNetwork', () => {
  it('asks for networkd and resolved, and links resolv.conf', async () => {
    const tree = { ...RESOLVED, 'etc/resolv.conf': 'nameserver 10.0.0.1\n' };
    const { image, rootfs } = makeSystem({ tree, system: { network: network(STATIC, DHCP) } });
    expect(await configureNetwork(image)).toEqual(['systemd-networkd.service', 'systemd-resolved.service']);
    expect(readdirSync(join(rootfs, 'etc/systemd/network'))).toEqual(['10-eth1.network', '11-e.network']);
    expect(readlinkSync(join(rootfs, 'etc/resolv.conf'))).toBe('../run/systemd/resolve/stub-resolv.conf');
  });

  it('writes the given name servers when resolved is not there or not wanted', async () => {
    const services = { enable: [], disable: [], mask: ['systemd-resolved'] };
    for (const fixture of [{}, { tree: RESOLVED, services }]) {
      const { image, rootfs, events } = makeSystem({
        ...fixture,
        system: { network: network(STATIC), ...fixture },
      });
      expect(await configureNetwork(image)).toEqual(['systemd-networkd.service']);
      expect(readFileSync(join(rootfs, 'etc/resolv.conf'), 'utf8')).toBe('nameserver 192.0.2.53\n');
      expect(events).toEqual([]);
    }
  });

  it('warns when nobody would take the name servers of DHCP', async () => {
    const { image, events } = makeSystem({ system: { network: network(DHCP) } });
    await configureNetwork(image);
    expect(events).toMatchObject([{ type: 'warning', code: 'NETWORK_NO_RESOLVER' }]);
  });

  it('writes nothing without interfaces', async () => {
    const { image, rootfs } = makeSystem();
    expect(await configureNetwork(image)).toEqual([]);
    expect(existsSync(join(rootfs, 'etc'))).toBe(false);
  });
});
