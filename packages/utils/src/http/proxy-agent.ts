import type { Agent, ClientRequest } from 'node:http';
import type { SecureContext } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { bareProxy } from './proxy-for.js';
import { PROXY_REFUSED } from './retry.js';

/** How the servers behind a proxy, and a proxy that is itself reached by https, are spoken to. */
export interface ProxyAgentOptions {
  readonly keepAlive: true;
  readonly scheduling: 'lifo';
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: true;
  /** Sockets that wait for their proxy belong to no pool yet: this ends them. */
  readonly signal: AbortSignal;
}

/** An agent that reaches servers of a protocol through a proxy. */
export function proxyAgent(protocol: string, proxy: URL, options: ProxyAgentOptions): Agent {
  const through = { ...options, ...bareProxy(proxy) };
  if (protocol === 'http:') return new HttpProxyAgent(through.url, through);
  const agent = new HttpsProxyAgent(through.url, through);
  agent.on('proxyConnect', refuse);
  // What the agent is made with goes for TLS to the proxy; for TLS inside the tunnel it takes what the request has.
  const connect = agent.connect.bind(agent);
  const tls = { secureContext: options.secureContext, rejectUnauthorized: options.rejectUnauthorized };
  agent.connect = (request, of) => connect(request, { ...of, ...tls });
  return agent;
}

/** What a proxy says in place of opening a tunnel must not be taken for the server's answer. */
function refuse({ statusCode }: { readonly statusCode: number }, request: ClientRequest): void {
  if (statusCode === 200) return;
  request.destroy(
    Object.assign(new Error(`the proxy answered with status ${statusCode}`), { code: PROXY_REFUSED }),
  );
}
