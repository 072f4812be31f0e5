import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { createAgents } from './agents.js';

it('createAgents asks for TLS 1.2, a valid certificate and few sockets', () => {
  const agents = createAgents(3, 'PEM');
  const agent = agents.for(new URL('https://mirror.example/'));
  if (!(agent instanceof Agent)) throw new Error('https: has no TLS agent');
  expect(agent.options).toMatchObject({
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    keepAlive: true,
    maxSockets: 3,
    ca: [...rootCertificates, 'PEM'],
  });
  expect(agents.for(new URL('http://mirror.example/'))).not.toBeInstanceOf(Agent);
  agents.close();
});
