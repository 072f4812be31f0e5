import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFetcher, defaultContext, type IcEvent, processMark, UtilsError } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PackageRef, Repository } from '../contract.js';
import { type FetchPackagesOptions, fetchPackages } from './fetch-packages.js';
import { openPackageCache } from './package-cache.js';
import { pathsOf } from './readme.test.example.js';

let folder: string;
let events: IcEvent[];
let requests: string[];
let answer: RequestListener;
let repository: Repository;
let closing: () => void;

const fetcher = createFetcher({ retries: 0, idleTimeout: 2000 });
const single = createFetcher({ retries: 0, idleTimeout: 2000, connections: 1 });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ic-fetch-'));
  events = [];
  requests = [];
  answer = (request, response) => response.end(bodyOf(request));
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  repository = {
    name: 'main',
    url: `http://me:secret@127.0.0.1:${port}/debian`,
    suites: [],
    components: [],
    keySources: [],
    fingerprints: [],
    trusted: false,
    signedIndex: true,
    priority: 500,
  };
});
afterEach(() => {
  closing();
  rmSync(folder, { recursive: true });
});

/** The file of a package is its own name a thousand times. */
function bodyOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/^.*\/|\.deb$/g, '').repeat(1000);
}

function ref(name: string, changes: Partial<PackageRef> = {}): PackageRef {
  const body = name.repeat(1000);
  return {
    name,
    version: '1.0-1',
    architecture: 'amd64',
    repository: 'main',
    location: `pool/${name}.deb`,
    size: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    installedSize: 0,
    ...changes,
  };
}

function options(changes: Partial<FetchPackagesOptions> = {}): FetchPackagesOptions {
  const context = defaultContext({ events: (event) => events.push(event) });
  return { cache: openPackageCache(folder), fetcher, offline: false, context, ...changes };
}

const wanted = ['zlib', 'bash', 'dash', 'grep', 'tar'].map((name) => ref(name));

