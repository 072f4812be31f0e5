import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RepositoryFlags, resolveOptions } from './resolve-options.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ic-network-'));
  const files = {
    '.netrc': 'machine a.example login alice password s3cret default login any password thing',
    'auth.conf': 'machine b.example/deb login bob password hidden default login any password thing',
    'ca.pem': 'CA',
    'extra.pem': 'EXTRA',
    'client.pem': 'CERTIFICATE',
    'client.key': 'KEY',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
});
afterAll(() => rm(home, { recursive: true }));

async function transport(changes: Partial<RepositoryFlags> = {}, env = {}) {
  const flags = {
    offline: false,
    allowRollback: false,
    ca: [],
    clientCert: [],
    clientKey: [],
    authFile: [],
    ...changes,
  };
  return (await resolveOptions(flags, { HOME: home, ...env })).transport;
}
const path = (name: string) => join(home, name);

describe('logins', () => {
  it('are those of ~/.netrc, without one for every server', async () => {
    const logins = (await transport())?.logins;
    expect(logins).toContainEqual({ place: 'a.example', user: 'alice', password: 's3cret' });
    expect(logins?.map(({ place }) => place)).not.toContain('*');
  });

  it('are those of the files that are named, and no others', async () => {
    expect((await transport({ authFile: [path('auth.conf')] }))?.logins).toEqual([
      { place: 'b.example/deb', user: 'bob', password: 'hidden' },
      { place: '*', user: 'any', password: 'thing' },
    ]);
  });
});

describe('proxies', () => {
  it.each([
    [{}, {}],
    [
      { HTTPS_PROXY: 'http://s', HTTP_PROXY: 'http://p' },
      { https: 'http://s', http: 'http://p' },
    ],
    [{ https_proxy: 'http://low', HTTPS_PROXY: 'http://UP' }, { https: 'http://low' }],
    [{ https_proxy: '', HTTPS_PROXY: 'http://UP' }, { https: 'http://UP' }],
    [
      { ALL_PROXY: 'http://all', http_proxy: 'http://p' },
      { https: 'http://all', http: 'http://p' },
    ],
    [{ NO_PROXY: 'localhost,.corp' }, { bypass: 'localhost,.corp' }],
  ])('given %j are %j', async (env, expected) => {
    expect(
      Object.fromEntries(Object.entries((await transport({}, env))?.proxies ?? {}).filter(([, url]) => url)),
    ).toEqual(expected);
  });
});

describe('certificates', () => {
  it('are read, with what Node is told of in its environment', async () => {
    const env = { NODE_EXTRA_CA_CERTS: path('extra.pem') };
    expect((await transport({ ca: [path('ca.pem')] }, env))?.ca).toBe('CA\nEXTRA');
    expect((await transport({}, env))?.ca).toBeUndefined();
  });

  it('come with a key, each for its host', async () => {
    const [client, key] = [path('client.pem'), path('client.key')];
    const of = async (clientCert: string[], clientKey: string[]) =>
      (await transport({ clientCert, clientKey }))?.clientCertificates;
    expect(await of([client], [key])).toEqual([{ certificate: 'CERTIFICATE', key: 'KEY' }]);
    expect(await of([client], [])).toEqual([{ certificate: 'CERTIFICATE', key: 'CERTIFICATE' }]);
    expect(await of([client, `Repo.Example:8443=${key}`], [`repo.example:8443=${client}`])).toEqual([
      { certificate: 'CERTIFICATE', key: 'CERTIFICATE' },
      { host: 'repo.example:8443', certificate: 'KEY', key: 'CERTIFICATE' },
    ]);
    await expect(of([client], [`other.example=${key}`])).rejects.toMatchObject({
      code: 'USAGE',
      message: '--client-key for other.example has no certificate',
    });
  });

  it('that cannot be read are named, but never where a key is', async () => {
    await expect(transport({ ca: ['/none/ca.pem'] })).rejects.toMatchObject({
      code: 'USAGE',
      message: '--ca: /none/ca.pem cannot be read (ENOENT)',
    });
    await expect(
      transport({ clientCert: [path('client.pem')], clientKey: ['/none/private.key'] }),
    ).rejects.toMatchObject({ code: 'USAGE', message: '--client-key: the file cannot be read (ENOENT)' });
  });
});
