import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../src/build-image.js';
import { type Composer, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { SMALL_TEMPLATE } from './small-template.js';

const skipped = await lackingPackages(['bubblewrap', 'openssl']);

/** What this test reads of a lockfile. */
interface Locked {
  readonly packages: readonly { readonly name: string; readonly version: string; readonly roles: string[] }[];
}

describe.skipIf(skipped !== '')(`lockfile${skipped}`, () => {
  let composer: Composer;
  let folder = '';
  let template = '';

  beforeAll(async () => {
    composer = await startComposer();
    folder = await mkdtemp(join(tmpdir(), 'ic-lock-'));
    template = join(folder, 'small.yml');
    await writeFile(template, SMALL_TEMPLATE);
  });
  afterAll(async () => {
    await composer.close();
    await rm(folder, { recursive: true, force: true });
  });

  const lock = (...args: string[]) =>
    composer.ic(['lock', template, '--cache-dir', composer.cacheDir, ...composer.mirrorArguments, ...args]);
  const bytes = () => readFile(`${template}.lock.json`, 'utf8');

  it('has the same bytes in another time zone and locale, and names nothing of this machine', async () => {
    expect(await lock()).toMatchObject({ status: 0, stdout: '' });
    const first = await bytes();
    const env = { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8' };
    const again = await composer.ic(
      ['lock', template, '--update', '--cache-dir', composer.cacheDir, ...composer.mirrorArguments],
      { env },
    );
    expect(again).toMatchObject({ status: 0, stdout: '' });
    expect(await bytes()).toBe(first);
    for (const local of [folder, composer.cacheDir, '127.0.0.1']) expect(first).not.toContain(local);
  });

  it('is what a locked build installs, offline and without reading an index, the same bytes twice', async () => {
    const unlocked = await buildImage(composer, template, join(folder, 'unlocked'));
    const { packages } = JSON.parse(await bytes()) as Locked;
    const expected = packages.filter(({ roles }) => roles.includes('image'));
    const asked = composer.mirror.requests.length;
    for (const name of ['one', 'two']) {
      const args = ['--locked', '--offline'];
      const { manifest } = await buildImage(composer, template, join(folder, name), { args });
      expect(manifest.packages.map((pkg) => `${pkg.name} ${pkg.version}`)).toEqual(
        expected.map((pkg) => `${pkg.name} ${pkg.version}`),
      );
      expect(manifest).toEqual(unlocked.manifest);
    }
    expect(composer.mirror.requests.length).toBe(asked);
  });

  it('is all that a locked build reads: with an empty cache and no network only packages are missing', async () => {
    const { packages } = JSON.parse(await bytes()) as Locked;
    const asked = composer.mirror.requests.length;
    const folders = ['--output-dir', join(folder, 'none'), '--cache-dir', join(folder, 'empty')];
    const args = ['build', template, '--locked', '--offline', ...folders, ...composer.mirrorArguments];
    const { status, stderr } = await composer.ic(args);
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[PACKAGE_MISSING]')]);
    expect(stderr).toContain(`${packages.length} packages are not in the package cache`);
    expect(composer.mirror.requests.length).toBe(asked);
  });

  it('holds a stale template back and follows it with the next lock', async () => {
    const output = join(folder, 'stale');
    await writeFile(template, SMALL_TEMPLATE.replace('[apt, ', '['));
    const { status, stderr } = await composer.ic(
      ['build', template, '--locked', '--output-dir', output, ...composer.mirrorArguments],
      { env: { XDG_CACHE_HOME: folder } },
    );
    expect([status, stderr]).toEqual([2, expect.stringContaining('image.exclude: - apt')]);
    expect(stderr).toContain('error[LOCK_STALE]');
    expect(await readdir(folder)).not.toContain('stale');
    const followed = await lock();
    expect(followed.status).toBe(0);
    expect(followed.stdout).toMatch(/^apt +amd64 +- +\S+ +image$/m);
  });
});
