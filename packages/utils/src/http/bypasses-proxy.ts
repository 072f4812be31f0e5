import { BlockList, isIP } from 'node:net';
import { portOf } from './host-and-port.js';

/**
 * Whether a list in the form of NO_PROXY names the server of a URL, as curl reads it: entries are separated by commas or
 * blanks; `*` alone is every server; a name stands for itself and what is below it, with a dot before it or without; an
 * address may be a network in CIDR notation. Beyond curl, an entry may end in `:port`, and `*.` may stand for the dot.
 */
export function bypassesProxy(url: URL, list: string): boolean {
  if (list.trim() === '*') return true;
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const { name, port } = splitPort(entry);
      if (port !== undefined && port !== portOf(url)) return false;
      return isIP(host) === 0 ? isBelow(host, name) : isInNetwork(host, name);
    });
}

/** A colon belongs to an address of IPv6 unless that is in brackets. */
function splitPort(entry: string): { readonly name: string; readonly port?: string } {
  const match = /^(?:\[(?<address>[^\]]*)\]|(?<name>[^:]*))(?::(?<port>\d+))?$/.exec(entry);
  if (match?.groups === undefined) return { name: entry };
  const { address, name = '', port } = match.groups;
  return { name: address ?? name, ...(port === undefined ? {} : { port }) };
}

function isBelow(host: string, name: string): boolean {
  const suffix = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', length] = network.split('/');
  const version = isIP(address);
  if (version === 0 || version !== isIP(host)) return false;
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (!Number.isInteger(bits) || bits < 1 || bits > most) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(address, bits, family);
  return block.check(host, family);
}
