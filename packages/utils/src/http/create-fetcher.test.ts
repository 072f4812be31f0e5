import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFetcher } from './create-fetcher.js';
import type { Fetcher, FetcherOptions } from './fetcher.js';

const CONTENT = randomBytes(300_000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const WHOLE = { size: CONTENT.length, sha256: SHA256 };

let folder: string;
let path: string;
const closing: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-http-'));
  path = join(folder, 'file');
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  rmSync(folder, { recursive: true });
});

function fetcher(options: FetcherOptions = {}): Fetcher {
  const made = createFetcher({ backoff: 1, retries: 2, ...options });
  closing.push(() => made.close());
  return made;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that answers each request with the next listener, the last one for all further ones. */
async function serve(
  ...listeners: RequestListener[]
): Promise<{ url: string; requests: () => number; ranges: (string | undefined)[] }> {
  let count = 0;
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    listeners[Math.min(count, listeners.length - 1)]?.(request, response);
    count += 1;
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, requests: () => count, ranges };
}

const whole: RequestListener = (_request, response) => response.end(CONTENT);
const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(code, headers).end('no');
const cutAfter =
  (bytes: number): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': String(CONTENT.length) });
    response.write(CONTENT.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };
/** What a client asked for after a cut, without the place: a slow reader loses the end of what was sent before. */
const withoutPlace = (range: string | undefined): string => range?.replace(/[1-9]\d*/, 'N') ?? '';
/** Answers Range as a mirror does. */
const rangedFrom =
  (content: Buffer): RequestListener =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, start > 0 ? headers : {}).end(content.subarray(start));
  };
const silent: RequestListener = () => {};

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

