import { isIP } from 'node:net';
import type { NetworkConfig } from '../config/image-config.js';
import type { TemplateInterface, TemplateSystem } from '../config/template-document.js';
import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';

/** The network of a checked document; addresses that are none are added to the report. Pure. */
export function networkConfig(
  { backend = 'systemd-networkd', ntp = [], interfaces = [] }: NonNullable<TemplateSystem['network']>,
  report: Report,
): NetworkConfig {
  const root = ['systemConfig', 'network', 'interfaces'];
  const seen = new Set<string>();
  return {
    backend,
    ntp: [...new Set(ntp)],
    interfaces: interfaces.map((one, index) => {
      const path = [...root, index];
      if (seen.has(one.name)) {
        report.add([...path, 'name'], `the interface "${one.name}" is there twice`, {
          code: 'TEMPLATE_CONFLICT',
        });
      }
      seen.add(one.name);
      checkAddresses(one, path, report);
      return {
        name: one.name,
        dhcp4: one.dhcp4 ?? false,
        dhcp6: one.dhcp6 ?? false,
        addresses: one.addresses ?? [],
        routes: one.routes ?? [],
        nameservers: one.nameservers ?? [],
      };
    }),
  };
}

function checkAddresses(one: TemplateInterface, path: Path, report: Report): void {
  const check = (fits: boolean, at: Path, message: string) => {
    if (!fits) report.add([...path, ...at], message);
  };
  one.addresses?.forEach((address, index) => {
    check(
      isNetwork(address),
      ['addresses', index],
      `"${address}" is not an address with a prefix length, as 192.168.7.10/24`,
    );
  });
  one.nameservers?.forEach((address, index) => {
    check(isIP(address) !== 0, ['nameservers', index], `"${address}" is not an IP address`);
  });
  one.routes?.forEach(({ to, via }, index) => {
    const known = to === 'default' || isNetwork(to);
    check(known, ['routes', index, 'to'], `"${to}" is neither "default" nor a network, as 10.0.0.0/8`);
    check(isIP(via) !== 0, ['routes', index, 'via'], `"${via}" is not an IP address`);
  });
}

/** An IPv4 or IPv6 address with a prefix length. */
function isNetwork(text: string): boolean {
  const [address = '', length = '', more] = text.split('/');
  const family = isIP(address);
  return (
    more === undefined &&
    family !== 0 &&
    /^\d{1,3}$/.test(length) &&
    Number(length) <= (family === 4 ? 32 : 128)
  );
}
