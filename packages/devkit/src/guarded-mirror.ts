import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { pipeline } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { LoopbackCertificates } from './certificates.js';

/** `user:password`. */
type Pair = string;

export interface GuardedMirrorOptions {
  readonly certificates: LoopbackCertificates;
  /** First folder of the path → the server that really has it. */
  readonly servers: Readonly<Record<string, string>>;
  /** First folder of the path → who may read it; others are answered with 401. */
  readonly readers: Readonly<Record<string, readonly Pair[]>>;
  /** PEM file of the only certificate that clients may show. */
  readonly clientCertificate: string;
  /** Who may use the proxy. */
  readonly proxyUser: Pair;
}

export interface GuardedMirror {
  /** `127.0.0.1:<port>` of the HTTPS server. */
  readonly place: string;
  /** The same of the proxy that leads to it. */
  readonly proxyPlace: string;
  /** Whom requests were answered for, in the order they came. */
  readonly answered: readonly string[];
  close(): Promise<void>;
}

/** An HTTPS server that wants a password and a client certificate, and a proxy that wants a password, in front of others. */
export async function startGuardedMirror(options: GuardedMirrorOptions): Promise<GuardedMirror> {
  const { certificates, servers, readers } = options;
  const answered: string[] = [];
  const server = createServer(
    {
      ...{ key: certificates.key, cert: certificates.certificate },
      ...{ requestCert: true, rejectUnauthorized: false, ca: readFileSync(options.clientCertificate) },
    },
    (request, response) => {
      const [, folder = '', rest = ''] = /^\/([^/]+)\/(.*)$/.exec(request.url ?? '') ?? [];
      const pair = pairOf(request.headers.authorization);
      const isAllowed = (readers[folder] ?? []).includes(pair) && (request.socket as TLSSocket).authorized;
      if (!isAllowed) {
        response.writeHead(401).end();
        return;
      }
      answered.push(pair);
      httpsRequest(`${servers[folder]}/${rest}`, { rejectUnauthorized: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        pipeline(answer, response, () => {});
      }).end();
    },
  );
  const proxy = createHttpServer().on('connect', (request, socket, head) => {
    const pair = pairOf(request.headers['proxy-authorization']);
    if (pair !== options.proxyUser) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    answered.push(pair);
    const { port } = new URL(`http://${request.url}`);
    const beyond = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      beyond.write(head);
      pipeline(socket, beyond, socket, () => {});
    });
  });
  const placeOf = async (one: typeof server | typeof proxy) => {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(one.address() as AddressInfo).port}`;
  };
  return {
    answered,
    place: await placeOf(server),
    proxyPlace: await placeOf(proxy),
    async close() {
      for (const one of [server, proxy]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
}

function pairOf(header: string | undefined): Pair {
  return Buffer.from(header?.replace(/^Basic /, '') ?? '', 'base64').toString('utf8');
}