describe('download', () => {
  it('writes the file and says what it is', async () => {
    const { url } = await serve(whole);
    expect(await fetcher().download(url, path, WHOLE)).toEqual(WHOLE);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    await fetcher().download(url, `${path}2`, {});
    expect(readFileSync(`${path}2`).equals(CONTENT)).toBe(true);
  });

  it('continues a cut transfer where it stopped', async () => {
    const server = await serve(cutAfter(100_000), rangedFrom(CONTENT));
    let sum = 0;
    const got = await fetcher().download(server.url, path, WHOLE, {
      onBytes: (bytes) => {
        sum += bytes;
      },
    });
    expect(got).toEqual(WHOLE);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(server.ranges.map(withoutPlace)).toEqual(['', 'bytes=N-']);
    expect(sum).toBe(CONTENT.length);
  });

  it('goes on as long as it gets further', async () => {
    const server = await serve((request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = { 'content-range': `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}` };
      response.writeHead(start > 0 ? 206 : 200, { 'content-length': CONTENT.length - start, ...range });
      response.write(CONTENT.subarray(start, start + 40_000), () => setTimeout(() => response.destroy(), 10));
    });
    expect(await fetcher({ retries: 1 }).download(server.url, path, WHOLE)).toEqual(WHOLE);
    expect(server.requests()).toBeGreaterThan(7);
  });

  it('asks for the rest of the very version that it has', async () => {
    const asked: unknown[] = [];
    const tagged =
      (tag: string): RequestListener =>
      (_request, response) => {
        response.writeHead(200, { etag: tag, 'content-length': String(CONTENT.length) });
        response.write(CONTENT.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
      };
    for (const tag of ['"one"', 'W/"weak"']) {
      const server = await serve(tagged(tag), (request, response) => {
        asked.push(request.headers['if-range']);
        rangedFrom(CONTENT)(request, response);
      });
      await fetcher().download(server.url, join(folder, `${asked.length}`), WHOLE);
    }
    expect(asked).toEqual(['"one"', undefined]);
  });

  it.each<[string, RequestListener, string[]]>([
    ['ignores ranges', whole, ['bytes=N-']],
    [
      'answers another range',
      (_q, r) => void r.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('12345'),
      ['bytes=N-', ''],
    ],
    ['has another version', rangedFrom(Buffer.alloc(CONTENT.length)), ['bytes=N-', '']],
    ['has a shorter version', status(416), ['bytes=N-', '']],
  ])('starts over after a cut when the server %s', async (_title, listener, ranges) => {
    const server = await serve(cutAfter(100_000), listener, whole);
    let sum = 0;
    const onBytes = (bytes: number) => {
      sum += bytes;
    };
    expect(await fetcher().download(server.url, path, WHOLE, { onBytes })).toEqual(WHOLE);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(server.ranges.map(withoutPlace)).toEqual(['', ...ranges]);
    expect(sum).toBe(CONTENT.length);
  });

  it.each<[string, Buffer, RequestListener[], (string | undefined)[]]>([
    ['its beginning', CONTENT.subarray(0, 100_000), [rangedFrom(CONTENT)], ['bytes=100000-']],
    ['all of it', CONTENT, [], []],
    ['something else', Buffer.alloc(100_000), [rangedFrom(CONTENT), whole], ['bytes=100000-', undefined]],
    ['other bytes of its size', Buffer.alloc(CONTENT.length), [whole], [undefined]],
    ['more than it', Buffer.concat([CONTENT, CONTENT]), [whole], [undefined]],
    ['nothing', Buffer.alloc(0), [whole], [undefined]],
  ])('takes up a file that has %s', async (_title, before, listeners, ranges) => {
    const server = await serve(...(listeners.length === 0 ? [status(500)] : listeners));
    writeFileSync(path, before);
    let sum = 0;
    const onBytes = (bytes: number) => {
      sum += bytes;
    };
    expect(await fetcher().download(server.url, path, WHOLE, { resume: true, onBytes })).toEqual(WHOLE);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(server.ranges).toEqual(ranges);
    expect(sum).toBe(CONTENT.length);
  });

  it('leaves nothing of a file that it took up in vain', async () => {
    const server = await serve(status(404));
    writeFileSync(path, CONTENT.subarray(0, 100_000));
    const failing = fetcher().download(server.url, path, WHOLE, { resume: true });
    await expect(failing).rejects.toMatchObject({ code: 'HTTP_STATUS' });
    expect(existsSync(path)).toBe(false);
  });

  it('starts over after a cut when no hash could prove the halves', async () => {
    const server = await serve(cutAfter(100_000), rangedFrom(CONTENT));
    await fetcher().download(server.url, path, { size: CONTENT.length });
    expect(server.ranges).toEqual([undefined, undefined]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another hash', { sha256: '0'.repeat(64) }],
    ['fewer bytes', { size: CONTENT.length + 1 }],
    ['more bytes', { size: CONTENT.length - 1 }],
  ])('refuses %s at once and leaves nothing', async (_title, expected) => {
    const server = await serve(whole);
    const got = fetcher().download(server.url, path, { ...WHOLE, ...expected });
    await expect(got).rejects.toMatchObject({ code: 'HTTP_MISMATCH' });
    expect(readdirSync(folder)).toEqual([]);
    expect(server.requests()).toBe(1);
  });

  it.each<[string, RequestListener, string]>([
    ['404', status(404), 'HTTP_STATUS'],
    ['cut connections', cutAfter(10), 'HTTP_UNREACHABLE'],
    ['a stall', silent, 'HTTP_TIMEOUT'],
  ])('leaves nothing after %s', async (_title, listener, code) => {
    const { url } = await serve(listener);
    await expect(fetcher({ idleTimeout: 50 }).download(url, path, WHOLE)).rejects.toMatchObject({ code });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves nothing when cancelled half way', async () => {
    const { url } = await serve((_request, response) => void response.writeHead(200).write(CONTENT));
    const controller = new AbortController();
    const got = fetcher().download(url, path, WHOLE, {
      signal: controller.signal,
      onBytes: () => controller.abort(),
    });
    await expect(got).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(path)).toBe(false);
  });

  it('does not touch a file that is there', async () => {
    writeFileSync(path, 'mine');
    const { url } = await serve(whole);
    await expect(fetcher().download(url, path, WHOLE)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it.skipIf(!existsSync('/dev/full'))('says when the disk is full', async () => {
    const { createDownloadSink } = await import('./download-sink.js');
    const full = openSync('/dev/full', 'w');
    const sink = createDownloadSink(full, 'there');
    await sink.append(CONTENT);
    await expect(sink.sync()).rejects.toMatchObject({ code: 'DISK_FULL' });
    await sink.settled();
    closeSync(full);
  });

  it('goes on behind what a connection that failed left to be written', async () => {
    const { createDownloadSink } = await import('./download-sink.js');
    const file = openSync(path, 'wx');
    const sink = createDownloadSink(file, path);
    const parts = [1, 2, 3].map((value) => Buffer.alloc(1024 * 1024 + value, value));
    const writes = parts.map((part) => sink.append(part));
    await sink.sync();
    await Promise.all(writes);
    closeSync(file);
    expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
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
