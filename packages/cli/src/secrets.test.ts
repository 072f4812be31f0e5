import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { library } from './library.js';
import { main } from './main.js';

const TEMPLATE = fileURLToPath(new URL('../../../examples/azure-linux-3/minimal-raw.yml', import.meta.url));
/** Each in its own form, and those that HTTP makes of them. */
const SECRETS = ['in-the-url', 'in-the-file', 'of-the-proxy', 'private.key'];

let folder: string;
let close: () => void;
let asked: (string | undefined)[];
let answer: RequestListener;
let port: number;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-secrets-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1'];
  openssl('req', '-x509', ...key, ...name, '-keyout', 'private.key', '-out', 'cert.pem');
  writeFileSync(join(folder, 'logins'), 'machine 127.0.0.1 login alice password in-the-file\n');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => close());

async function listen(): Promise<void> {
  asked = [];
  const [key, cert] = ['private.key', 'cert.pem'].map((file) => readFileSync(join(folder, file)));
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(request.headers.authorization);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  close = () => {
    server.closeAllConnections();
    server.close();
  };
}

/** Everything that a run of `ic resolve --packages` says and leaves behind. */
async function run(
  mirror: string,
  more: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const cacheDir = join(folder, 'cache');
  let said = '';
  const output = {
    write: (text: string) => {
      said += text;
    },
  };
  const io = { stdout: output, stderr: output, env: { HOME: folder, ...env }, on() {}, off() {} };
  const file = (name: string) => join(folder, name);
  const way = ['--mirror', `azl3=${mirror}`, '--cache-dir', cacheDir, '--ca', file('cert.pem')];
  const client = ['--client-cert', file('cert.pem'), '--client-key', file('private.key')];
  await main(['resolve', TEMPLATE, '--packages', ...way, ...client, ...more], io, library);
  mkdirSync(cacheDir, { recursive: true });
  const left = readdirSync(cacheDir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = left.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  rmSync(cacheDir, { recursive: true });
  return [said, ...left.map(({ name }) => name), ...texts].join('\n');
}

function withoutSecrets(text: string): void {
  const pairs = ['bob:in-the-url', 'alice:in-the-file', 'carol:of-the-proxy'];
  const encoded = pairs.map((pair) => Buffer.from(pair).toString('base64'));
  const key = readFileSync(join(folder, 'private.key'), 'utf8').split('\n')[1] ?? '';
  for (const secret of [...SECRETS, ...encoded, key]) expect(text).not.toContain(secret);
}

describe.each([[['-v']], [['-v', '--json']]])(
  'secrets are not shown nor kept (%j)',
  { timeout: 60_000 },
  (flags) => {
    it.each<[string, RequestListener]>([
      ['gives everything', (_request, response) => response.end('neither a key nor an index')],
      ['wants another password', (_request, response) => response.writeHead(401).end()],
      [
        'leads elsewhere',
        (_request, response) => response.writeHead(302, { location: 'http://x.example/' }).end(),
      ],
    ])('when the server %s', async (_title, listener) => {
      answer = listener;
      await listen();
      const url = `https://bob:in-the-url@127.0.0.1:${port}/azl3`;
      withoutSecrets(await run(url, flags));
      expect(asked).toContain(`Basic ${Buffer.from('bob:in-the-url').toString('base64')}`);
      asked.length = 0;
      withoutSecrets(
        await run(url.replace('bob:in-the-url@', ''), [...flags, '--auth-file', join(folder, 'logins')]),
      );
      expect(asked).toContain(`Basic ${Buffer.from('alice:in-the-file').toString('base64')}`);
    });

    it('when the proxy wants another password', async () => {
      answer = (_request, response) => response.end();
      await listen();
      const told: (string | undefined)[] = [];
      const proxy = createProxy().on('connect', (request, socket) => {
        told.push(request.headers['proxy-authorization']);
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const place = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const env = { HTTPS_PROXY: `http://carol:of-the-proxy@${place}` };
      const said = await run(`https://127.0.0.1:${port}/azl3`, flags, env);
      proxy.close();
      expect(said).toContain(`the proxy http://${place} does not lead to`);
      expect(told).toContain(`Basic ${Buffer.from('carol:of-the-proxy').toString('base64')}`);
      withoutSecrets(said);
      expect(asked).toEqual([]);
    });
  },
);
