import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FetcherOptions } from './fetcher.js';
import {
  CONTENT,
  cutAfter,
  fetcher,
  listen,
  serve,
  silent,
  status,
  WHOLE,
  whole,
} from './fetcher.test.fixture.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-http-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('bytes', () => {
  it('gives body, status and headers', async () => {
    const { url } = await serve((_request, response) => {
      response.setHeader('ETag', '"one"');
      response.end(CONTENT);
    });
    const seen: number[] = [];
    const answer = await fetcher().bytes(url, { onBytes: (bytes) => seen.push(bytes) });
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"one"' } });
    expect(answer.body.equals(CONTENT)).toBe(true);
    expect(seen.reduce((sum, bytes) => sum + bytes, 0)).toBe(CONTENT.length);
  });

  it('sends the headers it is given and passes on 304', async () => {
    const { url } = await serve((request, response) =>
      response.writeHead(request.headers['if-none-match'] === '"one"' ? 304 : 200).end(),
    );
    const answer = await fetcher().bytes(url, { headers: { 'If-None-Match': '"one"' } });
    expect(answer).toMatchObject({ status: 304, body: Buffer.alloc(0) });
  });

  it('asks for the bytes as they are stored', async () => {
    const { url } = await serve((request, response) => response.end(request.headers['accept-encoding']));
    expect((await fetcher().bytes(url)).body.toString()).toBe('identity');
  });

  it('keeps a connection for the next request', async () => {
    const { url } = await serve((request, response) => response.end(String(request.socket.remotePort)));
    const one = fetcher();
    expect((await one.bytes(url)).body).toEqual((await one.bytes(url)).body);
  });

  it('bounds the requests under way', async () => {
    let open = 0;
    let most = 0;
    const { url } = await serve((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end();
      }, 10);
    });
    const bounded = fetcher({ connections: 3 });
    await Promise.all(Array.from({ length: 12 }, () => bounded.bytes(url)));
    expect(most).toBe(3);
  });

  it('bounds the requests to one host, whatever the others do', async () => {
    let open = 0;
    let most = 0;
    const slow = await serve((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end();
      }, 30);
    });
    const quick = await serve(whole);
    const bounded = fetcher({ connections: 4, connectionsPerHost: 2 });
    const waiting = Promise.all(Array.from({ length: 8 }, () => bounded.bytes(slow.url)));
    const started = performance.now();
    await bounded.bytes(quick.url);
    expect(performance.now() - started).toBeLessThan(100);
    await waiting;
    expect(most).toBe(2);
  });

  it.each([[404], [403], [410], [501]])('gives up on status %i at once', async (code) => {
    const server = await serve(status(code));
    await expect(fetcher().bytes(server.url)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      details: { status: code },
    });
    expect(server.requests()).toBe(1);
  });

  it.each([[429], [500], [502], [503], [504], [408]])('tries again after status %i', async (code) => {
    const server = await serve(status(code), status(code), whole);
    expect((await fetcher().bytes(server.url)).body).toHaveLength(CONTENT.length);
    expect(server.requests()).toBe(3);
  });

  it('tries as often as it was told to, then says the status', async () => {
    const server = await serve(status(503));
    await expect(fetcher({ retries: 2 }).bytes(server.url)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      details: { status: 503 },
    });
    expect(server.requests()).toBe(3);
  });

  it('waits as long as Retry-After says', async () => {
    const server = await serve(status(503, { 'Retry-After': '1' }), whole);
    const started = performance.now();
    await fetcher().bytes(server.url);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it('tries a cut body again, and takes back the progress', async () => {
    const server = await serve(cutAfter(1000), whole);
    let sum = 0;
    const { body } = await fetcher().bytes(server.url, {
      onBytes: (bytes) => {
        sum += bytes;
      },
    });
    expect(body.equals(CONTENT)).toBe(true);
    expect(sum).toBe(CONTENT.length);
  });

  it('stops at a stall, in the head or in the body', async () => {
    const head = await serve(silent);
    const body = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345');
    });
    for (const { url } of [head, body]) {
      const stalled = fetcher({ idleTimeout: 50, retries: 0 }).bytes(url);
      await expect(stalled).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
    }
  });

  it('does not take slowness for a stall', async () => {
    const { url } = await serve((_request, response) => {
      let left = 8;
      const timer = setInterval(() => {
        response.write('x');
        left -= 1;
        if (left > 0) return;
        clearInterval(timer);
        response.end();
      }, 30);
    });
    expect((await fetcher({ idleTimeout: 150, minimumRate: 1, retries: 0 }).bytes(url)).body.toString()).toBe(
      'x'.repeat(8),
    );
  });

  it.each<[string, FetcherOptions, string]>([
    ['trickles', { idleTimeout: 80, minimumRate: 1000 }, 'sent less than 1000 bytes a second'],
    ['never ends', { totalTimeout: 80, minimumRate: 0 }, 'was not done in the time there is'],
  ])('stops when a body %s', async (_title, options, message) => {
    const server = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(timer));
    });
    const answer = fetcher({ retries: 0, ...options }).bytes(server.url);
    await expect(answer).rejects.toMatchObject({
      code: 'HTTP_TIMEOUT',
      message: expect.stringContaining(message),
    });
  });

  it('tries no more when the time is over', async () => {
    const server = await serve(status(503));
    const answer = fetcher({ retries: 50, backoff: 400, totalTimeout: 1000 }).bytes(server.url);
    await expect(answer).rejects.toMatchObject({ code: 'HTTP_STATUS' });
    expect(server.requests()).toBeLessThan(6);
  });

  it.each<[string, RequestListener]>([
    ['announced', whole],
    ['unannounced', (_request, response) => void response.writeHead(200).write(CONTENT)],
  ])('refuses a larger body than allowed (%s)', async (_title, listener) => {
    const server = await serve(listener);
    const answer = fetcher().bytes(server.url, { maxBytes: CONTENT.length - 1 });
    await expect(answer).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
    expect(server.requests()).toBe(1);
    await expect(
      fetcher().bytes((await serve(whole)).url, { maxBytes: CONTENT.length }),
    ).resolves.toBeDefined();
  });

  it('can be cancelled while it waits for bytes, and before another try', async () => {
    for (const listener of [silent, status(503, { 'Retry-After': '30' })]) {
      const { url } = await serve(listener);
      const controller = new AbortController();
      const answer = fetcher().bytes(url, { signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      await expect(answer).rejects.toMatchObject({ code: 'CANCELLED', fault: 'cancelled' });
    }
  });

  it('says when nobody listens, without the credentials of the URL', async () => {
    const answer = fetcher({ retries: 0 }).bytes('http://me:secret@127.0.0.1:1/x');
    await expect(answer).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      message: expect.not.stringContaining('secret'),
      details: { code: 'ECONNREFUSED' },
    });
  });

  it('sends the credentials of the URL to its host', async () => {
    const { url } = await serve((request, response) => response.end(request.headers.authorization));
    const { body } = await fetcher().bytes(url.replace('//', '//me:s%40cret@'));
    expect(body.toString()).toBe(`Basic ${Buffer.from('me:s@cret').toString('base64')}`);
  });

  it.each([['ftp://127.0.0.1/x'], ['data:,x'], ['nothing']])('refuses the URL %s', async (url) => {
    await expect(fetcher().bytes(url)).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE', fault: 'request' });
  });
});

