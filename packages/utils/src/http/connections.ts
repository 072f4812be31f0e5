import { redactUrl } from '../redact.js';
import { type AgentOptions, createAgents } from './agents.js';
import type { Login } from './logins.js';
import { proxyFor } from './proxy-for.js';
import { type Answer, type OneRequest, request } from './request.js';

/** The ways to servers. */
export interface Connections {
  /** See `request`. */
  request(url: string, options: OneRequest): Promise<Answer>;
  /** The proxy on the way to a URL, as it may be shown. */
  proxyOf(url: string): string | undefined;
  close(): void;
}

export interface ConnectionOptions extends AgentOptions {
  readonly logins?: readonly Login[] | undefined;
}

/** @throws UtilsError TLS_INVALID */
export function createConnections(options: ConnectionOptions): Connections {
  const { logins = [], proxies = {} } = options;
  const agents = createAgents(options);
  return {
    request: (url, one) => request(url, one, { agents, logins }),
    proxyOf(url) {
      if (!URL.canParse(url) || !/^https?:/i.test(url)) return undefined;
      const proxy = proxyFor(new URL(url), proxies);
      return proxy && redactUrl(proxy.origin);
    },
    close: () => agents.close(),
  };
}
