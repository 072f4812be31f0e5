import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPackageCache, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext, type Fetcher, sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpmProvider } from './provider.js';
import { makeRpm } from './testing/make-rpm.js';
import { addRepodata, type Files, primaryXml, type TestPackage } from './testing/repodata.js';
import { loopbackCertificate, serve, type TestServer } from './testing/repository-server.js';

const context = defaultContext();

describe.skipIf(!existsSync('/usr/bin/openssl'))('createRpmProvider', { timeout: 30_000 }, () => {
  let folder: string;
  let fetcher: Fetcher;
  let servers: TestServer[] = [];
  let repository: Repository;
  const files: Files = new Map();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-provider-'));
    const tls = await loopbackCertificate(folder);
    fetcher = createFetcher({ retries: 0, ca: tls.certificate });
    const elsewhere: Files = new Map();
    servers = await Promise.all([serve(files, tls), serve(elsewhere, tls)]);
    const [server, other] = servers;
    const packages = (
      [
        ['app', '<rpm:requires><rpm:entry name="library"/><rpm:entry name="virtual"/></rpm:requires>', {}],
        ['library', '', { base: `xml:base="${other?.url}/x"`, location: 'a+b/library.rpm' }],
        ['other', '<rpm:provides><rpm:entry name="virtual"/></rpm:provides>', {}],
        ['liar', '', { version: '2' }],
      ] as const
    ).map(([name, format, overrides]): TestPackage => {
      const rpm = makeRpm({ tags: { 1000: { string: name } } });
      const location = `Packages/${name}.rpm`;
      files.set(location, rpm);
      if (name === 'library') elsewhere.set('x/a+b/library.rpm', rpm);
      const place = { location, size: rpm.length, checksum: sha256(rpm) };
      return { name, version: '1', architecture: 'noarch', format, ...place, ...overrides };
    });
    files.delete('Packages/library.rpm');
    addRepodata(files, [{ type: 'primary', text: primaryXml(packages) }]);
    files.set('mirrors', Buffer.from(`${server?.url}\n`));
    repository = {
      ...{ name: 'test', url: '', suites: [], components: [], keySources: [], fingerprints: [] },
      ...{ trusted: true, signedIndex: true, priority: 500 },
      mirrorSource: { kind: 'mirrorlist', url: `${server?.url}/mirrors` },
    };
  }, 30_000);
  afterAll(async () => {
    fetcher?.close();
    await Promise.all(servers.map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  });

  const walk = async (packages: readonly string[], offline = false) => {
    const rpm = createRpmProvider({
      ...{
        fetcher,
        cache: openPackageCache(join(folder, 'cache/packages')),
        cacheDir: join(folder, 'cache'),
      },
      ...{ architecture: 'x86_64', offline, jobs: 2 },
    });
    const repositories = await rpm.locate([repository], context);
    const index = await rpm.metadata(repositories, context);
    const resolution = await rpm.resolve(index, { packages, exclude: [], recommends: false });
    const fetched = await rpm.fetch(resolution.packages, repositories, context);
    await rpm.verify(fetched, repositories, context);
    return fetched;
  };

  it('walks from names over mirrors and other servers to verified files, and again offline', async () => {
    const fetched = await walk(['app']);
    expect(fetched.map(({ name }) => name)).toEqual(['app', 'library', 'other']);
    for (const { path, sha256: expected } of fetched) expect(sha256(await readFile(path))).toBe(expected);
    expect(servers[1]?.log).toEqual(['200 x/a+b/library.rpm']);
    for (const { log } of servers) log.length = 0;
    expect(await walk(['app'], true)).toEqual(fetched);
    expect(servers.flatMap(({ log }) => log)).toEqual([]);
  });

  it('runs the example of the README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```js\n(.*?)```/s.exec(readme)?.[1]?.replace(/^import .*$/gm, '') ?? '';
    const scope = {
      ...{ createRpmProvider, openPackageCache, createFetcher: () => fetcher, repository },
      ...{ defaultContext: () => context, cacheDir: join(folder, 'example') },
    };
    const run = new Function(...Object.keys(scope), `return (async () => {${example}; return files;})()`);
    expect(await run(...Object.values(scope))).toHaveLength(3);
  });

  it('refuses a package that is another version than its index says', async () => {
    await expect(walk(['liar'])).rejects.toMatchObject({ code: 'PACKAGE_SWAPPED' });
  });
});