describe('fetchPackages', () => {
  it('fetches what is missing and keeps the order', async () => {
    const fetched = await fetchPackages(wanted, [repository], options());
    expect(fetched.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
    for (const { name, path } of fetched) expect(readFileSync(path, 'utf8')).toBe(name.repeat(1000));
    expect(requests).toHaveLength(5);
    expect(await fetchPackages(wanted, [repository], options({ offline: true }))).toEqual(fetched);
    expect(requests).toHaveLength(5);
  });

  it('works as the README says', async () => {
    const paths = await pathsOf(wanted, [repository], folder);
    expect(paths.map((path) => readFileSync(path, 'utf8').slice(0, 3))).toEqual([
      'zli',
      'bas',
      'das',
      'gre',
      'tar',
    ]);
    const [readme, example] = ['../../README.md', 'readme.test.example.ts'].map((path) =>
      readFileSync(new URL(path, import.meta.url), 'utf8'),
    );
    expect(readme).toContain(example);
  });

  it('says its progress up to the end', async () => {
    await fetchPackages(wanted, [repository], options());
    const total = wanted.reduce((sum, { size }) => sum + size, 0);
    const last = events.at(-1);
    expect(last).toMatchObject({ type: 'progress', stage: 'fetch', unit: 'bytes', done: total, total });
    expect(events.flatMap((event) => ('item' in event ? [event.item] : [])).sort()).toEqual(
      wanted.map(({ name }) => name).sort(),
    );
  });

  it('fetches a damaged file again', async () => {
    const [first] = await fetchPackages(wanted, [repository], options());
    rmSync(first?.path ?? '');
    await fetchPackages(wanted, [repository], options());
    expect(requests.slice(5)).toEqual(['/debian/pool/zlib.deb']);
  });

  it('lists what is missing when offline', async () => {
    await fetchPackages(wanted.slice(0, 3), [repository], options());
    const all = fetchPackages(wanted, [repository], options({ offline: true }));
    await expect(all).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: '2 packages are not in the package cache (6.8 KiB): grep 1.0-1, tar 1.0-1',
    });
  });

  it('names the first of many that are missing offline, and has all in its details', async () => {
    const many = Array.from({ length: 30 }, (_, index) => ref(`p${index + 10}`));
    const names = many.map(({ name, version }) => `${name} ${version}`);
    await expect(fetchPackages(many, [repository], options({ offline: true }))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^30 packages are not .*: p10 1\.0-1, p11 1\.0-1, .*, p19 1\.0-1 and 20 more$/,
      ),
      details: { packages: names },
    });
  });

  it('keeps to the number of connections', async () => {
    const few = createFetcher({ connections: 2 });
    let open = 0;
    let most = 0;
    answer = (request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end(bodyOf(request));
      }, 10);
    };
    await fetchPackages(wanted, [repository], options({ fetcher: few }));
    few.close();
    expect(most).toBe(2);
  });

  it('downloads once for two callers, and for a package asked for twice', async () => {
    const seen: IcEvent[][] = [[], []];
    const both = seen.map((mine) =>
      fetchPackages(
        wanted,
        [repository],
        options({ context: defaultContext({ events: (event) => mine.push(event) }) }),
      ),
    );
    const [first, second] = await Promise.all(both);
    expect(first).toEqual(second);
    const total = wanted.reduce((sum, { size }) => sum + size, 0);
    for (const mine of seen) expect(mine.at(-1)).toMatchObject({ done: total, total });
    await fetchPackages([ref('x'), ref('x', { name: 'y' })], [repository], options());
    expect(requests).toHaveLength(6);
  });

  it('goes on when the caller whose download it shares is cancelled', async () => {
    const controller = new AbortController();
    const held: (() => void)[] = [];
    answer = (request, response) => {
      held.push(() => response.end(bodyOf(request)));
      if (held.length > 1) held.at(-1)?.();
    };
    const one = [ref('bash')];
    const first = fetchPackages(
      one,
      [repository],
      options({ context: defaultContext({ signal: controller.signal }) }),
    );
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const second = fetchPackages(one, [repository], options());
    setTimeout(() => controller.abort(), 20);
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readFileSync((await second)[0]?.path ?? '', 'utf8')).toBe('bash'.repeat(1000));
    expect(requests).toHaveLength(2);
  });

  it('goes on where a process that was killed stopped', async () => {
    const one = ref('bash');
    const dead = (await processMark()).replace(/\d+$/, '1');
    mkdirSync(join(folder, 'partial'), { recursive: true });
    const beginning = 'bash'.repeat(1000).slice(0, 3000);
    writeFileSync(join(folder, 'partial', `${one.sha256}.${dead}.0a`), beginning);
    const ranges: unknown[] = [];
    answer = (request, response) => {
      ranges.push(request.headers.range);
      const body = bodyOf(request);
      response.writeHead(206, { 'content-range': `bytes 3000-${body.length - 1}/${body.length}` });
      response.end(body.slice(3000));
    };
    const [fetched] = await fetchPackages([one], [repository], options());
    expect(readFileSync(fetched?.path ?? '', 'utf8')).toBe('bash'.repeat(1000));
    expect(ranges).toEqual(['bytes=3000-']);
    expect(events.at(-1)).toMatchObject({ done: 4000, total: 4000 });
    expect(readdirSync(join(folder, 'partial'))).toEqual([]);
  });

  it('ends at once when it is cancelled, while the one whose download it shares goes on', async () => {
    const held: (() => void)[] = [];
    answer = (request, response) => {
      held.push(() => response.end(bodyOf(request)));
    };
    const one = [ref('bash')];
    const first = fetchPackages(one, [repository], options());
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const controller = new AbortController();
    const context = defaultContext({ signal: controller.signal });
    const second = fetchPackages(one, [repository], options({ context }));
    setTimeout(() => controller.abort(), 20);
    // Nothing of the download comes before this.
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    held[0]?.();
    expect(readFileSync((await first)[0]?.path ?? '', 'utf8')).toBe('bash'.repeat(1000));
    expect(requests).toHaveLength(1);
  });

  it.each<[string, RequestListener, string]>([
    ['404', (_request, response) => response.writeHead(404).end(), 'PACKAGE_MISSING'],
    ['410', (_request, response) => response.writeHead(410).end(), 'PACKAGE_MISSING'],
    ['403', (_request, response) => response.writeHead(403).end(), 'REPOSITORY_UNREACHABLE'],
    ['503', (_request, response) => response.writeHead(503).end(), 'REPOSITORY_UNREACHABLE'],
    ['a cut connection', (request) => request.socket.destroy(), 'REPOSITORY_UNREACHABLE'],
    [
      'a redirect to a file',
      (_q, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'HTTP_REDIRECT',
    ],
    ['other bytes', (request, response) => response.end(bodyOf(request).toUpperCase()), 'PACKAGE_ALTERED'],
    ['too many bytes', (request, response) => response.end(`${bodyOf(request)}!`), 'PACKAGE_TOO_LONG'],
    ['too few bytes', (request, response) => response.end(bodyOf(request).slice(1)), 'PACKAGE_TRUNCATED'],
  ])('answered with %s, names repository and package but no secrets', async (_title, listener, code) => {
    answer = (request, response) =>
      request.url?.endsWith('grep.deb') ? listener(request, response) : response.end(bodyOf(request));
    const error: Error = await fetchPackages(wanted, [repository], options()).then(
      () => Promise.reject(new Error('it was fetched')),
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ name: code === 'HTTP_REDIRECT' ? 'UtilsError' : 'PackageError', code });
    expect(error.message).toMatch(/grep 1\.0-1.*127\.0\.0\.1/);
    expect(error.message).toContain('"main"');
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('secret');
    expect(readdirSync(join(folder, 'partial'))).toEqual([]);
  });

  it('fetches the others when some cannot be had, and names all that are missing', async () => {
    answer = (request, response) => {
      if (/bash|tar/.test(request.url ?? '')) response.writeHead(404).end();
      else response.end(bodyOf(request));
    };
    await expect(fetchPackages(wanted, [repository], options())).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      message: expect.stringMatching(
        /^2 of 5 packages could not be fetched \(PACKAGE_MISSING: bash 1\.0-1, tar 1\.0-1\); the first: .*"main"/,
      ),
      details: { missing: [{ package: 'bash', code: 'PACKAGE_MISSING' }, { package: 'tar' }] },
    });
    answer = (request, response) => {
      if (request.url?.endsWith('tar.deb')) response.end('other bytes');
      else response.writeHead(404).end();
    };
    await expect(fetchPackages(wanted, [repository], options())).rejects.toMatchObject({
      code: 'FETCH_INCOMPLETE',
      message: expect.stringContaining('(PACKAGE_MISSING: bash 1.0-1; PACKAGE_TRUNCATED: tar 1.0-1)'),
    });
    expect(requests).toHaveLength(7);
  });

  it('does not ask a repository for more when nothing comes from it', async () => {
    answer = (_request, response) => response.writeHead(503).end();
    const many = Array.from({ length: 50 }, (_, index) => ref(`p${index}`));
    await expect(fetchPackages(many, [repository], options({ fetcher: single }))).rejects.toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      message: expect.stringMatching(
        /^50 of 50 packages could not be fetched \(REPOSITORY_UNREACHABLE: p\d.*; not tried after so many failures: p\d+ 1\.0-1/,
      ),
    });
    expect(requests.length).toBeLessThan(15);
  });

  it('stops the other downloads when none of them can succeed', async () => {
    const full = {
      ...openPackageCache(folder),
      tryFill: () => Promise.reject(new UtilsError('DISK_FULL', 'full')),
    };
    await expect(fetchPackages(wanted, [repository], options({ cache: full }))).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect(requests).toEqual([]);
  });

  it('refuses a package of no repository, or outside of it, before any request', async () => {
    for (const [changes, code] of [
      [{ repository: 'other' }, 'REPOSITORY_INVALID'],
      [{ location: '../../x.deb' }, 'LOCATION_ESCAPES'],
      [{ location: 'https://x.example/y' }, 'LOCATION_ESCAPES'],
    ] as const) {
      const all = fetchPackages([...wanted, ref('x', changes)], [repository], options());
      await expect(all).rejects.toMatchObject({ code });
    }
    expect(requests).toEqual([]);
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    const context = defaultContext({ signal: controller.signal });
    await expect(fetchPackages(wanted, [repository], options({ context }))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(readdirSync(join(folder, 'partial'))).toEqual([]);
  });

  describe('with several mirrors', () => {
    const warnings = () => events.filter(({ type }) => type === 'warning');
    /** The repository with one more mirror, which is asked first. */
    const mirrored = (first: string): Repository => ({
      ...repository,
      url: first,
      mirrors: [repository.url],
    });

    it.each<[string, RequestListener]>([
      ['has no such file', (_request, response) => response.writeHead(404).end()],
      ['is overloaded', (_request, response) => response.writeHead(503).end()],
      ['has other bytes', (_request, response) => response.end('x')],
      ['cuts connections', (request) => request.socket.destroy()],
      ['says nothing', () => {}],
    ])('takes from the next what one cannot deliver because it %s', async (_title, listener) => {
      answer = (request, response) => {
        if (request.url?.startsWith('/bad/')) listener(request, response);
        else response.end(bodyOf(request));
      };
      const quick = createFetcher({ retries: 0, idleTimeout: 100, connections: 1 });
      const bad = repository.url.replace('/debian', '/bad');
      const fetched = await fetchPackages(wanted, [mirrored(bad)], options({ fetcher: quick }));
      quick.close();
      for (const { name, path } of fetched) expect(readFileSync(path, 'utf8')).toBe(name.repeat(1000));
      // Asked once, it is asked last from then on.
      expect(requests.filter((url) => url.startsWith('/bad/'))).toHaveLength(1);
      expect(warnings()).toEqual([
        {
          type: 'warning',
          code: 'MIRROR_FAILED',
          message: expect.stringMatching(/^(?!.*secret).*"main".*\/bad, failed/),
        },
      ]);
    });

    it('says why the first could not deliver when none can', async () => {
      answer = (request, response) => response.writeHead(request.url?.startsWith('/bad/') ? 404 : 503).end();
      const bad = repository.url.replace('/debian', '/bad');
      const all = fetchPackages(wanted.slice(0, 1), [mirrored(bad)], options());
      await expect(all).rejects.toMatchObject({ code: 'PACKAGE_MISSING' });
      expect(requests.map((url) => url.split('/')[1])).toEqual(['bad', 'debian']);
      expect(warnings()).toHaveLength(2);
    });
  });
});

