import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Repository, RollbackPolicy } from '@ic/package-core';
import { createFetcher, defaultContext, sha256 } from '@ic/utils';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Files, releaseText, serve, type TestServer } from '../testing/repository.js';
import { createSigner, type Signer } from '../testing/signer.js';
import { readMetadata } from './metadata.js';

const FOLDER = 'dists/stable/';
const LIST = `${FOLDER}main/binary-amd64/Packages`;
const BY_HASH = `${FOLDER}main/binary-amd64/by-hash/SHA256/`;

describe.skipIf(!existsSync('/usr/bin/gpg'))('an index and time', () => {
  let signer: Signer;
  let key: string;
  let path: string;
  let files: Files;
  let mirrors: TestServer[];
  let cacheDir: string;
  const fetcher = createFetcher({ retries: 0 });

  beforeAll(async () => {
    signer = await createSigner();
    key = await signer.generate('Own', { at: '20200101T000000', expires: '10y' });
    path = await signer.export(key);
  }, 30_000);
  afterAll(async () => {
    fetcher.close();
    await signer?.close();
  });
  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'ic-freshness-'));
    files = new Map();
    mirrors = [await serve(files), await serve(files)];
  });
  afterEach(async () => {
    await Promise.all(mirrors.map((mirror) => mirror.close()));
    await rm(cacheDir, { recursive: true, force: true });
  });

  interface Publication {
    readonly packages?: string;
    readonly fields?: Readonly<Record<string, string>>;
    readonly signedAt?: string;
  }
  /** Puts a publication in the place of the one before, as one that has `dated` in its Release file. */
  async function publish(dated: string, { packages = dated, fields = {}, signedAt }: Publication = {}) {
    for (const file of [...files.keys()]) if (!file.includes('by-hash')) files.delete(file);
    const stanza = `Package: one\nVersion: ${packages.replaceAll(/\D/g, '')}\nArchitecture: amd64\nFilename: pool/one.deb\nSize: 1\nSHA256: ${sha256(packages)}\n`;
    const packed = gzipSync(stanza);
    const listed: Files = new Map([
      [LIST, Buffer.from(stanza)],
      [`${LIST}.gz`, packed],
    ]);
    const date = new Date(dated).toUTCString();
    const text = releaseText(listed, FOLDER, { fields: { Date: date, ...fields } });
    files.set(`${LIST}.gz`, packed);
    if (fields['Acquire-By-Hash'] === 'yes') files.set(`${BY_HASH}${sha256(packed)}`, packed);
    files.set(`${FOLDER}InRelease`, await signer.clearSign(text, key, signedAt));
  }
  const repository = (mirror = 0): Repository => ({
    name: 'test',
    url: mirrors[mirror]?.url ?? '',
    stated: { url: 'https://example.org/debian' },
    ...{ suites: ['stable'], components: ['main'], keySources: [path], fingerprints: [key] },
    ...{ trusted: false, signedIndex: true, priority: 500 },
  });
  interface How {
    readonly mirror?: number;
    readonly offline?: boolean;
    readonly rollback?: RollbackPolicy;
    readonly at?: string;
  }
  async function read({ mirror, offline = false, rollback, at }: How = {}): Promise<string> {
    const now = at === undefined ? new Date(Date.now() + 2000) : new Date(at);
    const context = defaultContext({ clock: { now: () => now } });
    const options = { fetcher, cacheDir, architecture: 'amd64', offline, rollback };
    const index = await readMetadata([repository(mirror)], options, context);
    return index.packagesNamed('one')[0]?.version ?? '';
  }
  const records = async () => {
    const [place = ''] = await readdir(join(cacheDir, 'metadata', 'seen'));
    return readdir(join(cacheDir, 'metadata', 'seen', place));
  };

  it('refuses an older index of whatever mirror, until it is allowed', async () => {
    await publish('2026-02-01');
    expect(await read()).toBe('20260201');
    await publish('2026-01-01');
    for (const mirror of [0, 1]) {
      await expect(read({ mirror })).rejects.toMatchObject({
        name: 'PackageError',
        code: 'INDEX_ROLLED_BACK',
        message: expect.stringMatching(/"test" \(stable\).* of 2026-01-01T00.* of 2026-02-01T00/),
      });
    }
    expect(await read({ offline: true })).toBe('20260201');
    expect(await read({ rollback: 'allow' })).toBe('20260101');
    expect(await read({ mirror: 1 })).toBe('20260101');
    expect(await read({ offline: true })).toBe('20260101');
    await publish('2026-02-01');
    expect(await read({ mirror: 1 })).toBe('20260201');
    await expect(read({ offline: true, mirror: 0 })).rejects.toMatchObject({ code: 'INDEX_ROLLED_BACK' });
  });

  it('learns nothing of an index that is not proven', async () => {
    await publish('2026-01-01');
    const genuine = files.get(`${FOLDER}InRelease`) ?? Buffer.alloc(0);
    await read();
    const forged = genuine.toString('utf8').replace('Thu, 01 Jan 2026', 'Sun, 01 Feb 2026');
    expect(forged).not.toBe(genuine.toString('utf8'));
    files.set(`${FOLDER}InRelease`, Buffer.from(forged));
    await expect(read()).rejects.toMatchObject({ code: 'INDEX_ALTERED' });
    files.set(`${FOLDER}InRelease`, genuine);
    expect(await read()).toBe('20260101');
    expect(await records()).toEqual([`date-${String(Date.parse('2026-01-01')).padStart(16, '0')}`]);
  });

  it('by a time of the past, what was valid then is valid, and nothing is remembered', async () => {
    await publish('2026-02-01');
    await read();
    const before = await records();
    const fields = { 'Valid-Until': new Date('2021-06-08').toUTCString() };
    await publish('2021-06-01', { fields, signedAt: '20210601T000000' });
    await expect(read()).rejects.toMatchObject({ code: 'INDEX_EXPIRED' });
    expect(await read({ at: '2021-06-02', rollback: 'ignore' })).toBe('20210601');
    await expect(read({ at: '2021-06-09', rollback: 'ignore' })).rejects.toMatchObject({
      code: 'INDEX_EXPIRED',
    });
    await expect(read({ at: '2021-05-01', rollback: 'ignore' })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining('in the future'),
    });
    expect(await records()).toEqual(before);
  });

  it('an index that is dated in the future, though signed now, is refused', async () => {
    await publish(new Date(Date.now() + 3_600_000).toISOString());
    await expect(read()).rejects.toMatchObject({ code: 'INDEX_NOT_YET_VALID' });
  });

  describe('a mirror with a mix of two publications', () => {
    const mixes: [string, () => Promise<void>][] = [
      [
        'the new index and old lists',
        async () => {
          await publish('2026-01-01');
          const old = files.get(`${LIST}.gz`) ?? Buffer.alloc(0);
          await publish('2026-02-01');
          files.set(`${LIST}.gz`, old);
        },
      ],
      [
        'the old index and new lists',
        async () => {
          await publish('2026-01-01');
          const old = files.get(`${FOLDER}InRelease`) ?? Buffer.alloc(0);
          await publish('2026-02-01');
          files.set(`${FOLDER}InRelease`, old);
        },
      ],
    ];
    it.each(mixes)('%s: says so', async (_, arrange) => {
      await arrange();
      await expect(read()).rejects.toMatchObject({
        code: expect.stringMatching(/^(LIST_\w+|INDEX_MIXED)$/),
        hint: expect.stringMatching(/mix of two publications.* try again .*--mirror test=URL/),
      });
    });

    it('does not matter where lists are to be had by their hash', async () => {
      const fields = { 'Acquire-By-Hash': 'yes' };
      await publish('2026-01-01', { fields });
      const old = files.get(`${FOLDER}InRelease`) ?? Buffer.alloc(0);
      await publish('2026-02-01', { fields });
      const recent = files.get(`${FOLDER}InRelease`) ?? Buffer.alloc(0);
      files.set(`${FOLDER}InRelease`, old);
      expect(await read()).toBe('20260101');
      files.set(`${FOLDER}InRelease`, recent);
      expect(await read()).toBe('20260201');
    });

    it('of Release and Release.gpg: says so', async () => {
      for (const dated of ['2026-01-01', '2026-02-01']) {
        const text = releaseText(files, FOLDER, { fields: { Date: new Date(dated).toUTCString() } });
        if (dated < '2026-02') files.set(`${FOLDER}Release.gpg`, await signer.detachSign(text, key));
        files.set(`${FOLDER}Release`, Buffer.from(text));
      }
      await expect(read()).rejects.toMatchObject({
        code: 'INDEX_ALTERED',
        hint: expect.stringContaining('the mirror is just being updated'),
      });
    });
  });

  it('builds at the same time see the same newest index', async () => {
    const dates = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'];
    const servers = await Promise.all(
      dates.map(async (dated) => {
        await publish(dated);
        return serve(new Map(files));
      }),
    );
    const context = defaultContext({ clock: { now: () => new Date(Date.now() + 2000) } });
    mirrors.push(...servers);
    await Promise.allSettled(
      servers.map(({ url }) =>
        readMetadata(
          [{ ...repository(), url }],
          { fetcher, cacheDir, architecture: 'amd64', offline: false },
          context,
        ),
      ),
    );
    expect(await records()).toContain(`date-${String(Date.parse('2026-01-04')).padStart(16, '0')}`);
    await publish('2026-01-03');
    await expect(read()).rejects.toMatchObject({ code: 'INDEX_ROLLED_BACK' });
  });
});
