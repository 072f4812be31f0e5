import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Repository } from '@ic/package-core';
import { createFetcher, defaultContext, exec, type IcEvent, sha256 } from '@ic/utils';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRef } from '../packages-index.js';
import { type Files, releaseText, serve, type TestServer } from '../testing/repository.js';
import { createSigner, type Signer } from '../testing/signer.js';
import { readMetadata } from './metadata.js';

const HASH = sha256('a package');
const stanza = (name: string, filename = `pool/${name}.deb`) =>
  `Package: ${name}\nVersion: 1.0\nArchitecture: amd64\nFilename: ${filename}\nSize: 10\nSHA256: ${HASH}\n`;
const PACKAGES = [stanza('one'), stanza('two'), stanza('libc6')].join('\n');
const LIST = 'dists/stable/main/binary-amd64/Packages';

describe.skipIf(!existsSync('/usr/bin/gpg'))('readMetadata', () => {
  let signer: Signer;
  const keys = { own: '', other: '', expired: '' };
  const paths = { own: '', other: '', expired: '' };
  let files: Files;
  let server: TestServer;
  let cacheDir: string;
  const fetcher = createFetcher({ retries: 0 });

  beforeAll(async () => {
    signer = await createSigner();
    keys.own = await signer.generate('Own');
    keys.other = await signer.generate('Other');
    keys.expired = await signer.generate('Expired', { at: '20200101T000000', expires: '30d' });
    for (const name of ['own', 'other', 'expired'] as const) paths[name] = await signer.export(keys[name]);
  }, 30_000);
  afterAll(async () => {
    fetcher.close();
    await signer?.close();
  });
  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'ic-metadata-'));
    files = new Map();
    server = await serve(files);
    addLists(PACKAGES);
  });
  afterEach(async () => {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  });

  function addLists(text: string, path = LIST) {
    files.set(path, Buffer.from(text));
    files.set(`${path}.gz`, gzipSync(text));
  }
  async function publish(fields: Record<string, string> = {}, options: { key?: string; at?: string } = {}) {
    const text = releaseText(files, 'dists/stable/', { fields });
    files.set('dists/stable/InRelease', await signer.clearSign(text, options.key ?? keys.own, options.at));
    return text;
  }
  function repository(overrides: Partial<Repository> = {}): Repository {
    return {
      name: 'test',
      url: server.url,
      suites: ['stable'],
      components: ['main'],
      keySources: [paths.own, paths.other, paths.expired],
      fingerprints: [keys.own],
      trusted: false,
      signedIndex: true,
      priority: 500,
      ...overrides,
    };
  }
  const events: IcEvent[] = [];
  const context = defaultContext({
    events: (event) => events.push(event),
    clock: { now: () => new Date(Date.now() + 2000) },
  });
  const read = (repositories: readonly Repository[] = [repository()], offline = false) =>
    readMetadata(repositories, { fetcher, cacheDir, architecture: 'amd64', offline }, context);

  it('reads a signed repository and proves it', async () => {
    await publish();
    const index = await read();
    expect([...index.names()]).toEqual(['one', 'two', 'libc6']);
    expect(index.packagesNamed('two')[0]).toMatchObject({
      repository: 'test',
      suite: 'stable',
      sha256: HASH,
    });
    expect(index.proofs).toMatchObject([
      {
        repository: 'test',
        suite: 'stable',
        signedBy: keys.own,
        indexSha256: sha256(files.get('dists/stable/InRelease') ?? ''),
        chain: { index: 'signature', lists: ['sha256'], openLists: ['sha256'] },
      },
    ]);
    expect(server.log).toEqual(['200 dists/stable/InRelease', `200 ${LIST}.gz`]);
  });

  it('asks only for InRelease when nothing has changed, and for nothing offline', async () => {
    await publish({ 'Acquire-By-Hash': 'no' });
    await read();
    server.log.length = 0;
    expect((await read()).size).toBe(3);
    expect(server.log).toEqual(['304 dists/stable/InRelease']);
    server.log.length = 0;
    expect((await read(undefined, true)).size).toBe(3);
    expect(server.log).toEqual([]);
  });

  describe('with several mirrors', () => {
    let other: TestServer;
    let otherFiles: Files;
    beforeEach(async () => {
      otherFiles = new Map();
      other = await serve(otherFiles);
      events.length = 0;
    });
    afterEach(() => other.close());
    const both = () => read([repository({ url: other.url, mirrors: [server.url] })]);
    const warned = () => events.filter(({ type }) => type === 'warning');

    it('takes the index from the next when one has none', async () => {
      await publish();
      expect((await both()).size).toBe(3);
      expect(warned()).toMatchObject([
        { code: 'MIRROR_FAILED', message: expect.stringContaining(other.url) },
      ]);
    });

    it('takes the index from the next when that of one is out of date, or signed by nobody', async () => {
      await publish({ 'Valid-Until': new Date(Date.now() - 1000).toUTCString() });
      for (const [path, bytes] of files) otherFiles.set(path, bytes);
      await publish();
      expect((await both()).size).toBe(3);
      otherFiles.set('dists/stable/InRelease', Buffer.from('<html>please log in</html>'));
      expect((await both()).size).toBe(3);
    });

    it('takes a list from the next, and never mixes two indexes', async () => {
      await publish();
      otherFiles.set('dists/stable/InRelease', files.get('dists/stable/InRelease') ?? Buffer.alloc(0));
      const index = await both();
      expect(index.size).toBe(3);
      expect(server.log).toEqual([`200 ${LIST}.gz`]);
      expect(warned()).toHaveLength(1);
      await rm(join(cacheDir, 'metadata'), { recursive: true });
      // A mirror of another publication is not asked to fill in.
      addLists(`${PACKAGES}\n${stanza('three')}`);
      await publish();
      await expect(both()).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    });

    it('refuses an unsigned index over http: from any of them', async () => {
      await publish();
      const trusted = repository({ trusted: true, url: 'https://mirror.example', mirrors: [server.url] });
      await expect(read([trusted])).rejects.toMatchObject({ code: 'SIGNATURE_MISSING', fault: 'request' });
    });
  });

  it('a damaged cache is mended, and offline it is not used', async () => {
    await publish();
    await read();
    const folder = join(cacheDir, 'metadata', 'lists');
    for (const name of await readdir(folder)) {
      await writeFile(join(folder, name), PACKAGES.replace('one', 'evl'));
    }
    await expect(read(undefined, true)).rejects.toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    expect((await read()).packagesNamed('one')).toHaveLength(1);
  });

  it('reads back what it made of a list, and makes it anew where that is damaged or of an older format', async () => {
    await publish();
    const first = await read();
    const list = join(cacheDir, 'metadata', 'lists', sha256(PACKAGES));
    const table = await readFile(`${list}.table`);
    const damage = [
      (bytes: Buffer) => bytes.subarray(0, 20),
      (bytes: Buffer) => bytes.subarray(0, -1),
      (bytes: Buffer) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
      (bytes: Buffer) => bytes.map((byte, at) => (at === 7 ? byte + 1 : byte)),
    ];
    for (const damaged of damage) {
      await writeFile(`${list}.table`, damaged(table));
      const again = await read(undefined, true);
      expect([...again.all()].map(packageRef)).toEqual([...first.all()].map(packageRef));
      expect(await readFile(`${list}.table`)).toEqual(table);
    }
    await rm(list);
    expect((await read(undefined, true)).size).toBe(3);
  });

  it('takes Release with Release.gpg where there is no InRelease', async () => {
    const text = releaseText(files, 'dists/stable/');
    files.set('dists/stable/Release', Buffer.from(text));
    files.set('dists/stable/Release.gpg', await signer.detachSign(text, keys.own));
    expect((await read()).proofs[0]?.signedBy).toBe(keys.own);
    expect((await read(undefined, true)).size).toBe(3);
  });

  it('takes lists by their hash where that is offered', async () => {
    const gz = files.get(`${LIST}.gz`) ?? Buffer.alloc(0);
    await publish({ 'Acquire-By-Hash': 'yes' });
    files.set(`dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(gz)}`, gz);
    files.set(`${LIST}.gz`, Buffer.from('a later publication'));
    expect((await read()).size).toBe(3);
  });

  it.skipIf(!existsSync('/usr/bin/xz'))('prefers xz, and takes what is there of what is listed', async () => {
    const plain = join(cacheDir, 'Packages');
    await writeFile(plain, PACKAGES);
    await exec('xz', ['--keep', plain]);
    files.set(`${LIST}.xz`, await readFile(`${plain}.xz`));
    await publish();
    await read();
    expect(server.log).toContain(`200 ${LIST}.xz`);
    await rm(join(cacheDir, 'metadata'), { recursive: true });
    files.delete(`${LIST}.xz`);
    files.delete(`${LIST}.gz`);
    expect((await read()).size).toBe(3);
    expect(server.log).toContain(`200 ${LIST}`);
  });

  it('reads lists of architecture all only where they stand apart', async () => {
    addLists(stanza('everywhere'), 'dists/stable/main/binary-all/Packages');
    for (const fields of [{ 'No-Support-for-Architecture-all': 'Packages' }, { Architectures: 'amd64' }]) {
      await publish(fields);
      expect((await read()).size).toBe(3);
    }
    await publish();
    expect((await read()).size).toBe(4);
  });

  it('reads flat repositories, whose uncompressed list need not be signed', async () => {
    files.set('deb/Packages.gz', gzipSync(PACKAGES));
    files.set('deb/InRelease', await signer.clearSign(releaseText(files, 'deb/'), keys.own));
    const flat = repository({ suites: ['./'], components: [], url: `${server.url}/deb` });
    expect((await read([flat])).size).toBe(3);
    expect((await read([flat], true)).size).toBe(3);
    expect((await read([repository({ suites: ['deb/'], components: [] })])).size).toBe(3);
  });

  describe('findLeftOut', () => {
    const FIRMWARE = 'dists/stable/non-free/binary-amd64/Packages';
    const CONTRIB = 'dists/stable/contrib/binary-amd64/Packages';
    const components = { Components: 'main contrib non-free' };
    const firmware = {
      name: 'firmware',
      repository: 'test',
      suite: 'stable',
      component: 'non-free',
    };
    beforeEach(() => {
      addLists([stanza('other'), stanza('firmware')].join('\n'), FIRMWARE);
      addLists(stanza('first'), CONTRIB);
    });

    it('looks into other components, only when it is asked to, and keeps their lists', async () => {
      await publish(components);
      const index = await read();
      expect(server.log.join()).not.toContain('non-free');
      await index.findLeftOut(['firmware', 'first', 'firm', 'one']);
      expect(index.leftOut('firmware')).toEqual([firmware]);
      expect(index.leftOut('first')).toMatchObject([{ component: 'contrib' }]);
      expect([...index.leftOut('firm'), ...index.leftOut('one')]).toEqual([]);
      expect(index.packagesNamed('firmware')).toEqual([]);
      server.log.length = 0;
      await index.findLeftOut(['firmware']);
      const offline = await read(undefined, true);
      await offline.findLeftOut(['firmware']);
      expect(offline.leftOut('firmware')).toEqual([firmware]);
      expect(server.log).toEqual([]);
    });

    it.each([
      ['is damaged', () => files.set(`${CONTRIB}.gz`, gzipSync('Package: firmware\n'))],
      ['is not there', () => files.delete(`${CONTRIB}.gz`) && files.delete(CONTRIB)],
    ])('passes over a list that %s', async (_, spoil) => {
      await publish(components);
      spoil();
      const index = await read();
      await index.findLeftOut(['firmware', 'first']);
      expect(index.leftOut('firmware')).toEqual([firmware]);
      expect(index.leftOut('first')).toEqual([]);
    });

    it('passes over components without lists for the architecture, and all when offline has none', async () => {
      await publish({ Components: 'main contrib non-free updates/main updates/absent' });
      await read();
      const index = await read(undefined, true);
      await index.findLeftOut(['firmware', 'one']);
      expect([...index.leftOut('firmware'), ...index.leftOut('one')]).toEqual([]);
    });

    it('tells of what allowPackages leaves out', async () => {
      await publish(components);
      const index = await read([repository({ allowPackages: ['one', 'firmware'] })]);
      await index.findLeftOut(['two', 'firmware', 'one']);
      expect(index.leftOut('two')).toEqual([{ name: 'two', repository: 'test', suite: 'stable' }]);
      expect(index.leftOut('firmware')).toEqual([firmware]);
      expect(index.leftOut('one')).toEqual([]);
    });

    it('ends when it is cancelled', async () => {
      await publish(components);
      const cancel = new AbortController();
      const options = { fetcher, cacheDir, architecture: 'amd64', offline: false };
      const index = await readMetadata([repository()], options, { ...context, signal: cancel.signal });
      cancel.abort();
      await expect(index.findLeftOut(['firmware'])).rejects.toMatchObject({ code: 'CANCELLED' });
    });
  });

  it('shows only the packages that allowPackages names', async () => {
    await publish();
    const index = await read([repository({ allowPackages: ['lib*', 'one'] })]);
    expect([...index.names()]).toEqual(['one', 'libc6']);
    expect(index.size).toBe(2);
  });

  it('reads a folder, one that is trusted unsigned', async () => {
    const folder = join(cacheDir, 'repository');
    files.set('Packages.gz', gzipSync(PACKAGES));
    const release = releaseText(files, '', { list: ['Packages.gz'] });
    await mkdir(folder);
    await writeFile(join(folder, 'Packages.gz'), gzipSync(PACKAGES));
    await writeFile(join(folder, 'Release'), release);
    const local = repository({ url: `file://${folder}`, suites: ['./'], trusted: true, fingerprints: [] });
    const index = await read([local]);
    expect(index.size).toBe(3);
    expect(index.proofs[0]?.signedBy).toBeUndefined();
    expect(index.proofs[0]?.chain).toMatchObject({ index: 'local', lists: ['sha256'], openLists: [] });
  });

  interface Attack {
    readonly title: string;
    readonly code: string;
    readonly arrange: () => Promise<unknown>;
    readonly repository?: () => Partial<Repository>;
    readonly message?: RegExp;
  }
  const altered = () => Buffer.from(PACKAGES.replace('Package: one', 'Package: evl'));
  const attacks: Attack[] = [
    {
      title: 'an index without a signature',
      code: 'SIGNATURE_MISSING',
      arrange: async () =>
        files.set('dists/stable/Release', Buffer.from(releaseText(files, 'dists/stable/'))),
    },
    {
      title: 'an InRelease that is not signed',
      code: 'SIGNATURE_MISSING',
      arrange: async () =>
        files.set('dists/stable/InRelease', Buffer.from(releaseText(files, 'dists/stable/'))),
    },
    {
      title: 'an index signed by an unknown key',
      code: 'KEY_UNKNOWN',
      arrange: () => publish({}, { key: keys.other }),
      repository: () => ({ keySources: [paths.own] }),
    },
    {
      title: "an index signed by another repository's key",
      code: 'KEY_UNKNOWN',
      arrange: () => publish({}, { key: keys.other }),
    },
    {
      title: 'an index signed by an expired key',
      code: 'KEY_EXPIRED',
      arrange: () => publish({}, { key: keys.expired, at: '20200110T000000' }),
      repository: () => ({ fingerprints: [keys.expired] }),
    },
    {
      title: 'no fingerprint known',
      code: 'KEY_UNPINNED',
      arrange: () => publish(),
      repository: () => ({ fingerprints: [] }),
      message: /[0-9A-F]{40} \(Own\)/,
    },
    {
      title: 'no source of the key',
      code: 'KEY_UNAVAILABLE',
      arrange: () => publish(),
      repository: () => ({ keySources: [paths.other] }),
    },
    {
      title: 'an altered index',
      code: 'INDEX_ALTERED',
      arrange: async () => {
        await publish();
        const text = files.get('dists/stable/InRelease')?.toString('utf8') ?? '';
        files.set('dists/stable/InRelease', Buffer.from(text.replace('Origin: Test', 'Origin: Tost')));
      },
    },
    {
      title: 'an altered list of the same size',
      code: 'LIST_ALTERED',
      arrange: async () => {
        files.delete(`${LIST}.gz`);
        await publish();
        files.set(LIST, altered());
      },
      message: /SHA-256/,
    },
    {
      title: 'a longer list',
      code: 'LIST_TOO_LONG',
      arrange: async () => {
        await publish();
        files.set(`${LIST}.gz`, Buffer.concat([gzipSync(PACKAGES), Buffer.from('more')]));
      },
    },
    {
      title: 'a truncated list',
      code: 'LIST_TRUNCATED',
      arrange: async () => {
        await publish();
        files.set(`${LIST}.gz`, gzipSync(PACKAGES).subarray(0, 60));
      },
    },
    {
      title: 'a compressed list that holds another one than is signed',
      code: 'REPOSITORY_INVALID',
      arrange: async () => {
        files.set(`${LIST}.gz`, gzipSync(altered()));
        await publish();
      },
    },
    {
      title: 'a list that is a decompression bomb',
      code: 'DECOMPRESSION_LIMIT',
      arrange: async () => {
        files.set(`${LIST}.gz`, gzipSync(Buffer.alloc(20_000_000)));
        await publish();
      },
      message: /grows beyond/,
    },
    {
      title: 'an index whose Valid-Until has passed',
      code: 'INDEX_EXPIRED',
      arrange: () => publish({ 'Valid-Until': new Date(Date.now() - 60_000).toUTCString() }),
    },
    {
      title: 'an index from the future',
      code: 'INDEX_NOT_YET_VALID',
      arrange: () => publish({ Date: new Date(Date.now() + 86_400_000).toUTCString() }),
    },
    {
      title: 'the signed index of another suite',
      code: 'REPOSITORY_INVALID',
      arrange: () => publish({ Suite: 'oldstable', Codename: 'older' }),
      message: /oldstable, older/,
    },
    {
      title: 'an unknown component',
      code: 'REPOSITORY_INVALID',
      arrange: () => publish(),
      repository: () => ({ components: ['mian'] }),
      message: /its components are main/,
    },
    {
      title: 'a signed file that is no Release file',
      code: 'REPOSITORY_INVALID',
      arrange: async () => files.set('dists/stable/InRelease', await signer.clearSign('Hello\n', keys.own)),
    },
    {
      title: 'a list of paths that leave the repository',
      code: 'LOCATION_ESCAPES',
      arrange: async () => {
        const text = releaseText(files, 'dists/stable/', { list: ['../../../etc/passwd'] });
        files.set('dists/stable/InRelease', await signer.clearSign(text, keys.own));
      },
    },
    {
      title: 'a suite that is not there',
      code: 'REPOSITORY_UNREACHABLE',
      arrange: () => publish(),
      repository: () => ({ suites: ['unstable'] }),
      message: /neither InRelease nor Release/,
    },
    {
      title: 'a mirror that does not answer',
      code: 'REPOSITORY_UNREACHABLE',
      arrange: async () => {},
      repository: () => ({ url: 'http://user:secret@127.0.0.1:1' }),
      message: /repository "test" \(stable\) cannot be read: http:\/\/127\.0\.0\.1:1\/dists.* refused/,
    },
    {
      title: 'plain http: without a signature',
      code: 'SIGNATURE_MISSING',
      arrange: () => publish(),
      repository: () => ({ trusted: true }),
    },
  ];
  it.each(attacks)('$title: $code', async (attack) => {
    await attack.arrange();
    const error = await read([repository(attack.repository?.())]).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'PackageError', code: attack.code, hint: expect.any(String) });
    expect(error.message).toMatch(attack.message ?? /./);
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret');
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'pool/../../x', 'pool//x', 'a\\b', './'])(
    'a package at %s is refused',
    async (filename) => {
      addLists(stanza('evil', filename));
      await publish();
      const [pkg] = (await read()).packagesNamed('evil');
      const code = filename.includes('\\') ? 'REPOSITORY_INVALID' : 'LOCATION_ESCAPES';
      expect(() => pkg?.filename).toThrowError(expect.objectContaining({ code }));
    },
  );

  it('offline says what is missing', async () => {
    await expect(read(undefined, true)).rejects.toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      message: expect.stringContaining('its signed index is not in the cache'),
    });
  });

  it('a key from the network is kept for working offline', async () => {
    await publish();
    files.set('key', await readFile(paths.own));
    const overHttps = {
      ...fetcher,
      bytes: (url: string, options = {}) =>
        fetcher.bytes(url.replace('https://keys.example.org', server.url), options),
    };
    const repositories = [repository({ keySources: ['https://keys.example.org/key'] })];
    const options = { fetcher: overHttps, cacheDir, architecture: 'amd64' };
    await readMetadata(repositories, { ...options, offline: false }, context);
    expect(server.log).toContain('200 key');
    expect((await readMetadata(repositories, { ...options, offline: true }, context)).size).toBe(3);
  });
});
