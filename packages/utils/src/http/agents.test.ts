import { Agent as HttpAgent } from 'node:http';
import { Agent } from 'node:https';
import { expect, it } from 'vitest';
import { createAgents } from './agents.js';

it('createAgents keeps few sockets to a host, and verifies who is there', async () => {
  const agents = createAgents({ connections: 3 });
  const agent = await agents.for(new URL('https://mirror.example/'));
  expect(agent).toBeInstanceOf(Agent);
  expect(agent).toMatchObject({ options: { rejectUnauthorized: true, keepAlive: true, maxSockets: 3 } });
  expect(await agents.for(new URL('https://other.example/'))).toBe(agent);
  expect(await agents.for(new URL('http://mirror.example/'))).toBeInstanceOf(HttpAgent);
  agents.close();
});

it.each([
  ['certificate authority', { ca: '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----' }],
  ['client certificate', { clientCertificates: [{ certificate: 'no', key: 'SECRET' }] }],
])('a %s that is none is told of, and not shown', (what, options) => {
  const make = () => createAgents({ connections: 1, ...options });
  expect(make).toThrow(expect.objectContaining({ code: 'TLS_INVALID', fault: 'request' }));
  expect(make).toThrow(what);
  expect(make).not.toThrow('SECRET');
});
