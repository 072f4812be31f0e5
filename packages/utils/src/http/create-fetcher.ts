import { createLimit } from '../limit.js';
import type { Agents } from './agents.js';
import { createAttempts } from './attempts.js';
import { download } from './download.js';
import type { Fetcher, FetcherOptions } from './fetcher.js';

/**
 * A Fetcher over node-fetch with keep-alive connections, TLS 1.2 or newer. Plain http: is allowed here: whether a
 * repository may be read over it is the repository's policy. The environment (proxies) is not read.
 */
export function createFetcher(options: FetcherOptions = {}): Fetcher {
  const connections = options.connections ?? 16;
  // Node's http, https and tls are loaded with the first connection: most commands make none.
  let agents: Promise<Agents> | undefined;
  const makeAgents = async () => (await import('./agents.js')).createAgents(connections, options.ca);
  const attempts = createAttempts({
    agents() {
      agents ??= makeAgents();
      return agents;
    },
    limit: createLimit(connections),
    idleTimeout: options.idleTimeout ?? 30_000,
    retries: options.retries ?? 4,
    backoff: options.backoff ?? 500,
  });
  return {
    bytes: (url, requestOptions = {}) =>
      attempts(url, requestOptions, {
        accepts: [200, 304],
        headers: () => requestOptions.headers ?? {},
        consume: async ({ status, headers, chunks }) => {
          const body: Buffer[] = [];
          let size = 0;
          try {
            for await (const chunk of chunks) {
              body.push(chunk);
              size += chunk.length;
              requestOptions.onBytes?.(chunk.length);
            }
          } catch (error) {
            if (size > 0) requestOptions.onBytes?.(-size);
            throw error;
          }
          return { status, headers, body: Buffer.concat(body) };
        },
      }),
    download: (url, path, expected, requestOptions = {}) =>
      download({ url, path, expected, options: requestOptions }, attempts),
    close: () => void agents?.then((made) => made.close()),
  };
}
