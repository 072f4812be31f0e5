import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IcOptions, runIc } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { type SmallRepository, startSmallRepository } from '../src/small-repository.js';

const skipped = await lackingPackages(['apt-utils', 'gpg', 'openssl']);
const PACKAGES = 40;
/** Bytes: it takes about a second. */
const LARGE = 20_000_000;
const KILLS = process.env.IC_TEST_FULL === '1' ? 100 : 10;

describe.skipIf(skipped !== '')(`many fetches over one cache${skipped}`, () => {
  let folder: string;
  let repository: SmallRepository;
  /** SHA-256 of each package, by file name. */
  const hashes = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-many-'));
    repository = await startSmallRepository({ folder, packages: PACKAGES, large: LARGE });
    for (const path of repository.files) hashes.set(basename(path), sha256(await readFile(path)));
  }, 300_000);
  afterAll(async () => {
    await repository?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const fetch = (cacheDir: string, args: readonly string[] = [], options: IcOptions = {}) =>
    runIc(
      ['fetch', repository.template, '--cache-dir', cacheDir, '--jobs', '4', ...repository.args, ...args],
      repository.env,
      options,
    );
  const ic = (...args: string[]) => runIc(args, repository.env);
  const pathOf = (cacheDir: string, hash: string) => join(cacheDir, 'packages/sha256', hash);
  const isWhole = async (cacheDir: string) => {
    for (const hash of hashes.values()) expect(sha256(await readFile(pathOf(cacheDir, hash)))).toBe(hash);
    expect(await readdir(join(cacheDir, 'packages/partial'))).toEqual([]);
    expect(await readdir(join(cacheDir, 'users'))).toEqual([]);
    const verified = await ic('cache', 'verify', '--cache-dir', cacheDir);
    expect(verified.status).toBe(0);
    // What a process was writing of a list when it was killed is in nobody's way, and goes with this.
    expect(verified.stdout).toMatch(/^(?:.*\/metadata\/.*\.partial\n)*$/);
  };

  it('ten at once over an empty cache fetch each package and each list once', async () => {
    const cacheDir = join(folder, 'ten');
    repository.requests.length = 0;
    const all = await Promise.all(Array.from({ length: 10 }, () => fetch(cacheDir)));
    expect(all.map(({ status, stderr }) => (status === 0 ? 0 : stderr))).toEqual(Array(10).fill(0));
    expect([...repository.requests].sort()).toEqual(['Packages.gz', ...hashes.keys()].sort());
    await isWhole(cacheDir);
  }, 120_000);

  it('what a process was writing when it was killed is gone on with, by one of two that want it', async () => {
    const cacheDir = join(folder, 'resumed');
    const large = 'pkg-large_1_all.deb';
    let pid = 0;
    const victim = fetch(cacheDir, [], {
      onStart: (id) => {
        pid = id;
      },
    });
    const partials = join(cacheDir, 'packages/partial');
    const hash = hashes.get(large) ?? '';
    const isBegun = async () => {
      const names = await readdir(partials).catch(() => []);
      const half = names.find((name) => name.startsWith(hash) && !name.endsWith('.claim'));
      return half !== undefined && (await stat(join(partials, half))).size > 1_000_000;
    };
    while (isRunning(pid) && !(await isBegun())) await sleep(5);
    process.kill(pid, 'SIGKILL');
    expect((await victim).status).toBe(null);
    repository.requests.length = 0;
    repository.resumed.length = 0;
    const both = await Promise.all([fetch(cacheDir), fetch(cacheDir)]);
    expect(both.map(({ status, stderr }) => (status === 0 ? 0 : stderr))).toEqual([0, 0]);
    expect(repository.requests.filter((name) => name === large)).toEqual([large]);
    expect(repository.resumed).toContain(large);
    await isWhole(cacheDir);
  }, 120_000);

  it(`a SIGKILL at ${KILLS} random points leaves nothing that is wrong or in the way`, async () => {
    const cacheDir = join(folder, 'killed');
    const started = performance.now();
    expect(await fetch(cacheDir)).toMatchObject({ status: 0 });
    const whole = performance.now() - started;
    const counts = { killed: 0, halves: 0, claims: 0 };
    for (let round = 0; round < KILLS; round += 1) {
      for (const hash of hashes.values()) {
        if (Math.random() < 0.5) await rm(pathOf(cacheDir, hash), { force: true });
      }
      // Now and then another one goes on beside the one that is killed.
      const other = round % 5 === 0 ? fetch(cacheDir) : undefined;
      let pid = 0;
      const victim = fetch(cacheDir, [], {
        onStart: (id) => {
          pid = id;
        },
      });
      if (round % 2 === 0) await sleep((0.3 + 0.7 * Math.random()) * whole);
      else while (isRunning(pid) && !(await hasPartials(cacheDir))) await sleep(5);
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      if ((await victim).status === null) counts.killed += 1;
      expect((await other)?.status ?? 0).toBe(0);
      const left = await readdir(join(cacheDir, 'packages/partial'));
      counts.halves += left.filter((name) => !name.endsWith('.claim')).length;
      counts.claims += left.filter((name) => name.endsWith('.claim')).length;
    }
    console.log(
      `killed ${counts.killed} of ${KILLS}, with half-written files ${counts.halves}, claims ${counts.claims}`,
    );
    expect(counts.killed).toBeGreaterThan(KILLS / 2);
    expect(counts.claims).toBeGreaterThan(0);
    await rm(pathOf(cacheDir, [...hashes.values()][0] ?? ''), { force: true });
    const missing = [...hashes].filter(([, hash]) => !existsSync(pathOf(cacheDir, hash)));
    repository.requests.length = 0;
    expect(await fetch(cacheDir)).toMatchObject({ status: 0 });
    // What a killed one had written whole is proven and asked for no more.
    expect(new Set(repository.requests).size).toBe(repository.requests.length);
    expect(missing.map(([name]) => name)).toEqual(expect.arrayContaining(repository.requests));
    await isWhole(cacheDir);
    expect(await fetch(cacheDir, ['--offline'])).toMatchObject({ status: 0 });
  }, 600_000);

  it('says offline all that is missing, and what was cleared', async () => {
    const cacheDir = join(folder, 'killed');
    const [first = '', second = ''] = hashes.values();
    for (const hash of [first, second]) await rm(pathOf(cacheDir, hash), { force: true });
    const offline = await fetch(cacheDir, ['--offline']);
    expect(offline.stderr).toMatch(/error\[PACKAGE_MISSING\]: 2 packages .*: pkg-0 1, pkg-1 1/);
    const pruned = await ic('cache', 'prune', '--max-size', '2MiB', '--cache-dir', cacheDir);
    expect(pruned).toMatchObject({ status: 0, stderr: expect.stringMatching(/^freed: [\d.]+ MiB/) });
    await ic('cache', 'clear', '--cache-dir', cacheDir);
    const list = await ic('cache', 'list', '--format', 'json', '--cache-dir', cacheDir);
    const { kinds } = JSON.parse(list.stdout) as { kinds: { files: number }[] };
    expect(kinds.map(({ files }) => files)).toEqual([0, 0, 0, 0]);
    expect(await fetch(cacheDir)).toMatchObject({ status: 0 });
  }, 60_000);
});

/** Half-written files or claims. */
async function hasPartials(cacheDir: string): Promise<boolean> {
  return (await readdir(join(cacheDir, 'packages/partial'))).length > 0;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
