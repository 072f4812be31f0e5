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
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CONTENT,
  cutAfter,
  fetcher,
  rangedFrom,
  serve,
  silent,
  status,
  WHOLE,
  whole,
  withoutPlace,
} from './fetcher.test.fixture.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-http-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

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
    await expect(fetcher({ idleTimeout: 500 }).download(url, path, WHOLE)).rejects.toMatchObject({ code });
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
