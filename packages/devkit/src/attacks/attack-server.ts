import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { LoopbackCertificates } from '../certificates.js';

/** The files of a server by path, without a leading slash. */
export type ServedFiles = Map<string, Buffer>;

export interface AttackServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface AttackServerOptions {
  readonly files: ServedFiles;
  readonly certificates: LoopbackCertificates;
  /** What it says of when files were made, by path. */
  readonly modified?: ReadonlyMap<string, Date> | undefined;
  /** Default 127.0.0.1; the certificate is for that and for localhost. */
  readonly address?: string | undefined;
  readonly tls?: Pick<ServerOptions, 'minVersion' | 'maxVersion' | 'ciphers'> | undefined;
  /** Answers in the place of the files where it returns true. */
  readonly answer?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/** Serves files over HTTPS, with the ways of a server that means no good. */
export async function startAttackServer(options: AttackServerOptions): Promise<AttackServer> {
  const { files, certificates, address = '127.0.0.1' } = options;
  const server = createServer(
    { key: certificates.key, cert: certificates.certificate, ...options.tls },
    (request, response) => {
      if (options.answer?.(request, response) === true) return;
      const path = decodeURIComponent((request.url ?? '').slice(1));
      const time = options.modified?.get(path);
      if (time !== undefined) response.setHeader('last-modified', time.toUTCString());
      const bytes = files.get(path);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    url: `https://${address}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
