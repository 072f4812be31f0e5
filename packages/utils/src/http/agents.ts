import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';

export interface Agents {
  for(url: URL): HttpAgent;
  close(): void;
}

/** Keep-alive agents for at most `connections` sockets to a host; TLS 1.2 or newer, always verified. */
export function createAgents(connections: number, ca: string | undefined): Agents {
  const keep = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' } as const;
  const http = new HttpAgent(keep);
  const https = new HttpsAgent({
    ...keep,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // Giving `ca` replaces the built-in authorities, so they are named again.
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  });
  return {
    for: (url) => (url.protocol === 'https:' ? https : http),
    close() {
      http.destroy();
      https.destroy();
    },
  };
}
