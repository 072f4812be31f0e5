import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository, RollbackPolicy } from '@ic/package-core';
import { createFetcher, defaultContext } from '@ic/utils';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addRepodata, type Files, primaryXml } from '../testing/repodata.js';
import { serve, type TestServer } from '../testing/repository-server.js';
import { createSigner, type Signer } from '../testing/signer.js';
import { readMetadata } from './metadata.js';

const INDEX = 'repodata/repomd.xml';
const seconds = (date: string) => String(Date.parse(date) / 1000);

describe.skipIf(!existsSync('/usr/bin/gpg'))('an index and time', () => {
  let signer: Signer;
  let key: string;
  let path: string;
  let files: Files;
  let server: TestServer;
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
    cacheDir = await mkdtemp(join(tmpdir(), 'ic-rpm-freshness-'));
    files = new Map();
    server = await serve(files);
  });
  afterEach(async () => {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  });

  interface Publication {
    readonly revision: string;
    /** Seconds since 1970, of the one list. */
    readonly timestamp?: string;
    readonly signedAt?: string;
  }
  async function publish({ revision, timestamp = '1650000000', signedAt }: Publication) {
    const says = { timestamp: `<timestamp>${timestamp}</timestamp>` };
    const text = primaryXml([{ name: `of-${revision}-${timestamp}` }]);
    addRepodata(files, [{ type: 'primary', text, says }], revision);
    files.set(`${INDEX}.asc`, await signer.detachSign(files.get(INDEX) ?? Buffer.alloc(0), key, signedAt));
  }
  interface How {
    readonly offline?: boolean;
    readonly rollback?: RollbackPolicy;
    readonly at?: string;
  }
  async function read({ offline = false, rollback, at }: How = {}): Promise<string | undefined> {
    const repository: Repository = {
      ...{ name: 'test', url: server.url, suites: [], components: [], priority: 500 },
      ...{ keySources: [path], fingerprints: [key], trusted: false, signedIndex: true },
    };
    const now = at === undefined ? new Date(Date.now() + 2000) : new Date(at);
    const context = defaultContext({ clock: { now: () => now } });
    const index = await readMetadata([repository], { fetcher, cacheDir, offline, rollback }, context);
    return [...index.names()][0];
  }

  interface Row {
    readonly title: string;
    readonly before: Publication;
    readonly after: Publication;
    readonly refused?: RegExp;
  }
  const [JANUARY, FEBRUARY] = [seconds('2026-01-01'), seconds('2026-02-01')];
  const rows: Row[] = [
    {
      title: 'an older time as revision',
      before: { revision: FEBRUARY },
      after: { revision: JANUARY, timestamp: FEBRUARY },
      refused: /of 2026-01-01T00.* of 2026-02-01T00/,
    },
    { title: 'a newer time as revision', before: { revision: JANUARY }, after: { revision: FEBRUARY } },
    {
      title: 'a smaller number as revision, whatever the times',
      before: { revision: '120', timestamp: JANUARY },
      after: { revision: '119', timestamp: FEBRUARY },
      refused: /revision 119.* revision 120/,
    },
    { title: 'a greater number as revision', before: { revision: '99' }, after: { revision: '100' } },
    {
      title: 'older lists where the revision is no number',
      before: { revision: 'stream', timestamp: FEBRUARY },
      after: { revision: 'upstream', timestamp: JANUARY },
      refused: /of 2026-01-01/,
    },
    {
      title: 'older lists where the revision is always 0',
      before: { revision: '0', timestamp: FEBRUARY },
      after: { revision: '0', timestamp: JANUARY },
      refused: /of 2026-01-01/,
    },
    {
      title: 'a number where times were before',
      before: { revision: FEBRUARY },
      after: { revision: '7', timestamp: JANUARY },
    },
    {
      title: 'no time at all where one was before',
      before: { revision: FEBRUARY },
      after: { revision: 'stream', timestamp: 'never' },
      refused: /of no date/,
    },
  ];
  it.each(rows)('$title', async ({ before, after, refused }) => {
    await publish(before);
    const first = await read();
    await publish(after);
    if (refused === undefined) expect(await read()).not.toBe(first);
    else {
      await expect(read()).rejects.toMatchObject({
        name: 'PackageError',
        code: 'INDEX_ROLLED_BACK',
        message: expect.stringMatching(refused),
      });
      expect(await read({ offline: true })).toBe(first);
      const allowed = await read({ rollback: 'allow' });
      expect(allowed).not.toBe(first);
      expect(await read()).toBe(allowed);
    }
  });

  it('an index that is dated in the future is refused', async () => {
    await publish({ revision: String(Math.ceil(Date.now() / 1000) + 3600) });
    await expect(read()).rejects.toMatchObject({ code: 'INDEX_NOT_YET_VALID' });
  });

  it('by a time of the past, what was valid then is valid, and nothing is remembered', async () => {
    await publish({ revision: seconds('2021-06-01'), signedAt: '20210601T000000' });
    expect(await read({ at: '2021-06-02', rollback: 'ignore' })).toBeDefined();
    await expect(read({ at: '2021-05-01', rollback: 'ignore' })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    await expect(readdir(join(cacheDir, 'metadata', 'seen'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('a mirror with a new index and old lists says so', async () => {
    await publish({ revision: JANUARY });
    const old = files.get('repodata/primary.gz') ?? Buffer.alloc(0);
    await publish({ revision: FEBRUARY });
    files.set('repodata/primary.gz', old);
    await expect(read()).rejects.toMatchObject({
      code: 'LIST_ALTERED',
      hint: expect.stringMatching(/mix of two publications.*--mirror test=URL/),
    });
  });

  it('a mirror with a new index and the old signature says so', async () => {
    await publish({ revision: JANUARY });
    const old = files.get(`${INDEX}.asc`) ?? Buffer.alloc(0);
    await publish({ revision: FEBRUARY });
    files.set(`${INDEX}.asc`, old);
    await expect(read()).rejects.toMatchObject({
      code: 'INDEX_ALTERED',
      hint: expect.stringContaining('the mirror is just being updated'),
    });
  });
});
