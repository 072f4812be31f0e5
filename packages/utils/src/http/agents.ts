import { X509Certificate } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { messageOf, UtilsError } from '../errors.js';
import { hostAndPort } from './host-and-port.js';
import { type ProxySettings, proxyFor } from './proxy-for.js';

/** A certificate and its private key, both PEM. */
export interface ClientCertificate {
  /** `host` or `host:port`; without it the certificate is for every server. */
  readonly host?: string | undefined;
  readonly certificate: string;
  readonly key: string;
}

export interface AgentOptions {
  /** Sockets to a host. */
  readonly connections: number;
  readonly ca?: string | undefined;
  readonly clientCertificates?: readonly ClientCertificate[] | undefined;
  readonly proxies?: ProxySettings | undefined;
}

export interface Agents {
  for(url: URL): Promise<HttpAgent>;
  close(): void;
}

/**
 * Keep-alive agents for TLS 1.2 or newer, always verified, straight or through a proxy.
 *
 * @throws UtilsError TLS_INVALID when a certificate or key cannot be used; `for` HTTP_PROXY for a proxy of another kind
 */
export function createAgents(options: AgentOptions): Agents {
  const { connections, ca, clientCertificates = [], proxies = {} } = options;
  const contexts = clientCertificates.map((one) => ({ host: one.host, context: secureContext(ca, one) }));
  const plain = secureContext(ca);
  const made = new Map<string, Promise<HttpAgent>>();
  const closed = new AbortController();

  const contextFor = (url: URL): SecureContext => {
    const own = contexts.find(({ host }) => host === url.hostname || host === hostAndPort(url));
    return (own ?? contexts.find(({ host }) => host === undefined))?.context ?? plain;
  };
  const make = async (url: URL, context: SecureContext, proxy: URL | undefined): Promise<HttpAgent> => {
    const keep = { keepAlive: true, scheduling: 'lifo' } as const;
    const tls = { secureContext: context, rejectUnauthorized: true } as const;
    if (proxy !== undefined) {
      // Loaded here: most have no proxy, and it takes as long as the rest of what the first connection loads.
      const { proxyAgent } = await import('./proxy-agent.js');
      return proxyAgent(url.protocol, proxy, { ...keep, ...tls, signal: closed.signal });
    }
    const own = { ...keep, maxSockets: connections };
    return url.protocol === 'https:' ? new HttpsAgent({ ...own, ...tls }) : new HttpAgent(own);
  };
  return {
    async for(url) {
      const proxy = proxyFor(url, proxies);
      const context = contextFor(url);
      const own = contexts.findIndex((one) => one.context === context);
      const name = `${url.protocol} ${own} ${proxy?.href ?? ''}`;
      const agent = made.get(name) ?? make(url, context, proxy);
      made.set(name, agent);
      return agent;
    },
    close() {
      closed.abort();
      for (const agent of made.values())
        agent.then(
          (one) => one.destroy(),
          () => {},
        );
    },
  };
}

/** Made once: reading all authorities again for each connection is most of the work of a connection. */
function secureContext(ca: string | undefined, client?: ClientCertificate): SecureContext {
  try {
    // OpenSSL passes over what it cannot read, and the server would be said to be untrusted.
    for (const authority of ca === undefined ? [] : certificatesOf(ca)) new X509Certificate(authority);
    return createSecureContext({
      minVersion: 'TLSv1.2',
      // Giving `ca` replaces the built-in authorities, so they are named again.
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    });
  } catch (error) {
    const what = client === undefined ? 'a certificate authority' : 'the client certificate or its key';
    throw new UtilsError('TLS_INVALID', `${what} cannot be used: ${messageOf(error)}`, {
      fault: 'request',
      hint: 'give PEM files; a key must belong to its certificate and have no passphrase',
    });
  }
}

function certificatesOf(pem: string): readonly string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (found === null) throw new Error('there is no certificate in it');
  return found;
}