describe('redirects', () => {
  it('are followed, relative ones too', async () => {
    const target = await serve(whole);
    const { url } = await serve(
      status(302, { location: '/next' }),
      status(307, { location: `${target.url}/x` }),
    );
    expect((await fetcher().bytes(url)).body).toHaveLength(CONTENT.length);
  });

  it('end somewhere', async () => {
    const server = await serve(status(302, { location: '/again' }));
    await expect(fetcher().bytes(server.url)).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE' });
    expect(server.requests()).toBe(11);
  });

  it('never lead to a file', async () => {
    const { url } = await serve(status(302, { location: 'file:///etc/passwd' }));
    await expect(fetcher().bytes(url)).rejects.toMatchObject({ code: 'HTTP_REDIRECT' });
  });

  it('do not carry secrets to another origin', async () => {
    const echo: RequestListener = (request, response) =>
      response.end(
        JSON.stringify([request.headers.authorization, request.headers.cookie, request.headers['x-kept']]),
      );
    const target = await serve(echo);
    const { url } = await serve(status(302, { location: target.url }));
    const headers = { Authorization: 'Bearer 1', Cookie: 'a=b', 'X-Kept': 'yes' };
    const { body } = await fetcher().bytes(url.replace('//', '//me:secret@'), { headers });
    expect(JSON.parse(body.toString())).toEqual([null, null, 'yes']);
  });
});

