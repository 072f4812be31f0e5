import { X509Certificate } from 'node:crypto';
import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { messageOf, UtilsError } from '../errors.js';
import { hostAndPort } from './host-and-port.js';
import { bareProxy, type ProxySettings, proxyFor } from './proxy-for.js';
import { PROXY_REFUSED } from './retry.js';

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
  for(url: URL): HttpAgent;
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
  const made = new Map<string, HttpAgent>();
  const closed = new AbortController();

  const contextFor = (url: URL): SecureContext => {
    const own = contexts.find(({ host }) => host === url.hostname || host === hostAndPort(url));
    return (own ?? contexts.find(({ host }) => host === undefined))?.context ?? plain;
  };
  const make = (url: URL, context: SecureContext, proxy: URL | undefined): HttpAgent => {
    const keep = { keepAlive: true, scheduling: 'lifo' } as const;
    const tls = { secureContext: context, rejectUnauthorized: true };
    if (proxy === undefined) {
      const own = { ...keep, maxSockets: connections };
      return url.protocol === 'https:' ? new HttpsAgent({ ...own, ...tls }) : new HttpAgent(own);
    }
    // Sockets that wait for their proxy belong to no pool yet: the signal ends them.
    const through = { ...keep, ...tls, ...bareProxy(proxy), signal: closed.signal };
    if (url.protocol === 'http:') return new HttpProxyAgent(through.url, through);
    const agent = new HttpsProxyAgent(through.url, through);
    agent.on('proxyConnect', refuse);
    // What the agent is made with goes for TLS to the proxy; for TLS inside the tunnel it takes what the request has.
    const connect = agent.connect.bind(agent);
    agent.connect = (request, options) => connect(request, { ...options, ...tls });
    return agent;
  };
  return {
    for(url) {
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
      for (const agent of made.values()) agent.destroy();
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

/** What a proxy says in place of opening a tunnel must not be taken for the server's answer. */
function refuse({ statusCode }: { readonly statusCode: number }, request: ClientRequest): void {
  if (statusCode === 200) return;
  request.destroy(
    Object.assign(new Error(`the proxy answered with status ${statusCode}`), { code: PROXY_REFUSED }),
  );
}
