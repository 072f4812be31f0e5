import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FetchedPackage, openPackageCache, type PackageRef } from '@ic/package-core';
import { createRpmProvider } from '@ic/package-rpm';
import { loadConfig, runInNamespaces } from '@ic/toolchain';
import { createFetcher, defaultContext } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Composer, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { rpmDistribution } from '../src/rpm-distribution/rpm-distribution.js';
import { describeTree, differences, readTree, type Tree, textIn } from './described-tree.js';
import { checkoutFile } from './image-checks.js';

/** Paths that may differ, and why. */
const ALLOWED: readonly (readonly [RegExp, string])[] = [
  [/^(dev|proc|run|sys|tmp)(\/|$)/, 'covered in the sandbox: what rpm does to them there is lost'],
  [/^etc\/(passwd|group|shadow|gshadow)-$/, 'backups: steps come in another order'],
  [/^etc\/machine-id$/, 'made by chance; emptied when the image is sealed'],
  [/^var\/cache\/ldconfig\/aux-cache$/, 'tells of inodes; removed when the image is sealed'],
  [/^var\/lib\/rpm(\/|$)/, 'compared as rpm tells it'],
];

/** Files whose lines say the same in any order, with the ids of users and groups that are given out in turn. */
const LINES: Readonly<Record<string, RegExp | undefined>> = {
  'etc/passwd': /:\d+:\d+:/,
  'etc/group': /:\d+:/,
  'etc/shadow': undefined,
  'etc/gshadow': undefined,
  'etc/shells': undefined,
};

/** What waits in an image, too: it takes longer than all the rest. */
const DEFERRED = ['/usr/bin/dracut'];

/** Installs by us and by the target's rpm alone, in its own order; returns what both databases say. */
const MODULE = `data:text/javascript,${encodeURIComponent(`
  import * as fs from 'node:fs';
  import { installRpms, unpackRpms } from ${JSON.stringify(dist('package-rpm'))};
  import { createToolRunner } from ${JSON.stringify(dist('toolchain'))};
  export async function run({ folder, packages, tools, deferred, epoch }, context) {
    const at = (name) => folder + '/' + name;
    for (const name of ['tools', 'work', 'ours', 'theirs', 'stand-ins']) fs.mkdirSync(at(name));
    await unpackRpms(tools, { root: at('tools'), jobs: 2, context });
    const runner = createToolRunner(at('tools'));
    await installRpms(packages, { root: at('ours'), tools: runner, deferred, work: at('work'), epoch, jobs: 2, context });
    for (const path of deferred) {
      fs.writeFileSync(at('stand-ins/') + path.split('/').pop(), '#!/bin/sh\\n', { mode: 0o755 });
    }
    const files = packages.map(({ path }, index) => ({ host: path, inside: '/run/packages/' + index, readOnly: true }));
    const rpm = (root, args, binds = []) =>
      runner.run('rpm', ['--root', '/run/rootfs', '--noplugins', ...args], {
        guest: { host: at(root), inside: '/run/rootfs' },
        env: { SOURCE_DATE_EPOCH: String(epoch) },
        allow: [0, 1],
        binds,
      });
    const path = '_install_script_path /run/stand-ins:/usr/sbin:/usr/bin';
    await rpm('theirs', ['--install', '--nosignature', '--define', path, ...files.map(({ inside }) => inside)], [
      ...files,
      { host: at('stand-ins'), inside: '/run/rootfs/run/stand-ins', readOnly: true },
    ]);
    const told = async (root, ...args) => (await rpm(root, args)).stdout.split('\\n').sort();
    const states = '%{NEVRA} %{INSTALLTID}[ %{FILESTATES}]\\n';
    const both = async (...args) => ({ ours: await told('ours', ...args), theirs: await told('theirs', ...args) });
    return { installed: await both('-qa', '--queryformat', states), wrong: await both('-Va') };
  }
`)}`;

