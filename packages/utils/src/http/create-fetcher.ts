import { createAttempts } from './attempts.js';
import type { Connections } from './connections.js';
import { download } from './download.js';
import type { Fetcher, FetcherOptions } from './fetcher.js';
import { createHostLimits } from './host-limits.js';

/**
 * A Fetcher with keep-alive connections over HTTP/1.1, TLS 1.2 or newer. Plain http: is allowed here: whether a
 * repository may be read over it is the repository's policy. The environment (proxies, ~/.netrc) is not read.
 */
export function createFetcher(options: FetcherOptions = {}): Fetcher {
  const { connectionsPerHost = 16, connections = Math.max(32, connectionsPerHost) } = options;
  // Node's http, https and tls are loaded with the first connection: most commands make none.
  let open: Promise<Connections> | undefined;
  const openConnections = async () => {
    const { createConnections } = await import('./connections.js');
    return createConnections({ ...options, connections: connectionsPerHost });
  };
  const attempts = createAttempts({
    connections() {
      open ??= openConnections();
      return open;
    },
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
    close: () => void open?.then((made) => made.close()).catch(() => {}),
  };
}
