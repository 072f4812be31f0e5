import { redactUrl } from '../redact.js';
import { createAgents } from './agents.js';
import { createAttempts } from './attempts.js';
import { download } from './download.js';
import type { Fetcher, FetcherOptions } from './fetcher.js';
import { createHostLimits } from './host-limits.js';
import { type ProxySettings, proxyFor } from './proxy-for.js';

/**
 * A Fetcher with keep-alive connections over HTTP/1.1, TLS 1.2 or newer. Plain http: is allowed here: whether a
 * repository may be read over it is the repository's policy. The environment (proxies, ~/.netrc) is not read.
 *
 * @throws UtilsError TLS_INVALID for certificates and keys that cannot be used
 */
export function createFetcher(options: FetcherOptions = {}): Fetcher {
  const { connections = 32, connectionsPerHost = 16, proxies = {}, logins = [] } = options;
  const agents = createAgents({ ...options, connections: connectionsPerHost });
  const attempts = createAttempts({
    connections: { agents, logins, proxyOf: (url) => shownProxy(url, proxies) },
    limits: createHostLimits(connections, connectionsPerHost),
    idleTimeout: options.idleTimeout ?? 30_000,
    minimumRate: options.minimumRate ?? 1000,
    totalTimeout: options.totalTimeout ?? 3_600_000,
    retries: options.retries ?? 4,
    backoff: options.backoff ?? 500,
  });
  return {
    connections,
    bytes: (url, requestOptions = {}) =>
      attempts(url, requestOptions, {
        accepts: [200, 304],
        headers: () => requestOptions.headers ?? {},
        consume: async ({ status, headers, read }) => {
          const body: Buffer[] = [];
          let size = 0;
          try {
            await read((chunk) => {
              body.push(chunk);
              size += chunk.length;
              requestOptions.onBytes?.(chunk.length);
              return true;
            });
          } catch (error) {
            if (size > 0) requestOptions.onBytes?.(-size);
            throw error;
          }
          return { status, headers, body: Buffer.concat(body) };
        },
      }),
    download: (url, path, expected, requestOptions = {}) =>
      download({ url, path, expected, options: requestOptions }, attempts),
    close: () => agents.close(),
  };
}

function shownProxy(url: string, proxies: ProxySettings): string | undefined {
  if (!URL.canParse(url) || !/^https?:/i.test(url)) return undefined;
  const proxy = proxyFor(new URL(url), proxies);
  return proxy && redactUrl(proxy.origin);
}