describe('file:', () => {
  it('is read and downloaded like the others', async () => {
    const source = join(folder, 'a source #1');
    writeFileSync(source, CONTENT);
    const url = pathToFileURL(source).href;
    expect((await fetcher().bytes(url)).body.equals(CONTENT)).toBe(true);
    expect(await fetcher().download(url, path, WHOLE)).toEqual(WHOLE);
    await expect(fetcher().bytes(url, { maxBytes: 10 })).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
  });

  it('says when it is missing or no file', async () => {
    const missing = pathToFileURL(join(folder, 'none')).href;
    await expect(fetcher().bytes(missing)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      details: { status: 404 },
    });
    await expect(fetcher({ retries: 0 }).bytes(pathToFileURL(folder).href)).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
    });
  });
});

describe('TLS', () => {
  let made: string;
  let key: Buffer;
  let cert: Buffer;
  beforeAll(() => {
    made = mkdtempSync(join(tmpdir(), 'ic-tls-'));
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=loopback';
    const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'];
    execFileSync('openssl', [...args.split(' '), ...files], { cwd: made, stdio: 'ignore' });
    key = readFileSync(join(made, 'key.pem'));
    cert = readFileSync(join(made, 'cert.pem'));
  });
  afterAll(() => rmSync(made, { recursive: true }));

  async function serveTls(
    listener: RequestListener,
    options = {},
  ): Promise<{ url: string; requests: () => number }> {
    let count = 0;
    const server = createTlsServer({ key, cert, ...options }, (request, response) =>
      listener(request, response),
    );
    server.on('connection', () => {
      count += 1;
    });
    return { url: `https://127.0.0.1:${await listen(server)}`, requests: () => count };
  }

  it('trusts the authority it is given, and only then', async () => {
    const server = await serveTls(whole);
    expect((await fetcher({ ca: cert.toString() }).bytes(server.url)).body).toHaveLength(CONTENT.length);
    const before = server.requests();
    await expect(fetcher().bytes(server.url)).rejects.toMatchObject({
      code: 'HTTP_UNTRUSTED',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      details: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(server.requests()).toBe(before + 1);
  });

  it('checks the name in the certificate', async () => {
    const { url } = await serveTls(whole);
    const other = fetcher({ ca: cert.toString() }).bytes(url.replace('127.0.0.1', 'localhost'));
    await expect(other).rejects.toMatchObject({ details: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  });

  it('does not speak TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { url } = await serveTls(whole, old);
    const willing = connect({ ...old, ca: cert, host: '127.0.0.1', port: Number(new URL(url).port) });
    await once(willing, 'secureConnect');
    willing.destroy();
    const answer = fetcher({ ca: cert.toString(), retries: 0 }).bytes(url);
    await expect(answer).rejects.toMatchObject({
      code: 'HTTP_TLS_TOO_OLD',
      details: { code: 'EPROTO' },
    });
  });

  it('is not left by a redirect', async () => {
    const plain = await serve(whole);
    const { url } = await serveTls(status(302, { location: plain.url }));
    const answer = fetcher({ ca: cert.toString() }).download(url, path, WHOLE);
    await expect(answer).rejects.toMatchObject({ code: 'HTTP_INSECURE' });
    expect(plain.requests()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('can be entered by a redirect', async () => {
    const secure = await serveTls(whole);
    const { url } = await serve(status(301, { location: secure.url }));
    expect((await fetcher({ ca: cert.toString() }).bytes(url)).body).toHaveLength(CONTENT.length);
  });
});
