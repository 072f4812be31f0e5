import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FetchedPackage, openPackageCache } from '@ic/package-core';
import { createDebProvider } from '@ic/package-deb';
import { loadConfig, runInNamespaces } from '@ic/toolchain';
import { createFetcher, defaultContext, exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Composer, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { describeTree, differences, readTree, type Tree, textIn } from './described-tree.js';
import { SMALL_TEMPLATE } from './small-template.js';

/** Users and groups, set-id files, capabilities, diversions, triggers, alternatives, debconf, Multi-Arch: same, units. */
const PACKAGES = [
  'ca-certificates',
  'cron',
  'dbus',
  'dictionaries-common',
  'iputils-ping',
  'libpam-systemd',
  'locales',
  'logrotate',
  'man-db',
  'openssh-server',
  'python3-minimal',
  'shared-mime-info',
  'sudo',
  'systemd-resolved',
  'systemd-sysv',
  'udev',
  'vim-tiny',
  'wamerican',
];

/** Paths that may be in one tree alone, or differ, and why. */
const ALLOWED: readonly (readonly [RegExp, string])[] = [
  [/^dev\//, 'device nodes: mmdebstrap makes them, a booted system has devtmpfs'],
  [/^run\//, 'of no use after a boot: our /run is a tmpfs of each script'],
  [/^etc\/apt\/(apt\.conf\.d\/99mmdebstrap|preferences\.d|sources\.list(\.d)?)$/, 'apt is mmdebstrap’s'],
  [/^var\/(lib|cache|log)\/apt(\/|$)/, 'apt is mmdebstrap’s'],
  [/^etc\/(fstab|hostname|\.resolv\.conf\.systemd-resolved\.bak)$/, 'mmdebstrap’s; ours come from imageos'],
  [/^(etc|var\/lib\/dbus)\/machine-id$/, 'mmdebstrap empties it; ours is emptied when the image is sealed'],
  [/^etc\/ssh\/ssh_host_\w+_key(\.pub)?$/, 'made by chance; deferred in an image'],
  [/^var\/log\/(alternatives|dpkg)\.log$/, 'mmdebstrap removes logs; ours go when the image is sealed'],
  [/^var\/cache\/(ldconfig\/aux-cache|man\/.*CACHEDIR\.TAG)$/, 'mmdebstrap removes caches'],
  [/^var\/lib\/dpkg\/available$/, 'mmdebstrap removes it'],
  [
    /^(etc\/(passwd|group|shadow|gshadow)-|var\/lib\/dpkg\/(status|statoverride)-old)$/,
    'backups: steps come in another order',
  ],
];

/** Files whose lines say the same in any order, with the ids of users and groups that are given out in turn. */
const LINES: Readonly<Record<string, RegExp | undefined>> = {
  'etc/passwd': /:\d+:\d+:/,
  'etc/group': /:\d+:/,
  'etc/shadow': undefined,
  'etc/gshadow': undefined,
  'etc/shells': undefined,
  'var/lib/dpkg/triggers/File': undefined,
};

/** Installs in namespaces what it is given, with nothing deferred. */
const MODULE = `data:text/javascript,${encodeURIComponent(`
  import { installDebs } from ${JSON.stringify(dist('package-deb'))};
  import { createToolRunner } from ${JSON.stringify(dist('toolchain'))};
  export const run = ({ packages, root, work }, context) =>
    installDebs(packages, { runner: createToolRunner(root), architecture: 'amd64', deferred: [], work, jobs: 2, context });
`)}`;

function dist(name: string): string {
  return new URL(`../../${name}/dist/index.js`, import.meta.url).href;
}

const skipped =
  (await lackingPackages(['mmdebstrap', 'openssl'])) ||
  (process.getuid?.() === 0 ? '' : ' (skipped: not root)');

describe.skipIf(skipped !== '')(`a root file system beside that of mmdebstrap${skipped}`, () => {
  let composer: Composer;
  let folder = '';
  const started = Math.floor(Date.now() / 1000);
  let ours: Tree;
  let theirs: Tree;
  let count = 0;

  beforeAll(async () => {
    composer = await startComposer();
    folder = await mkdtemp(join(tmpdir(), 'ic-database-'));
    const packages = await fetchPackages(composer, folder);
    count = packages.length;
    ours = await treeOf('ours', async (root) => {
      await mkdir(root);
      const input = { packages, root, work: folder };
      await runInNamespaces(MODULE, input, { privilege: 'root', context: defaultContext() });
    });
    theirs = await treeOf('theirs', (root) => mmdebstrap(composer, packages, root));
  });
  afterAll(async () => {
    await composer?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  /** The tree that `make` makes. */
  async function treeOf(name: string, make: (root: string) => Promise<unknown>): Promise<Tree> {
    const root = join(folder, name);
    await make(root);
    return readTree(root);
  }

  it('has the same files, modes, owners, capabilities, links, times and contents, but for what is listed', () => {
    const description = { started, lines: LINES };
    const different = differences(describeTree(ours, description), describeTree(theirs, description));
    const isAllowed = (path: string) => ALLOWED.some(([allowed]) => allowed.test(path));
    expect(different.filter(({ path }) => !isAllowed(path))).toEqual([]);
    const unused = ALLOWED.filter(([allowed]) => !different.some(({ path }) => allowed.test(path)));
    expect(unused).toEqual([]);
  });

  it('has the same status, to the byte, with everything installed', () => {
    const status = textIn(ours, 'var/lib/dpkg/status');
    expect(status).toBe(textIn(theirs, 'var/lib/dpkg/status'));
    expect(status.match(/^Status: install ok installed$/gm)).toHaveLength(count);
  });

  it('exercised what it was meant to', () => {
    expect(ours.size).toBeGreaterThan(5000);
    expect(textIn(ours, 'var/lib/dpkg/diversions')).toContain('/usr/share/dict/');
    expect(textIn(ours, 'var/lib/dpkg/statoverride')).toContain('crontab');
    expect([...ours.values()].some((entry) => entry.xattrs?.has('security.capability') === true)).toBe(true);
    expect([...ours.values()].filter((entry) => (entry.mode & 0o6000) !== 0).length).toBeGreaterThan(10);
  });
});

/** The packages, solved, fetched and verified by ourselves from the loopback mirror. */
async function fetchPackages(composer: Composer, folder: string): Promise<FetchedPackage[]> {
  const { cacheDir, mirror } = composer;
  const template = join(folder, 'template.yml');
  await writeFile(template, SMALL_TEMPLATE);
  const mirrors = Object.fromEntries(['debian', 'debian-security'].map((name) => [name, mirror.url(name)]));
  const { config } = await loadConfig({ template, mirrors });
  const fetcher = createFetcher({ ca: await readFile(mirror.certificates.caFile, 'utf8') });
  const cache = openPackageCache(join(cacheDir, 'packages'));
  const provider = createDebProvider({
    fetcher,
    cache,
    cacheDir,
    architecture: 'amd64',
    offline: false,
    jobs: 2,
  });
  try {
    const index = await provider.metadata(config.repositories, defaultContext());
    const { packages } = await provider.resolve(index, {
      packages: PACKAGES,
      exclude: [],
      recommends: false,
    });
    const fetched = await provider.fetch(packages, config.repositories, defaultContext());
    await provider.verify(fetched, config.repositories, defaultContext());
    return [...fetched];
  } finally {
    fetcher.close();
  }
}

/** The same packages, by apt and dpkg. */
async function mmdebstrap(
  composer: Composer,
  packages: readonly FetchedPackage[],
  root: string,
): Promise<void> {
  const suites = [
    ['debian', 'bookworm'],
    ['debian', 'bookworm-updates'],
    ['debian-security', 'bookworm-security'],
  ] as const;
  await exec('mmdebstrap', [
    ...['--mode=root', '--variant=essential', '--format=directory', '--quiet'],
    `--aptopt=Acquire::https::CAInfo "${composer.mirror.certificates.caFile}"`,
    `--include=${packages.map(({ name, version }) => `${name}=${version}`).join(',')}`,
    ...['bookworm', root],
    ...suites.map(([name, suite]) => `deb ${composer.mirror.url(name)} ${suite} main`),
  ]);
}
