import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createFetcher } from './create-fetcher.js';
import type { Fetcher, FetcherOptions } from './fetcher.js';

export const CONTENT = randomBytes(300_000);
export const WHOLE = { size: CONTENT.length, sha256: createHash('sha256').update(CONTENT).digest('hex') };

/** A fetcher that does not wait between attempts, for the running test. */
export function fetcher(options: FetcherOptions = {}): Fetcher {
  const made = createFetcher({ backoff: 1, retries: 2, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** Has a server listen on the loopback, for the running test; its port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that answers each request with the next listener, the last one for all further ones. */
export async function serve(
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

export const whole: RequestListener = (_request, response) => response.end(CONTENT);
export const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(code, headers).end('no');
export const cutAfter =
  (bytes: number): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': String(CONTENT.length) });
    response.write(CONTENT.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };
/** What a client asked for after a cut, without the place: a slow reader loses the end of what was sent before. */
export const withoutPlace = (range: string | undefined): string => range?.replace(/[1-9]\d*/, 'N') ?? '';
/** Answers Range as a mirror does. */
export const rangedFrom =
  (content: Buffer): RequestListener =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, start > 0 ? headers : {}).end(content.subarray(start));
  };
export const silent: RequestListener = () => {};
