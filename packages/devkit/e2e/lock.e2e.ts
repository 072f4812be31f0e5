import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { SMALL_TEMPLATE } from './small-template.js';
import { setStage } from './stage.js';

const skipped = await lackingPackages(['bubblewrap', 'openssl']);

/** What this test reads of a lockfile. */
interface Locked {
  readonly packages: readonly { readonly name: string; readonly version: string; readonly roles: string[] }[];
}

describe.skipIf(skipped !== '')(`lockfile${skipped}`, () => {
  const stage = setStage('lock', skipped);
  let template = '';

  beforeAll(async () => {
    template = join(stage.folder, 'small.yml');
    await writeFile(template, SMALL_TEMPLATE);
  });

  const where = () => ['--cache-dir', stage.composer.cacheDir, ...stage.composer.mirrorArguments];
  const lock = (...args: string[]) => stage.composer.ic(['lock', template, ...where(), ...args]);
  const bytes = () => readFile(`${template}.lock.json`, 'utf8');

  it('has the same bytes in another time zone and locale, and names nothing of this machine', async () => {
    expect(await lock()).toMatchObject({ status: 0, stdout: '' });
    const first = await bytes();
    const env = { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8' };
    const again = await stage.composer.ic(['lock', template, '--update', ...where()], { env });
    expect(again).toMatchObject({ status: 0, stdout: '' });
    expect(await bytes()).toBe(first);
    for (const local of [stage.folder, stage.composer.cacheDir, '127.0.0.1'])
      expect(first).not.toContain(local);
  });

  it('is what a locked build installs, offline and without reading an index, the same bytes twice', async () => {
    const unlocked = await buildImage(stage.composer, template, join(stage.folder, 'unlocked'));
    const { packages } = JSON.parse(await bytes()) as Locked;
    const expected = packages.filter(({ roles }) => roles.includes('image'));
    const asked = stage.composer.mirror.requests.length;
    for (const name of ['one', 'two']) {
      const args = ['--locked', '--offline'];
      const { manifest } = await buildImage(stage.composer, template, join(stage.folder, name), { args });
      expect(manifest.packages.map((pkg) => `${pkg.name} ${pkg.version}`)).toEqual(
        expected.map((pkg) => `${pkg.name} ${pkg.version}`),
      );
      expect(manifest).toEqual(unlocked.manifest);
    }
    expect(stage.composer.mirror.requests.length).toBe(asked);
  });

  it('is all that a locked build reads: with an empty cache and no network only packages are missing', async () => {
    const { packages } = JSON.parse(await bytes()) as Locked;
    const asked = stage.composer.mirror.requests.length;
    const folders = ['--output-dir', join(stage.folder, 'none'), '--cache-dir', join(stage.folder, 'empty')];
    const args = ['build', template, '--locked', '--offline', ...folders, ...stage.composer.mirrorArguments];
    const { status, stderr } = await stage.composer.ic(args);
    expect([status, stderr]).toEqual([1, expect.stringContaining('error[PACKAGE_MISSING]')]);
    expect(stderr).toContain(`${packages.length} packages are not in the package cache`);
    expect(stage.composer.mirror.requests.length).toBe(asked);
  });

  it('holds a stale template back and follows it with the next lock', async () => {
    const output = join(stage.folder, 'stale');
    await writeFile(template, SMALL_TEMPLATE.replace('[apt, ', '['));
    const { status, stderr } = await stage.composer.ic(
      ['build', template, '--locked', '--output-dir', output, ...stage.composer.mirrorArguments],
      { env: { XDG_CACHE_HOME: stage.folder } },
    );
    expect([status, stderr]).toEqual([2, expect.stringContaining('image.exclude: - apt')]);
    expect(stderr).toContain('error[LOCK_STALE]');
    expect(await readdir(stage.folder)).not.toContain('stale');
    const followed = await lock();
    expect(followed.status).toBe(0);
    expect(followed.stdout).toMatch(/^apt +amd64 +- +\S+ +image$/m);
  });
});
