import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Repository } from '@ic/package-core';
import { createFetcher, defaultContext, exec, type Fetcher, type IcEvent, sha256 } from '@ic/utils';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addRepodata, type Files, primaryXml, type TestList, type TestPackage } from '../testing/repodata.js';
import {
  loopbackCertificate,
  serve,
  type TestCertificate,
  type TestServer,
} from '../testing/repository-server.js';
import { createSigner, type Signer } from '../testing/signer.js';
import { readMetadata } from './metadata.js';

const PACKAGES: readonly TestPackage[] = [{ name: 'one' }, { name: 'two' }, { name: 'libthree' }];
const PRIMARY = primaryXml(PACKAGES);
const INDEX = 'repodata/repomd.xml';
const FORMATS = [
  { format: 'xz', program: 'xz' },
  { format: 'zst', program: 'zstd' },
  { format: 'bz2', program: 'bzip2' },
] as const;

describe.skipIf(!existsSync('/usr/bin/gpg') || !existsSync('/usr/bin/openssl'))(
  'readMetadata',
  { timeout: 30_000 },
  () => {
    let signer: Signer;
    let tls: TestCertificate;
    let home: string;
    let fetcher: Fetcher;
    const keys = { own: '', other: '', expired: '' };
    const paths = { own: '', other: '', expired: '' };
    let files: Files;
    let server: TestServer;
    let cacheDir: string;

    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), 'ic-rpm-metadata-'));
      tls = await loopbackCertificate(home);
      fetcher = createFetcher({ retries: 0, ca: tls.certificate });
      signer = await createSigner();
      keys.own = await signer.generate('Own');
      keys.other = await signer.generate('Other');
      keys.expired = await signer.generate('Expired', { at: '20200101T000000', expires: '30d' });
      for (const name of ['own', 'other', 'expired'] as const) paths[name] = await signer.export(keys[name]);
    }, 30_000);
    afterAll(async () => {
      fetcher?.close();
      await signer?.close();
      await rm(home, { recursive: true, force: true });
    });
    beforeEach(async () => {
      cacheDir = await mkdtemp(join(tmpdir(), 'ic-metadata-'));
      files = new Map();
      server = await serve(files, tls);
    });
    afterEach(async () => {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    });

    async function sign(key = keys.own, at?: string) {
      files.set(`${INDEX}.asc`, await signer.detachSign(files.get(INDEX) ?? Buffer.alloc(0), key, at));
    }
    async function publish(primary: Partial<TestList> = {}, others: readonly TestList[] = []) {
      addRepodata(files, [{ type: 'primary', text: PRIMARY, ...primary }, ...others]);
      await sign();
    }
    function repository(overrides: Partial<Repository> = {}): Repository {
      return {
        ...{ name: 'test', url: server.url, suites: [], components: [], trusted: false, signedIndex: true },
        keySources: [paths.own, paths.other, paths.expired],
        fingerprints: [keys.own],
        priority: 500,
        ...overrides,
      };
    }
    const events: IcEvent[] = [];
    const said: unknown[] = [];
    const logger = { debug() {}, info: (...words: unknown[]) => said.push(words), warn() {}, error() {} };
    const context = defaultContext({
      logger,
      events: (event) => events.push(event),
      clock: { now: () => new Date(Date.now() + 2000) },
    });
    const read = (repositories: readonly Repository[] = [repository()], offline = false) =>
      readMetadata(repositories, { fetcher, cacheDir, offline }, context);
    const tables = async () => {
      const folder = join(cacheDir, 'metadata', 'lists');
      return (await readdir(folder))
        .filter((name) => name.endsWith('.table'))
        .map((name) => join(folder, name));
    };

    it('takes from the next of several mirrors what one does not have', async () => {
      await publish();
      const otherFiles: Files = new Map();
      const other = await serve(otherFiles, tls);
      events.length = 0;
      try {
        const both = repository({ url: other.url, mirrors: [server.url] });
        expect((await read([both])).size).toBe(3);
        await rm(join(cacheDir, 'metadata'), { recursive: true });
        for (const path of [INDEX, `${INDEX}.asc`]) otherFiles.set(path, files.get(path) ?? Buffer.alloc(0));
        server.log.length = 0;
        expect((await read([both])).size).toBe(3);
        expect(server.log).toEqual([expect.stringMatching(/^200 repodata\/.*primary/)]);
        expect(events).toMatchObject([{ code: 'MIRROR_FAILED' }, { code: 'MIRROR_FAILED' }]);
        const plain = repository({ signedIndex: false, mirrors: [server.url.replace('https:', 'http:')] });
        await expect(read([plain])).rejects.toMatchObject({ code: 'SIGNATURE_MISSING', fault: 'request' });
      } finally {
        await other.close();
      }
    });

    it('reads a signed repository and proves it', async () => {
      await publish();
      const index = await read();
      expect([...index.names()]).toEqual(['one', 'two', 'libthree']);
      expect(index.size).toBe(3);
      expect(index.packagesNamed('two')[0]).toMatchObject({
        repository: 'test',
        priority: 500,
        version: '1.0-1',
      });
      expect(index.proofs).toEqual([
        {
          repository: 'test',
          suite: '',
          signedBy: keys.own,
          indexSha256: sha256(files.get(INDEX) ?? ''),
          date: '2023-11-14T22:13:20.000Z',
          chain: { index: 'signature', lists: ['sha256'], openLists: ['sha256'] },
        },
      ]);
      expect(server.log).toEqual([`200 ${INDEX}`, `200 ${INDEX}.asc`, '200 repodata/primary.gz']);
    });

    it('is dated by its newest file where the revision is no time', async () => {
      addRepodata(files, [{ type: 'primary', text: PRIMARY }], '9-stream');
      await sign();
      expect((await read()).proofs[0]?.date).toBe('2022-04-15T05:20:00.000Z');
    });

    it('asks only for the index when nothing has changed, for nothing offline, and reads no XML then', async () => {
      await publish();
      await read();
      server.log.length = 0;
      expect((await read()).size).toBe(3);
      expect(server.log).toEqual([`304 ${INDEX}`, `304 ${INDEX}.asc`]);
      server.log.length = 0;
      await rm(
        join(cacheDir, 'metadata', 'lists', `sha256-${sha256(files.get('repodata/primary.gz') ?? '')}`),
      );
      expect((await read(undefined, true)).size).toBe(3);
      expect(server.log).toEqual([]);
    });

    it('a damaged table is made anew of the list, a damaged list is fetched anew', async () => {
      await publish();
      await read();
      const [table = ''] = await tables();
      const whole = await readFile(table);
      await writeFile(table, whole.subarray(0, -1));
      server.log.length = 0;
      expect((await read(undefined, true)).size).toBe(3);
      expect((await readFile(table)).equals(whole)).toBe(true);
      await writeFile(table, 'damaged');
      await writeFile(table.replace('.table', ''), gzipSync(PRIMARY.replace('<name>one', '<name>evl')));
      await expect(read(undefined, true)).rejects.toMatchObject({
        code: 'REPOSITORY_UNREACHABLE',
        message: expect.stringContaining('its primary metadata is not in the cache'),
      });
      expect((await read()).packagesNamed('one')).toHaveLength(1);
    });

    it.each(FORMATS)('reads $format', async ({ program }) => {
      const plain = join(cacheDir, 'plain');
      await writeFile(plain, PRIMARY);
      const { stdout } = await exec('sh', ['-c', `${program} --stdout '${plain}' | base64`]);
      await publish({ compress: () => Buffer.from(stdout, 'base64') });
      expect((await read()).size).toBe(3);
    });

    it('reads what is not compressed, and SHA-512', async () => {
      await publish({ compress: (bytes) => bytes, algorithm: 'sha512', says: { 'open-checksum': '' } });
      expect((await read()).size).toBe(3);
      expect((await read(undefined, true)).size).toBe(3);
    });

    it('does without sizes and open checksums', async () => {
      await publish({ says: { size: '', 'open-size': '', 'open-checksum': '' } });
      expect((await read()).size).toBe(3);
    });

    it('puts several repositories side by side, with their priorities', async () => {
      await publish();
      const index = await read([repository(), repository({ name: 'more', priority: 900 })]);
      expect(index.size).toBe(6);
      expect([...index.names()]).toHaveLength(3);
      expect(index.providersOf('two').map((pkg) => [pkg.repository, pkg.priority])).toEqual([
        ['test', 500],
        ['more', 900],
      ]);
    });

    it('says why it leaves packages out', async () => {
      const packages = [
        ...PACKAGES,
        { name: 'libnew', fileTime: 1800000000 },
        { name: 'one', architecture: 'src' },
        { name: 'libmodular', epoch: '1', version: '2' },
        { name: 'libother', version: '2' },
        { name: 'libbad' },
      ];
      const modules = `---
document: modulemd
version: 2
data:
  name: streams
  artifacts:
    rpms:
    - libmodular-1:2-1.x86_64
    - libother-0:1-1.x86_64
...
`;
      await publish({ text: primaryXml(packages) }, [{ type: 'modules', text: modules }]);
      const limits = {
        allowPackages: ['lib*', 'one'],
        excludePackages: ['lib?ad'],
        snapshotTime: '2024-01-01T00:00:00Z',
      };
      for (const offline of [false, true]) {
        said.length = 0;
        const index = await read([repository(limits)], offline);
        expect([...index.names()]).toEqual(['one', 'libthree', 'libother']);
        expect(index.size).toBe(3);
        const why = ['one', 'two', 'libthree', 'libnew', 'libmodular', 'libbad', 'unheard'].map((name) =>
          index.leftOut(name).map(({ reason }) => reason),
        );
        expect(why).toEqual([['source'], ['not allowed'], [], ['too new'], ['modular'], ['excluded'], []]);
        expect(said).toContainEqual([
          'packages left out',
          { repository: 'test', reason: 'modular', count: 1 },
        ]);
      }
    });

    it('finds owners in filelists, which are asked for only then, and proven', async () => {
      const [one = '', two = ''] = ['b', 'c'].map((digit) => digit.repeat(64));
      const filelists = `<filelists><package pkgid="${one}" name="one" arch="x86_64"><version/>
      <file>/usr/share/a&amp;b</file><file type="dir">/usr/share</file></package>
      <package name="two" pkgid='${two}'><file>/usr/share/a&amp;b</file></package></filelists>`;
      const packages = [
        { name: 'one', checksum: one, format: '<file>/usr/bin/one</file>' },
        { name: 'two', checksum: two },
      ];
      await publish({ text: primaryXml(packages) }, [{ type: 'filelists', text: filelists }]);
      const index = await read();
      const owners = (path: string) => index.ownersOf(path).map(({ name }) => name);
      expect(owners('/usr/bin/one')).toEqual(['one']);
      expect(['/usr/bin/x', '/etc/x', '/usr/share'].map((path) => index.knowsOwnersOf(path))).toEqual([
        true,
        true,
        false,
      ]);
      expect(server.log.some((line) => line.includes('filelists'))).toBe(false);
      await index.findOwners(['/usr/share/a&b', '/usr/share', '/none', '/usr/bin/one']);
      expect(['/usr/share/a&b', '/usr/share', '/none'].map(owners)).toEqual([['one', 'two'], ['one'], []]);
      expect(index.knowsOwnersOf('/none')).toBe(true);
      const lists = join(cacheDir, 'metadata', 'lists');
      const [kept = ''] = (await readdir(lists)).filter((name) => name.endsWith('.owners'));
      await rm(join(lists, kept.replace('.owners', '')));
      const other = await read([repository({ excludePackages: ['one'] })], true);
      await expect(other.findOwners(['/usr/share/new'])).rejects.toMatchObject({
        code: 'REPOSITORY_UNREACHABLE',
      });
      await other.findOwners(['/usr/share/a&b']);
      expect(other.ownersOf('/usr/share/a&b').map(({ name }) => name)).toEqual(['two']);
      await writeFile(join(lists, kept), 'damaged\n[]');
      const again = await read();
      await again.findOwners(['/usr/share/a&b']);
      expect(again.ownersOf('/usr/share/a&b')).toHaveLength(2);
    });

    it('filelists that name a file without end are gone over once', async () => {
      const lines = '<file>/usr/share/x</file>\n'.repeat(400_000);
      const filelists = `<filelists>${lines}<package pkgid="${'a'.repeat(64)}">${lines}</package></filelists>`;
      await publish({}, [{ type: 'filelists', text: filelists }]);
      const index = await read();
      const started = performance.now();
      await index.findOwners(['/usr/share/x']);
      expect(performance.now() - started).toBeLessThan(5000);
      expect(index.ownersOf('/usr/share/x')).toHaveLength(1);
    });

    it('altered filelists are refused when they are asked for', async () => {
      await publish({}, [{ type: 'filelists', text: '<filelists/>' }]);
      files.set('repodata/filelists.gz', gzipSync('<filelists></filelists>'));
      const index = await read();
      await expect(index.findOwners(['/usr/share'])).rejects.toMatchObject({ code: 'LIST_TOO_LONG' });
    });

    it('reads a folder, one that is trusted unsigned', async () => {
      addRepodata(files, [{ type: 'primary', text: PRIMARY }]);
      const folder = join(cacheDir, 'repository');
      await mkdir(join(folder, 'repodata'), { recursive: true });
      for (const [path, bytes] of files) await writeFile(join(folder, path), bytes);
      const index = await read([repository({ url: `file://${folder}`, trusted: true, fingerprints: [] })]);
      expect(index.size).toBe(3);
      expect(index.proofs[0]?.signedBy).toBeUndefined();
      expect(index.proofs[0]?.chain).toMatchObject({ index: 'local' });
    });

    it('takes an index that is never signed over https:, without a word and without a signer', async () => {
      events.length = 0;
      addRepodata(files, [{ type: 'primary', text: PRIMARY }]);
      const index = await read([repository({ signedIndex: false, fingerprints: [], keySources: [] })]);
      expect(index.proofs[0]).not.toHaveProperty('signedBy', expect.anything());
      expect(index.proofs[0]?.chain).toMatchObject({ index: 'tls' });
      expect(server.log).not.toContain(`404 ${INDEX}.asc`);
      expect(events).toEqual([]);
    });

    interface Attack {
      readonly title: string;
      readonly code: string;
      readonly arrange: () => Promise<unknown>;
      readonly repository?: () => Partial<Repository>;
      readonly message?: RegExp;
    }
    const altered = PRIMARY.replace('<name>one', '<name>evl');
    const attacks: Attack[] = [
      {
        title: 'an index without a signature',
        code: 'SIGNATURE_MISSING',
        arrange: async () => addRepodata(files, [{ type: 'primary', text: PRIMARY }]),
      },
      {
        title: 'an empty signature',
        code: 'SIGNATURE_MISSING',
        arrange: async () => {
          await publish();
          files.set(`${INDEX}.asc`, Buffer.alloc(0));
        },
      },
      {
        title: 'something else than a signature',
        code: 'SIGNATURE_INVALID',
        arrange: async () => {
          await publish();
          files.set(`${INDEX}.asc`, Buffer.from('<html>'));
        },
      },
      {
        title: 'an altered index',
        code: 'INDEX_ALTERED',
        arrange: async () => {
          await publish();
          addRepodata(files, [{ type: 'primary', text: altered }]);
        },
      },
      {
        title: 'an index signed by a key of nobody',
        code: 'KEY_UNKNOWN',
        arrange: async () => {
          await publish();
          await sign(keys.other);
        },
        repository: () => ({ keySources: [paths.own] }),
      },
      {
        title: "an index signed by another repository's key",
        code: 'KEY_UNKNOWN',
        arrange: async () => {
          await publish();
          await sign(keys.other);
        },
      },
      {
        title: 'an index signed by an expired key',
        code: 'KEY_EXPIRED',
        arrange: async () => {
          await publish();
          await sign(keys.expired, '20200110T000000');
        },
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
        title: 'an altered list of the same size',
        code: 'LIST_ALTERED',
        arrange: async () => {
          await publish({ compress: (bytes) => bytes });
          files.set('repodata/primary.gz', Buffer.from(altered));
        },
        message: /its SHA-256 is [0-9a-f]{64}, not/,
      },
      {
        title: 'a longer list',
        code: 'LIST_TOO_LONG',
        arrange: async () => {
          await publish();
          files.set('repodata/primary.gz', Buffer.concat([gzipSync(PRIMARY), Buffer.from('more')]));
        },
        message: /it has \d+ bytes, not/,
      },
      {
        title: 'a truncated list',
        code: 'LIST_TRUNCATED',
        arrange: async () => {
          await publish();
          files.set('repodata/primary.gz', gzipSync(PRIMARY).subarray(0, 100));
        },
        message: /it has 100 bytes/,
      },
      {
        title: 'a list of another open checksum',
        code: 'REPOSITORY_INVALID',
        arrange: () =>
          publish({
            says: { 'open-checksum': `<open-checksum type="sha256">${sha256(altered)}</open-checksum>` },
          }),
        message: /uncompressed, its SHA-256/,
      },
      {
        title: 'a list of another open size',
        code: 'REPOSITORY_INVALID',
        arrange: () => publish({ says: { 'open-size': `<open-size>${PRIMARY.length + 1}</open-size>` } }),
        message: /uncompressed, it has/,
      },
      {
        title: 'a list that is a decompression bomb',
        code: 'DECOMPRESSION_LIMIT',
        arrange: () => publish({ compress: () => gzipSync(Buffer.alloc(20_000_000)) }),
        message: /grows beyond/,
      },
      {
        title: 'a list that would be larger than any',
        code: 'REPOSITORY_INVALID',
        arrange: () => publish({ says: { 'open-size': '<open-size>99999999999</open-size>' } }),
        message: /99999999999 bytes/,
      },
      ...['sha', 'sha1', 'md5', 'none'].map((type) => ({
        title: `a list with a checksum by ${type}`,
        code: 'REPOSITORY_INVALID',
        arrange: () =>
          publish({ says: { checksum: `<checksum type="${type}">${'a'.repeat(40)}</checksum>` } }),
        message: /only sha256 and sha512 count/,
      })),
      ...['../secret', '/etc/passwd', 'https://h.example/x', 'a//b', 'a\\b', ''].map((path) => ({
        title: `a list at "${path}"`,
        code: 'LOCATION_ESCAPES',
        arrange: () => publish({ says: { location: `<location href="${path}"/>` } }),
        message: /not a path below/,
      })),
      {
        title: 'a list that is not there',
        code: 'REPOSITORY_UNREACHABLE',
        arrange: async () => {
          await publish();
          files.delete('repodata/primary.gz');
        },
        message: /the file is not there/,
      },
      {
        title: 'a list that is no primary metadata',
        code: 'REPOSITORY_INVALID',
        arrange: () => publish({ text: PRIMARY.replace('</package>', '</packages>') }),
        message: /not sound at byte \d+: it has the end of packages/,
      },
      ...[
        ['no XML', 'hello', /not a sound repomd.xml/],
        ['another document', '<html/>', /no repomd element/],
        ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><repomd/>', /document type/],
        ['nothing', '<repomd/>', /no primary/],
      ].map(([what, text, message]) => ({
        title: `a signed index that is ${what}`,
        code: 'REPOSITORY_INVALID',
        arrange: async () => {
          files.set(INDEX, Buffer.from(String(text)));
          await sign();
        },
        message: message as RegExp,
      })),
      {
        title: 'no index',
        code: 'REPOSITORY_UNREACHABLE',
        arrange: async () => {},
        message: /there is no repomd.xml/,
      },
      {
        title: 'a mirror that does not answer',
        code: 'REPOSITORY_UNREACHABLE',
        arrange: async () => {},
        repository: () => ({ url: 'http://user:secret@127.0.0.1:1' }),
        message: /repository "test" cannot be read: http:\/\/127\.0\.0\.1:1\/repodata.* refused/,
      },
      {
        title: 'a snapshot time that is none',
        code: 'REPOSITORY_INVALID',
        arrange: () => publish(),
        repository: () => ({ snapshotTime: 'yesterday' }),
        message: /"yesterday", is not a time/,
      },
      {
        title: 'plain http: and trusted',
        code: 'SIGNATURE_MISSING',
        arrange: async () => {},
        repository: () => ({ url: 'http://127.0.0.1:1', trusted: true }),
      },
      {
        title: 'plain http: and never signed',
        code: 'SIGNATURE_MISSING',
        arrange: async () => {},
        repository: () => ({ url: 'http://127.0.0.1:1', signedIndex: false }),
        message: /no signed index/,
      },
    ];
    it.each(attacks)('$title: $code', async (attack) => {
      await attack.arrange();
      const error = await read([repository(attack.repository?.())]).catch((reason) => reason);
      expect(error).toMatchObject({ name: 'PackageError', code: attack.code, hint: expect.any(String) });
      expect(error.message).toMatch(attack.message ?? /./);
      expect(JSON.stringify([error.message, error.details])).not.toContain('secret@');
    });

    it('offline says what is missing', async () => {
      await expect(read(undefined, true)).rejects.toMatchObject({
        code: 'REPOSITORY_UNREACHABLE',
        message: expect.stringContaining('repomd.xml, is not in the cache'),
      });
    });

    it('what was refused is not kept', async () => {
      await publish({ says: { 'open-size': `<open-size>${PRIMARY.length + 1}</open-size>` } });
      await expect(read()).rejects.toMatchObject({ code: 'REPOSITORY_INVALID' });
      expect(existsSync(join(cacheDir, 'metadata', 'lists'))).toBe(false);
    });
  },
);
