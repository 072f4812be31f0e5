import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import type { Files } from './repodata.js';

export interface TestCertificate {
  readonly key: string;
  /** Of itself: what a client must trust. */
  readonly certificate: string;
}

/** A certificate for 127.0.0.1, made in `folder`. */
export async function loopbackCertificate(folder: string): Promise<TestCertificate> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await exec('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ]);
  return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') };
}

export interface TestServer {
  readonly url: string;
  /** Status and path of each request, in order. */
  readonly log: string[];
  close(): Promise<void>;
}

/** Serves the files, with ETags, over HTTPS, or without a certificate over HTTP. */
export async function serve(files: Files, tls?: TestCertificate): Promise<TestServer> {
  const log: string[] = [];
  const answer: RequestListener = (request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    const bytes = files.get(path);
    const etag = bytes && `"${createHash('sha256').update(bytes).digest('hex')}"`;
    const status = bytes === undefined ? 404 : request.headers['if-none-match'] === etag ? 304 : 200;
    log.push(`${status} ${path}`);
    response.writeHead(status, etag === undefined ? {} : { etag });
    response.end(status === 200 ? bytes : undefined);
  };
  const server = tls
    ? createServer({ key: tls.key, cert: tls.certificate }, answer)
    : createPlainServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
