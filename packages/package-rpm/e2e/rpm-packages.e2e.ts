import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPackageCache, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext, exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Composer,
  lackingPackages,
  type RpmDistribution,
  rpmDistribution,
  startComposer,
} from '../../devkit/src/index.js';
import { createRpmProvider, unpackRpms } from '../src/index.js';
import { compareWithRpm, treeOf } from '../src/testing/compare-with-rpm.js';

const flavours = process.env.IC_TEST_FULL === '1' ? (['azl3', 'emt3'] as const) : (['azl3'] as const);
const skipped = await lackingPackages(['openssl', 'rpm', 'rpm2cpio', 'cpio', 'libcap2-bin', 'createrepo-c']);

describe.skipIf(skipped !== '')(`packages of the stand-in RPM distribution${skipped}`, () => {
  let composer: Composer;
  let distribution: RpmDistribution;
  let folder = '';
  beforeAll(async () => {
    composer = await startComposer();
    distribution = await rpmDistribution(composer);
    folder = await mkdtemp(join(tmpdir(), 'ic-rpm-packages-'));
  });
  afterAll(async () => {
    await composer?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  it.each(flavours)('%s: each is read as by rpm and unpacked as by cpio', async (name) => {
    const repository = distribution[name].folder;
    const paths = (await readdir(repository, { recursive: true })).filter((path) => path.endsWith('.rpm'));
    expect(paths.length).toBeGreaterThan(150);
    for (const path of paths) {
      const work = join(folder, 'one');
      const { ours, theirs } = await compareWithRpm(join(repository, path), work);
      expect(ours, path).toEqual(theirs);
      await rm(work, { recursive: true });
    }
  });

  // rpm changes its root.
  it.skipIf(process.getuid?.() !== 0)(
    'a solved set is unpacked into the tree that rpm makes of it',
    async () => {
      const { folder: base, fingerprint } = distribution.azl3;
      const repository: Repository = {
        ...{ name: 'base', url: `file://${base}`, suites: [], components: [], priority: 500 },
        ...{ trusted: false, signedIndex: true, fingerprints: [fingerprint] },
        keySources: [join(base, 'repodata/repomd.xml.key')],
      };
      const context = defaultContext();
      const provider = createRpmProvider({
        ...{
          fetcher: createFetcher(),
          cache: await openPackageCache(join(folder, 'cache')),
          cacheDir: folder,
        },
        ...{ architecture: 'x86_64', offline: false, jobs: 2 },
      });
      const index = await provider.metadata([repository], context);
      const names = [
        'core-packages-base-image',
        'kernel',
        'openssh-server',
        'initramfs',
        'systemd-boot',
        'grub2-pc',
      ];
      const request = { packages: names, exclude: [], recommends: false };
      const { packages } = await provider.resolve(index, request);
      const fetched = await provider.fetch(packages, [repository], context);
      await provider.verify(fetched, [repository], context);

      const [root, reference] = [join(folder, 'root'), join(folder, 'reference')];
      await mkdir(root);
      await mkdir(reference);
      const leftovers = await unpackRpms(fetched, { root, jobs: 2, context });
      const nothingRuns = [
        '--noscripts',
        '--notriggers',
        '--nodeps',
        '--nosignature',
        '--ignorearch',
        '--ignoreos',
      ];
      await exec('rpm', [
        ...['--root', reference, '--define', '_dbpath /rpmdb', '--noplugins', ...nothingRuns],
        ...['--install', ...fetched.map(({ path }) => path)],
      ]);
      await rm(join(reference, 'rpmdb'), { recursive: true });
      expect(treeOf(root, { owners: true })).toEqual(treeOf(reference, { owners: true }));
      expect(leftovers.specialFiles).toEqual([]);
      for (const { path, capabilities } of leftovers.capabilities) {
        const { stdout } = await exec('getcap', [join(reference, path)]);
        expect(stdout).toContain(capabilities);
      }
    },
  );
});
