import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from './create-fetcher.js';
import type { Fetcher, FetcherOptions } from './fetcher.js';

let made: string;
const closing: (() => void)[] = [];

beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), 'ic-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: made, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-days', '2', '-subj', '/CN=CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  for (const name of ['server', 'client']) {
    openssl('req', ...ec, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(made, 'ext'), 'subjectAltName=IP:127.0.0.1,DNS:repo.example\n');
    const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext'];
    openssl('x509', '-req', '-days', '2', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`);
  }
});
afterAll(() => rmSync(made, { recursive: true }));
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const pem = (name: string): string => readFileSync(join(made, name), 'utf8');
const client = (host?: string) => ({ host, certificate: pem('client.pem'), key: pem('client.key') });

function fetcher(options: FetcherOptions = {}): Fetcher {
  const one = createFetcher({ backoff: 1, retries: 0, ca: pem('ca.pem'), ...options });
  closing.push(() => one.close());
  return one;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function serveTls(listener: RequestListener, options: ServerOptions = {}): Promise<number> {
  const server = createTlsServer({ key: pem('server.key'), cert: pem('server.pem'), ...options }, listener);
  return listen(server);
}

const showLogin: RequestListener = (request, response) =>
  response.end(request.headers.authorization ?? 'none');
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

interface Proxy {
  readonly url: string;
  /** `METHOD target` and what the proxy was told of the user. */
  readonly asked: [string, string | undefined][];
}

/** A proxy that leads every name to 127.0.0.1. */
async function proxy(connectAnswer = 'HTTP/1.1 200 OK'): Promise<Proxy> {
  const asked: Proxy['asked'] = [];
  const remember = (request: IncomingMessage) =>
    asked.push([`${request.method} ${request.url}`, request.headers['proxy-authorization']]);
  const server = createServer((request, response) => {
    remember(request);
    response.end('by proxy');
  });
  server.on('connect', (request: IncomingMessage, near: Socket) => {
    remember(request);
    near.on('error', () => {});
    if (!connectAnswer.includes(' 200 ')) {
      near.end(`${connectAnswer}\r\n\r\n`);
      return;
    }
    const far = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      near.write(`${connectAnswer}\r\n\r\n`);
      far.pipe(near).pipe(far);
    });
    far.on('error', () => near.destroy());
    closing.push(
      () => far.destroy(),
      () => near.destroy(),
    );
  });
  return { url: `http://me:s3cr%40t@127.0.0.1:${await listen(server)}`, asked };
}

describe('TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const port = await serveTls(
      (request, response) => response.end((request.socket as TLSSocket).getProtocol()),
      {
        maxVersion: version,
      },
    );
    expect((await fetcher().bytes(`https://127.0.0.1:${port}/`)).body.toString()).toBe(version);
  });

  it('says that a server which speaks no TLS is none for https:', async () => {
    const port = await listen(createServer((_request, response) => response.end()));
    await expect(fetcher().bytes(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'HTTP_TLS_TOO_OLD',
    });
  });

  it('takes several authorities in one text, and keeps those of Node', async () => {
    const port = await serveTls((_request, response) => response.end('x'));
    const ca = `${rootCertificates[0]}\n${pem('ca.pem')}`;
    expect((await fetcher({ ca }).bytes(`https://127.0.0.1:${port}/`)).body.toString()).toBe('x');
    await expect(
      fetcher({ ca: rootCertificates[0] }).bytes(`https://127.0.0.1:${port}/`),
    ).rejects.toMatchObject({
      code: 'HTTP_UNTRUSTED',
    });
  });

  it('shows its certificate to servers that ask for it, or to one of them', async () => {
    const port = await serveTls(
      (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN),
      { requestCert: true, rejectUnauthorized: true, ca: pem('ca.pem') },
    );
    const url = `https://127.0.0.1:${port}/`;
    for (const host of [undefined, '127.0.0.1', `127.0.0.1:${port}`]) {
      const one = fetcher({ clientCertificates: [client(host)] });
      expect((await one.bytes(url)).body.toString()).toBe('client');
    }
    for (const clientCertificates of [[], [client('other.example')], [client('127.0.0.1:1')]]) {
      await expect(fetcher({ clientCertificates }).bytes(url)).rejects.toMatchObject({ name: 'UtilsError' });
    }
  });

  it('refuses a key that belongs to another certificate, and does not show it', async () => {
    const clientCertificates = [{ certificate: pem('client.pem'), key: pem('server.key') }];
    const error: Error = await fetcher({ clientCertificates })
      .bytes('https://127.0.0.1:1/')
      .then(
        () => Promise.reject(new Error('it was fetched')),
        (reason: Error) => reason,
      );
    expect(error).toMatchObject({ code: 'TLS_INVALID', fault: 'request' });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(pem('server.key').split('\n')[1]);
  });
});

