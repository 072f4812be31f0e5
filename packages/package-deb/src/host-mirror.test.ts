import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository } from '@ic/package-core';
import { defaultContext } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostMirrorsFor, withHostMirrors } from './host-mirror.js';

const SOURCES = [
  { url: 'https://third.example/php', suite: 'bookworm', components: ['main'] },
  { url: 'http://near.example/debian', suite: 'bookworm-updates', components: ['main'] },
  { url: 'http://exact.example/debian', suite: 'bookworm', components: ['main', 'contrib'] },
  { url: 'http://near.example/debian-security', suite: 'bookworm-security', components: ['main'] },
  { url: 'https://tools.example/apt', suite: 'tools', components: ['stable'] },
  { url: 'file:/srv/debian', suite: 'bookworm', components: ['main'] },
];

it.each([
  ['bookworm', ['http://exact.example/debian', 'https://third.example/php', 'http://near.example/debian']],
  ['trixie', ['http://near.example/debian', 'http://exact.example/debian', 'https://third.example/php']],
  ['trixie-security', ['http://near.example/debian-security']],
])('mirrors of the host for %s', (suite, expected) => {
  expect(hostMirrorsFor(suite, SOURCES)).toEqual(expected);
});

describe('withHostMirrors', () => {
  let folder: string;
  let asked: string[];
  let servers: Record<string, string>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-mirror-'));
    asked = [];
    servers = {};
    await mkdir(join(folder, 'etc/apt'), { recursive: true });
    const lines = SOURCES.map(
      (source) => `deb ${source.url} ${source.suite} ${source.components.join(' ')}\n`,
    );
    await writeFile(join(folder, 'etc/apt/sources.list'), lines.join(''));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const repository = (url: string, suite: string): Repository => ({
    name: suite,
    url,
    suites: [suite],
    components: ['main'],
    keySources: [],
    fingerprints: [],
    trusted: false,
    signedIndex: true,
    priority: 500,
  });
  const inRelease = (origin: string, codename: string) =>
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: ${origin}\nCodename: ${codename}\n-----BEGIN PGP SIGNATURE-----\n\nx\n`;
  const fetcher = {
    async bytes(url: string) {
      asked.push(url);
      const body = servers[url];
      if (body === undefined) throw new Error('nobody answers');
      return { status: 200, headers: {}, body: Buffer.from(body) };
    },
  };
  let now = 0;
  const context = defaultContext({ clock: { now: () => new Date(now) } });
  const run = async (repositories: readonly Repository[], offline = false) => {
    const options = { fetcher, cacheDir: join(folder, 'cache'), offline, root: folder };
    return (await withHostMirrors(repositories, options, context)).map(({ url }) => url);
  };
  const debian = { ...repository('https://ftp.debian.org/debian', 'bookworm'), hostMirror: true };
  const security = {
    ...repository('https://security.debian.org/debian-security', 'bookworm-security'),
    hostMirror: true,
  };

  it('takes https: where the mirror has it, http: where it does not, and leaves other repositories alone', async () => {
    servers['https://exact.example/debian/dists/bookworm/InRelease'] = inRelease('Debian', 'bookworm');
    const path = '/debian-security/dists/bookworm-security/InRelease';
    servers[`http://near.example${path}`] = inRelease('Debian', 'bookworm-security');
    const other = repository('https://other.example/debian', 'bookworm');
    expect(await run([debian, security, other])).toEqual([
      'https://exact.example/debian',
      'http://near.example/debian-security',
      'https://other.example/debian',
    ]);
    expect(asked).not.toContain('https://other.example/debian/dists/bookworm/InRelease');
  });

  it('passes over a mirror that carries something else', async () => {
    servers['https://exact.example/debian/dists/bookworm/InRelease'] = inRelease('Devuan', 'bookworm');
    servers['https://third.example/php/dists/bookworm/InRelease'] = inRelease('Debian', 'bullseye');
    servers['http://near.example/debian/dists/bookworm/InRelease'] = inRelease('Debian', 'bookworm');
    expect(await run([debian])).toEqual(['http://near.example/debian']);
  });

  it('keeps the default where no mirror of the host answers', async () => {
    expect(await run([debian])).toEqual([debian.url]);
    expect(asked).not.toEqual([]);
  });

  it('asks once a day, and offline never', async () => {
    servers['https://exact.example/debian/dists/bookworm/InRelease'] = inRelease('Debian', 'bookworm');
    const chosen = ['https://exact.example/debian'];
    expect(await run([debian], true)).toEqual([debian.url]);
    expect(await run([debian])).toEqual(chosen);
    expect(asked).toHaveLength(1);
    now += 3_600_000;
    expect(await run([debian])).toEqual(chosen);
    expect(asked).toHaveLength(1);
    now += 86_400_000;
    expect(await run([debian], true)).toEqual(chosen);
    expect(asked).toHaveLength(1);
    expect(await run([debian])).toEqual(chosen);
    expect(asked).toHaveLength(2);
  });

  it('keeps what a source has of users and passwords out of the cache, and uses it all the same', async () => {
    const url = 'https://alice:s3cret@exact.example/debian';
    await writeFile(join(folder, 'etc/apt/sources.list'), `deb ${url} bookworm main\n`);
    servers[`${url}/dists/bookworm/InRelease`] = inRelease('Debian', 'bookworm');
    const memory = join(folder, 'cache/metadata/host-mirrors.json');
    // Of an older version, which wrote it down.
    await mkdir(join(memory, '..'), { recursive: true });
    await writeFile(
      memory,
      JSON.stringify({ sid: { url: 'https://bob:0ld@old.example/debian', checked: 0 } }),
    );
    for (const offline of [false, false, true]) {
      expect(await run([debian], offline)).toEqual([url]);
      const text = await readFile(memory, 'utf8');
      expect(text).toContain('https://exact.example/debian');
      for (const secret of ['s3cret', '0ld', 'alice', 'bob']) expect(text).not.toContain(secret);
    }
    expect(asked).toHaveLength(1);
  });

  it('asks nobody when there is nothing to replace', async () => {
    await run([repository('https://other.example/debian', 'bookworm')]);
    expect(asked).toEqual([]);
  });
});
