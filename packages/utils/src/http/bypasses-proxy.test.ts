import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bypassesProxy } from './bypasses-proxy.js';

/** Server, list, whether it is asked directly. */
const AS_CURL: [string, string, boolean][] = [
  ['a.example', '', false],
  ['a.example', '*', true],
  ['a.example', 'b.example,*', false],
  ['a.example', 'a.example', true],
  ['a.example', 'A.EXAMPLE', true],
  ['A.example', 'a.example', true],
  ['a.example', '.a.example', true],
  ['b.a.example', 'a.example', true],
  ['b.a.example', '.a.example', true],
  ['ba.example', 'a.example', false],
  ['a.example', 'b.a.example', false],
  ['a.example', 'example', true],
  ['a.example.', 'a.example', true],
  ['a.example', 'a.example.', true],
  ['a.example', 'x.example, a.example', true],
  ['a.example', 'x.example,a.example', true],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.0/24', true],
  ['192.0.2.7', '192.0.2.0/30', false],
  ['192.0.2.7', '192.0.2.8', false],
  ['192.0.2.7', '2.7', false],
  ['192.0.2.7', '192.0.2.0/33', false],
  ['[2001:db8::7]', '2001:db8::/32', true],
  ['[2001:db8::7]', '2001:db8::7', true],
  ['[2001:db8::7]', '2001:db9::/32', false],
];

describe('bypassesProxy', () => {
  it.each(AS_CURL)('%s with NO_PROXY=%j: %s', (host, list, expected) => {
    expect(bypassesProxy(new URL(`http://${host}/`), list)).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['https://a.example/', 'a.example:443', true],
    ['https://a.example:8443/', 'a.example:443', false],
    ['https://a.example:8443/', 'a.example:8443', true],
    ['https://b.a.example/', '*.a.example', true],
    ['https://[2001:db8::7]:8443/', '[2001:db8::7]:8443', true],
    ['https://[2001:db8::7]/', '[2001:db8::7]:8443', false],
    ['https://192.0.2.7/', '192.0.2.7:80', false],
  ])('%s with NO_PROXY=%j, which curl does not have: %s', (url, list, expected) => {
    expect(bypassesProxy(new URL(url), list)).toBe(expected);
  });

  const hasCurl = spawnSync('curl', ['--version']).status === 0;
  it.skipIf(!hasCurl)('decides as curl does', async () => {
    const proxy = createServer((_request, response) => response.end('by proxy'));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    try {
      // Up to 8.0 curl did not know an address of IPv6 when it saw one.
      for (const [host, list, expected] of AS_CURL.filter(([name]) => !name.startsWith('['))) {
        // Whoever does not ask the proxy finds nobody: no name is looked up, and no address leaves loopback.
        const args = [
          '--silent',
          '--max-time',
          '5',
          '--proxy',
          `http://127.0.0.1:${port}`,
          '--noproxy',
          list,
        ];
        const connect = [
          '--globoff',
          '--interface',
          '127.0.0.1',
          '--resolve',
          '*:1:127.0.0.1',
          `http://${host}:1/`,
        ];
        const said = await promisify(execFile)('curl', [...args, ...connect], { env: {} }).catch(() => ({
          stdout: '',
        }));
        expect([host, list, said.stdout !== 'by proxy']).toEqual([host, list, expected]);
      }
    } finally {
      proxy.close();
    }
  });
});