it('fetches the others while another build fetches some, and those again that it gives up', async () => {
  const [given, done] = [ref('zlib'), ref('bash')];
  const other = await vi.importActual<typeof import('./package-cache.js')>('./package-cache.js?other');
  const theirs = other.openPackageCache(folder);
  let end = { givesUp: () => {}, isDone: () => {} };
  const begun = [given, done].map(
    (pkg) =>
      new Promise<void>((resolve) => {
        const filled = theirs.fill(pkg, async (path) => {
          resolve();
          await new Promise<void>((go, stop) => {
            end = pkg === given ? { ...end, givesUp: () => stop(new Error('gone')) } : { ...end, isDone: go };
          });
          writeFileSync(path, 'bash'.repeat(1000));
          return pkg;
        });
        filled.catch(() => {});
      }),
  );
  await Promise.all(begun);
  const fetching = fetchPackages(wanted, [repository], options({ fetcher: single }));
  const finished = (event: IcEvent) =>
    event.type === 'progress' && /^(dash|grep|tar)$/.test(event.item ?? '');
  await vi.waitFor(() => expect(events.filter(finished)).toHaveLength(3));
  const names = () => requests.map((url) => url.replace(/^.*\/|\.deb$/g, ''));
  expect(names().sort()).toEqual(['dash', 'grep', 'tar']);
  expect(events).toContainEqual(expect.objectContaining({ item: 'zlib (another build is fetching it)' }));
  end.givesUp();
  end.isDone();
  await fetching;
  expect(names().slice(3)).toEqual(['zlib']);
  expect(events.at(-1)).toMatchObject({ done: 19_000, total: 19_000 });
});