describe('logins', () => {
  it('go to the server and path that they are for', async () => {
    const url = `https://127.0.0.1:${await serveTls(showLogin)}`;
    const one = fetcher({ logins: [{ place: '127.0.0.1/deb', user: 'me', password: 's3:cret' }] });
    expect((await one.bytes(`${url}/debian/x`)).body.toString()).toBe(basic('me:s3:cret'));
    expect((await one.bytes(`${url}/rpm/x`)).body.toString()).toBe('none');
    expect((await one.bytes(`${url.replace('//', '//you:pw@')}/debian/x`)).body.toString()).toBe(
      basic('you:pw'),
    );
    expect((await one.bytes(`${url.replace('//', '//me@')}/debian/x`)).body.toString()).toBe(
      basic('me:s3:cret'),
    );
    expect((await one.bytes(`${url.replace('//', '//you@')}/debian/x`)).body.toString()).toBe(basic('you:'));
  });

  it('go over http: only when they say so', async () => {
    const port = await listen(createServer(showLogin));
    const login = (place: string) => fetcher({ logins: [{ place, user: 'me', password: 'x' }] });
    expect((await login('127.0.0.1').bytes(`http://127.0.0.1:${port}/`)).body.toString()).toBe('none');
    expect((await login('http://127.0.0.1').bytes(`http://127.0.0.1:${port}/`)).body.toString()).toBe(
      basic('me:x'),
    );
  });

  it('are not carried over a redirect to another server, which gets its own', async () => {
    const second = await serveTls(showLogin);
    const first = await serveTls((_request, response) =>
      response.writeHead(302, { location: `https://127.0.0.1:${second}/x` }).end(),
    );
    const login = (port: number, user: string) => ({ place: `127.0.0.1:${port}`, user, password: 'x' });
    const one = fetcher({ logins: [login(first, 'first')] });
    expect((await one.bytes(`https://127.0.0.1:${first}/`)).body.toString()).toBe('none');
    const both = fetcher({ logins: [login(first, 'first'), login(second, 'second')] });
    expect((await both.bytes(`https://127.0.0.1:${first}/`)).body.toString()).toBe(basic('second:x'));
  });
});

describe('proxies', () => {
  it('are asked for a tunnel to https: servers, which is used again', async () => {
    const port = await serveTls(showLogin);
    const { url, asked } = await proxy();
    const one = fetcher({ proxies: { https: url } });
    for (let count = 0; count < 3; count += 1) {
      expect((await one.bytes(`https://repo.example:${port}/x`)).body.toString()).toBe('none');
    }
    expect(asked).toEqual([[`CONNECT repo.example:${port}`, basic('me:s3cr@t')]]);
  });

  it('verify the server, not the proxy', async () => {
    const port = await serveTls(showLogin);
    const { url } = await proxy();
    const one = fetcher({ proxies: { https: url } });
    await expect(one.bytes(`https://other.example:${port}/x`)).rejects.toMatchObject({
      code: 'HTTP_WRONG_HOST',
      details: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    const old = await serveTls(showLogin, {
      ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(one.bytes(`https://repo.example:${old}/x`)).rejects.toMatchObject({
      code: 'HTTP_TLS_TOO_OLD',
    });
  });

  it('are asked for the file itself of http: servers', async () => {
    const { url, asked } = await proxy();
    const one = fetcher({ proxies: { http: url } });
    expect((await one.bytes('http://repo.example:8080/x?y')).body.toString()).toBe('by proxy');
    expect((await one.bytes('http://repo.example/z')).body.toString()).toBe('by proxy');
    expect(asked.map(([what]) => what)).toEqual([
      'GET http://repo.example:8080/x?y',
      'GET http://repo.example/z',
    ]);
  });

  it('are passed by for the servers listed', async () => {
    const port = await serveTls(showLogin);
    const { url, asked } = await proxy();
    const one = fetcher({ proxies: { https: url, bypass: '127.0.0.0/8' } });
    expect((await one.bytes(`https://127.0.0.1:${port}/`)).body.toString()).toBe('none');
    expect(asked).toEqual([]);
  });

  it.each([
    ['HTTP/1.1 407 Proxy Authentication Required', 'HTTP_PROXY'],
    ['HTTP/1.1 403 Forbidden', 'HTTP_PROXY'],
    ['HTTP/1.1 302 Found\r\nLocation: https://evil.example/', 'HTTP_PROXY'],
    ['HTTP/1.1 503 Unavailable', 'HTTP_PROXY'],
  ])('that answer CONNECT with %j are not taken for the server', async (answer, code) => {
    const { url, asked } = await proxy(answer);
    const error: Error = await fetcher({ proxies: { https: url }, retries: 1 })
      .bytes('https://repo.example/x')
      .then(
        () => Promise.reject(new Error('it was fetched')),
        (reason: Error) => reason,
      );
    expect(error).toMatchObject({ code });
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/s3cr|me:/);
    expect(asked).toHaveLength(answer.includes(' 503 ') ? 2 : 1);
  });

  it('that do not listen are named, without their password', async () => {
    const answer = fetcher({ proxies: { https: 'http://me:secret@127.0.0.1:1' } }).bytes(
      'https://repo.example/x',
    );
    await expect(answer).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      message: expect.stringMatching(/^(?!.*secret).* through the proxy http:\/\/127\.0\.0\.1:1: /),
    });
  });

  it.each(['socks5://127.0.0.1:1080', 'http://'])('of another kind are refused: %s', async (https) => {
    await expect(fetcher({ proxies: { https } }).bytes('https://repo.example/x')).rejects.toMatchObject({
      code: 'HTTP_PROXY',
      fault: 'request',
    });
  });

  it('that say nothing are given up, and let go at the end', async () => {
    const sockets: Socket[] = [];
    const server = createServer();
    server.on('connect', (_request, socket: Socket) => sockets.push(socket));
    const port = await listen(server);
    const one = fetcher({ proxies: { https: `http://127.0.0.1:${port}` }, idleTimeout: 50 });
    await expect(one.bytes('https://repo.example/x')).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
    expect(sockets).toHaveLength(1);
    const ended = new Promise<void>((resolve) => sockets[0]?.resume().once('end', () => resolve()));
    one.close();
    await ended;
  });
});