interface Told {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

function dist(name: string): string {
  return new URL(`../../${name}/dist/index.js`, import.meta.url).href;
}

const skipped =
  (await lackingPackages(['rpm', 'createrepo-c', 'dpkg-dev', 'gpg', 'gpg-agent', 'openssl'])) ||
  (process.getuid?.() === 0 ? '' : ' (skipped: not root)');

describe.skipIf(skipped !== '')(
  `a root file system of Azure Linux beside that of rpm alone${skipped}`,
  () => {
    let composer: Composer;
    let folder = '';
    const started = Math.floor(Date.now() / 1000);
    let ours: Tree;
    let theirs: Tree;
    let told: { readonly installed: Told; readonly wrong: Told };
    let count = 0;

    beforeAll(async () => {
      composer = await startComposer();
      folder = await mkdtemp(join(tmpdir(), 'ic-rpm-database-'));
      const { packages, tools } = await fetchPackages(composer);
      count = packages.length;
      const input = { folder, packages, tools, deferred: DEFERRED, epoch: 1_700_000_000 };
      told = await runInNamespaces(MODULE, input, { privilege: 'root', context: defaultContext() });
      [ours, theirs] = [await readTree(join(folder, 'ours')), await readTree(join(folder, 'theirs'))];
    }, 900_000);
    afterAll(async () => {
      await composer?.close();
      if (folder !== '') await rm(folder, { recursive: true, force: true });
    });

    it('has the same files, modes, owners, capabilities, links, times and contents, but for what is listed', () => {
      const description = { started, lines: LINES };
      const different = differences(describeTree(ours, description), describeTree(theirs, description));
      expect(different.filter(({ path }) => !ALLOWED.some(([allowed]) => allowed.test(path)))).toEqual([]);
    });

    it('has the same packages in its database, with the same state of each file', () => {
      // Folders that the sandbox covers are "net shared", 3, to rpm.
      const asTheirs = told.installed.ours.map((line) => line.replaceAll(/ 3\b/g, ' 0'));
      expect(asTheirs).toEqual(told.installed.theirs);
      expect(asTheirs.filter((line) => line !== '')).toHaveLength(count);
    });

    it('verifies as well as the other', () => {
      expect(told.wrong.ours).toEqual(told.wrong.theirs);
    });

    it('exercised what it was meant to', () => {
      expect(count).toBeGreaterThan(150);
      expect(ours.size).toBeGreaterThan(5000);
      expect(textIn(ours, 'etc/passwd')).toMatch(/^sshd:/m);
      expect([...ours.values()].some((entry) => entry.xattrs?.has('security.capability') === true)).toBe(
        true,
      );
      expect([...ours.values()].filter((entry) => (entry.mode & 0o6000) !== 0).length).toBeGreaterThan(10);
    });
  },
);

/** What the default image and its chroot environment are made of, solved, fetched and verified by ourselves. */
async function fetchPackages(
  composer: Composer,
): Promise<{ readonly packages: readonly FetchedPackage[]; readonly tools: readonly FetchedPackage[] }> {
  const { cacheDir, mirror } = composer;
  const { fingerprint, mirrorArguments } = (await rpmDistribution(composer)).azl3;
  const url = mirrorArguments[1]?.replace('azl3=', '') ?? '';
  const { config } = await loadConfig({
    template: checkoutFile('examples/azure-linux-3/default-raw.yml'),
    mirrors: { azl3: url },
    trustKeys: [`azl3=${fingerprint}`],
  });
  const fetcher = createFetcher({ ca: await readFile(mirror.certificates.caFile, 'utf8') });
  const cache = openPackageCache(join(cacheDir, 'packages'));
  const options = { fetcher, cache, cacheDir, architecture: 'x86_64', offline: false, jobs: 2 };
  const provider = createRpmProvider(options);
  const { repositories, system, target } = config;
  const context = defaultContext();
  try {
    const index = await provider.metadata(repositories, context);
    const chosen = async (packages: readonly string[]): Promise<readonly PackageRef[]> =>
      (await provider.resolve(index, { packages, exclude: [], recommends: false })).packages;
    const fetched = async (packages: readonly string[]) => {
      const files = await provider.fetch(await chosen(packages), repositories, context);
      await provider.verify(files, repositories, context);
      return files;
    };
    return {
      packages: await fetched([...system.packages, ...system.kernel.packages]),
      tools: await fetched(target.chrootPackages),
    };
  } finally {
    fetcher.close();
  }
}
