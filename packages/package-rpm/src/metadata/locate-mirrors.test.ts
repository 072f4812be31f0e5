import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MirrorSource, Repository } from '@ic/package-core';
import { createFetcher, defaultContext, type Fetcher, sha256 } from '@ic/utils';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addRepodata, type Files, primaryXml } from '../testing/repodata.js';
import {
  loopbackCertificate,
  serve,
  type TestCertificate,
  type TestServer,
} from '../testing/repository-server.js';
import { locateMirrors } from './locate-mirrors.js';

describe.skipIf(!existsSync('/usr/bin/openssl'))('locateMirrors', { timeout: 30_000 }, () => {
  let home: string;
  let tls: TestCertificate;
  let fetcher: Fetcher;
  let files: Files;
  let server: TestServer;
  let plain: TestServer;
  let cacheDir: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'ic-mirrors-'));
    tls = await loopbackCertificate(home);
    fetcher = createFetcher({ retries: 0, ca: tls.certificate });
  });
  afterAll(async () => {
    fetcher.close();
    await rm(home, { recursive: true });
  });
  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'ic-mirrors-'));
    files = new Map();
    server = await serve(files, tls);
    plain = await serve(files);
    for (const [place, revision] of [
      ['old', '1600000000'],
      ['new', '1700000000'],
      ['next', '1800000000'],
    ] as const) {
      const made: Files = new Map();
      addRepodata(made, [{ type: 'primary', text: primaryXml([]) }], revision);
      for (const [path, bytes] of made) files.set(`${place}/${path}`, bytes);
    }
  });
  afterEach(async () => {
    await Promise.all([server.close(), plain.close()]);
    await rm(cacheDir, { recursive: true });
  });

  const hashOf = (place: string) => sha256(files.get(`${place}/repodata/repomd.xml`) ?? '');
  function mirrors(
    list: string,
    kind: MirrorSource['kind'] = 'mirrorlist',
    overrides: Partial<Repository> = {},
  ) {
    files.set('list', Buffer.from(list));
    const repository: Repository = {
      ...{ name: 'base', url: '', suites: [], components: [], keySources: [], fingerprints: [] },
      ...{ trusted: false, signedIndex: true, priority: 500 },
      mirrorSource: { kind, url: `${server.url}/list` },
      ...overrides,
    };
    return (offline = false) =>
      locateMirrors([repository], { fetcher, cacheDir, offline }, defaultContext()).then(
        ([found]) => found?.url,
      );
  }
  const metalink = (urls: string, hashes: string) => `<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager">
 <files><file name="repomd.xml"><size>1</size>
  <verification><hash type="md5">x</hash><hash type="sha256">${hashes}</hash></verification>
  <mm0:alternates><mm0:alternate><verification><hash type="sha256">${hashOf('old')}</hash></verification></mm0:alternate></mm0:alternates>
  <resources maxconnections="1">${urls}</resources>
 </file></files>
</metalink>`;
  const url = (place: string, attributes: string, base = server.url) =>
    `<url protocol="https" ${attributes}>${base}/${place}/repodata/repomd.xml</url>`;

  it('leaves a repository with its own URL alone', async () => {
    const locate = mirrors('', 'mirrorlist', { url: 'https://x.example', mirrorSource: undefined });
    expect(await locate()).toBe('https://x.example');
  });

  it('keeps those behind it for what it cannot deliver', async () => {
    mirrors(`${server.url}/none/\n${server.url}/new\n${server.url}/old\n`);
    const repository: Repository = {
      ...{ name: 'base', url: '', suites: [], components: [], keySources: [], fingerprints: [] },
      ...{ trusted: false, signedIndex: true, priority: 500 },
      mirrorSource: { kind: 'mirrorlist', url: `${server.url}/list` },
    };
    const [found] = await locateMirrors(
      [repository],
      { fetcher, cacheDir, offline: false },
      defaultContext(),
    );
    expect(found).toMatchObject({ url: `${server.url}/new`, mirrors: [`${server.url}/old`] });
  });

  it('takes the first mirror of a list that has the repository', async () => {
    const locate = mirrors(`# mirrors\n\n${server.url}/none/\r\n${server.url}/new/\n${server.url}/old\n`);
    expect(await locate()).toBe(`${server.url}/new`);
  });

  it('stays with a mirror as long as it is listed, and offline', async () => {
    await mirrors(`${server.url}/new\n`)();
    const locate = mirrors(`${server.url}/old\n${server.url}/new\n`);
    expect(await locate()).toBe(`${server.url}/new`);
    expect(await locate(true)).toBe(`${server.url}/new`);
    expect(await mirrors(`${server.url}/old\n`)()).toBe(`${server.url}/old`);
  });

  it('prefers https:, and takes http: only where the index is signed', async () => {
    expect(await mirrors(`${plain.url}/new\n${server.url}/old\n`)()).toBe(`${server.url}/old`);
    expect(await mirrors(`${plain.url}/new\nftp://x.example\n`)()).toBe(`${plain.url}/new`);
    for (const overrides of [{ signedIndex: false }, { trusted: true }]) {
      const locate = mirrors(`${plain.url}/new\nfile:///etc\n`, 'mirrorlist', overrides);
      await expect(locate()).rejects.toMatchObject({ message: expect.stringContaining('no https: mirror') });
    }
  });

  it('takes of a metalink the best mirror whose repomd.xml is listed there', async () => {
    const urls = [
      url('next', 'preference="100"'),
      url('none', 'preference="90"'),
      url('old', 'preference="10"'),
      url('new', 'preference="80"'),
    ];
    expect(await mirrors(metalink(urls.join(''), hashOf('new')), 'metalink')()).toBe(`${server.url}/new`);
    const olderToo = metalink(url('old', 'preference="1"'), hashOf('new'));
    expect(await mirrors(olderToo, 'metalink')()).toBe(`${server.url}/old`);
  });

  it('reads metalinks of RFC 5854', async () => {
    const text = `<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="repomd.xml">
      <hash type="sha-256">${hashOf('new').toUpperCase()}</hash>
      ${url('old', 'priority="1"')}${url('new', 'priority="2"')}</file></metalink>`;
    expect(await mirrors(text, 'metalink')()).toBe(`${server.url}/new`);
  });

  it.each<[string, () => string, MirrorSource['kind'], string, RegExp]>([
    ['an empty list', () => '', 'mirrorlist', 'REPOSITORY_UNREACHABLE', /no https: mirror/],
    [
      'only bad mirrors',
      () => `${server.url}/none`,
      'mirrorlist',
      'REPOSITORY_UNREACHABLE',
      /it has no repomd.xml/,
    ],
    [
      'a metalink whose mirrors have something else',
      () => metalink(url('next', ''), hashOf('new')),
      'metalink',
      'REPOSITORY_UNREACHABLE',
      /none of those that the metalink lists/,
    ],
    [
      'a metalink that is no XML',
      () => 'hello',
      'metalink',
      'REPOSITORY_INVALID',
      /metalink of repository "base"/,
    ],
    [
      'a metalink of another file',
      () => '<metalink><file name="x"/></metalink>',
      'metalink',
      'REPOSITORY_INVALID',
      /repomd/,
    ],
    [
      'a metalink with weak hashes only',
      () => '<metalink><file name="repomd.xml"><hash type="md5">x</hash></file></metalink>',
      'metalink',
      'REPOSITORY_INVALID',
      /no sha256/,
    ],
  ])('%s', async (_title, list, kind, code, message) => {
    await expect(mirrors(list(), kind)()).rejects.toMatchObject({
      name: 'PackageError',
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  it('a list that is not there, not secure, or not in the cache', async () => {
    const at = (place: string) =>
      mirrors('', 'mirrorlist', { mirrorSource: { kind: 'mirrorlist', url: place } });
    await expect(at(`${server.url}/none`)()).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    await expect(at(`${plain.url}/list`)()).rejects.toMatchObject({
      code: 'REPOSITORY_INVALID',
      fault: 'request',
    });
    await expect(at(`${server.url}/list`)(true)).rejects.toMatchObject({
      message: expect.stringContaining('not in the cache'),
    });
  });
});
