import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';
import fetch from 'node-fetch';
import { type LoopbackCertificates, loopbackCertificates } from './certificates.js';

/** Days after which a suite's indexes are fetched anew: by then the packages they name may have left the upstream. */
const FRESH_DAYS = 3;

export interface LoopbackMirror {
  /** Base URL of an archive on loopback, such as `https://127.0.0.1:4443/debian`. */
  url(archive: string): string;
  /** Where the files of an archive lie. */
  folder(archive: string): string;
  /** What clients must trust. */
  readonly certificates: LoopbackCertificates;
  /** Paths asked for so far, as `archive/path`; for tests that count. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface LoopbackMirrorOptions {
  /** Kept between runs, outside of any checkout. */
  readonly folder: string;
  /** Archive name → upstream base URL to fill it from; an archive without one is served from `folder` as it is. */
  readonly upstreams: Readonly<Record<string, string>>;
}

/**
 * An HTTPS server on loopback in place of package mirrors. This is the one fixture that reaches for the network: a
 * file that was never asked for before is fetched from the upstream once and kept; every later request, in this run
 * and in others, is answered from disk.
 */
export async function startLoopbackMirror(options: LoopbackMirrorOptions): Promise<LoopbackMirror> {
  const certificates = await loopbackCertificates(join(options.folder, 'certificates'));
  const requests: string[] = [];
  const underWay = new Map<string, Promise<boolean>>();

  const server = createServer(
    { key: certificates.key, cert: certificates.certificate },
    (request, response) => {
      const path = normalize(
        decodeURIComponent(new URL(request.url ?? '/', 'https://localhost').pathname),
      ).slice(1);
      requests.push(path);
      void answer(path, response).catch((error: unknown) => {
        response.writeHead(502).end(String(error));
      });
    },
  );

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const file = join(options.folder, 'archives', path);
    const [archive = ''] = path.split('/');
    const upstream = options.upstreams[archive];
    if (upstream !== undefined && !(await present(file, path))) {
      let filling = underWay.get(path);
      if (filling === undefined) {
        filling = fill(`${upstream}/${path.slice(archive.length + 1)}`, file).finally(() =>
          underWay.delete(path),
        );
        underWay.set(path, filling);
      }
      await filling;
    }
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || !found.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-length': found.size });
    createReadStream(file).pipe(response);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    folder: (archive) => join(options.folder, 'archives', archive),
    url: (archive) => `https://127.0.0.1:${port}/${archive}`,
    certificates,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Whether the mirror has a file and need not ask; a suite whose InRelease has aged is dropped whole. */
async function present(file: string, path: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return false;
  if (!path.endsWith('/InRelease')) return true;
  const days = (Date.now() - found.mtimeMs) / 86_400_000;
  if (days < FRESH_DAYS) return true;
  await rm(dirname(file), { recursive: true });
  return false;
}

async function fill(url: string, file: string): Promise<boolean> {
  const response = await fetch(url);
  if (response.status === 404) return false;
  if (!response.ok) throw new Error(`the upstream answered ${response.status}`);
  const partial = `${file}.${process.pid}.partial`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(partial, Buffer.from(await response.arrayBuffer()));
  await rename(partial, file);
  return true;
}
