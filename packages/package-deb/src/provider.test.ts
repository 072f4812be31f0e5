import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPackageCache, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext, exec, sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDebProvider } from './provider.js';
import { type Files, releaseText, serve, type TestServer } from './testing/repository.js';
import { createSigner, type Signer } from './testing/signer.js';

const PROGRAMS = ['/usr/bin/gpg', '/usr/bin/dpkg-deb'];
const context = defaultContext({ clock: { now: () => new Date(Date.now() + 2000) } });
const fetcher = createFetcher({ retries: 0 });

/** A .deb with nothing in it but a control file, and its stanza in a `Packages` file. */
async function makePackage(
  folder: string,
  name: string,
  fields = '',
): Promise<{ deb: Buffer; stanza: string }> {
  const control = `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: T <t@example.org>\n${fields}Description: ${name}\n`;
  const tree = join(folder, name);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await writeFile(join(tree, 'DEBIAN/control'), control);
  await exec('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, `${tree}.deb`]);
  const deb = await readFile(`${tree}.deb`);
  const place = `Filename: pool/${name}+1.deb\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`;
  return { deb, stanza: control + place };
}

describe.skipIf(!PROGRAMS.every((program) => existsSync(program)))('createDebProvider', () => {
  let folder: string;
  let signer: Signer;
  let server: TestServer;
  let repository: Repository;
  const files: Files = new Map();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-provider-'));
    signer = await createSigner();
    const key = await signer.generate('Repository');
    server = await serve(files);
    const stanzas: string[] = [];
    for (const [name, fields] of [
      ['app', 'Depends: library (>= 1), virtual\n'],
      ['library', ''],
      ['other', 'Provides: virtual\n'],
      ['liar', ''],
    ] as const) {
      const { deb, stanza } = await makePackage(folder, name, fields);
      files.set(`pool/${name}+1.deb`, deb);
      stanzas.push(name === 'liar' ? stanza.replace('Version: 1.0', 'Version: 2.0') : stanza);
    }
    files.set('dists/stable/main/binary-amd64/Packages', Buffer.from(stanzas.join('\n')));
    files.set('dists/stable/InRelease', await signer.clearSign(releaseText(files, 'dists/stable/'), key));
    repository = {
      name: 'test',
      url: server.url,
      suites: ['stable'],
      components: ['main'],
      keySources: [await signer.export(key)],
      fingerprints: [key],
      trusted: false,
      signedIndex: true,
      priority: 500,
    };
  }, 30_000);
  afterAll(async () => {
    fetcher.close();
    await server?.close();
    await signer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const provider = (offline = false) =>
    createDebProvider({
      fetcher,
      cache: openPackageCache(join(folder, 'cache/packages')),
      cacheDir: join(folder, 'cache'),
      architecture: 'amd64',
      offline,
      jobs: 2,
    });
  const walk = async (packages: readonly string[], offline = false) => {
    const deb = provider(offline);
    const index = await deb.metadata([repository], context);
    const resolution = await deb.resolve(index, { packages, exclude: [], recommends: false });
    const fetched = await deb.fetch(resolution.packages, [repository], context);
    await deb.verify(fetched, [repository], context);
    return fetched;
  };

  it('walks from names to verified files, and again offline', async () => {
    const fetched = await walk(['app']);
    expect(fetched.map(({ name }) => name)).toEqual(['app', 'library', 'other']);
    for (const { path, sha256: expected } of fetched) expect(sha256(await readFile(path))).toBe(expected);
    server.log.length = 0;
    expect(await walk(['app'], true)).toEqual(fetched);
    expect(server.log).toEqual([]);
  });

  it('runs the example of the README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```js\n(.*?)```/s.exec(readme)?.[1]?.replace(/^import .*$/gm, '') ?? '';
    const names = { createDebProvider, openPackageCache, createFetcher };
    const scope = {
      ...names,
      defaultContext: () => context,
      cacheDir: join(folder, 'example'),
      repository,
    };
    const run = new Function(...Object.keys(scope), `return (async () => {${example}; return files;})()`);
    expect(await run(...Object.values(scope))).toHaveLength(3);
  });

  it('refuses a package that is another version than its index says', async () => {
    await expect(walk(['liar'])).rejects.toMatchObject({
      code: 'PACKAGE_SWAPPED',
      message: expect.stringContaining('its Version is "1.0", not "2.0"'),
    });
  });
});
