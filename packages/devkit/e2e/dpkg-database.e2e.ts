import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FetchedPackage, openPackageCache } from '@ic/package-core';
import { createDebProvider } from '@ic/package-deb';
import { loadConfig, runInNamespaces } from '@ic/toolchain';
import { createFetcher, defaultContext, exec, readTar, sha256, type TarEntry } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Composer, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
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
  let ours: ReadonlyMap<string, TarEntry>;
  let theirs: ReadonlyMap<string, TarEntry>;
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

  /** All that is in a tree that `make` makes, by path. */
  async function treeOf(name: string, make: (root: string) => Promise<unknown>) {
    const root = join(folder, name);
    await make(root);
    const archive = `${root}.tar`;
    const all = [
      '--numeric-owner',
      '--xattrs',
      '--xattrs-include',
      '*',
      '--format',
      'posix',
      '--hard-dereference',
    ];
    await exec('tar', ['--create', '--file', archive, ...all, '--directory', root, '.']);
    return new Map([...readTar(await readFile(archive))].map((entry) => [entry.path, entry]));
  }

  const textOf = (tree: ReadonlyMap<string, TarEntry>, path: string) =>
    Buffer.from(tree.get(path)?.data ?? []).toString('utf8');

  /** Type, mode, owners by name, size, time, extended attributes, target, hash of the contents. */
  function described(tree: ReadonlyMap<string, TarEntry>): Map<string, string> {
    const users = namesIn(textOf(tree, 'etc/passwd'));
    const groups = namesIn(textOf(tree, 'etc/group'));
    return new Map(
      [...tree].map(([path, entry]) => {
        const { type, mode, uid, gid, size, linkTarget } = entry;
        const mtime = type === 'directory' || entry.mtime >= started ? 'new' : entry.mtime;
        const xattrs = (entry.xattrs ?? new Map()) as ReadonlyMap<string, Uint8Array>;
        const attributes = [...xattrs].map(
          ([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`,
        );
        const content = path in LINES ? linesOf(textOf(tree, path), LINES[path]) : sha256(entry.data);
        const owner = `${users.get(uid)}:${groups.get(gid)}`;
        return [
          path,
          [type, mode.toString(8), owner, size, mtime, ...attributes, linkTarget, content].join(' '),
        ];
      }),
    );
  }

  it('has the same files, modes, owners, capabilities, links, times and contents, but for what is listed', () => {
    const [a, b] = [described(ours), described(theirs)];
    const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
    const different = paths.filter((path) => a.get(path) !== b.get(path));
    const unexpected = different.filter((path) => !ALLOWED.some(([allowed]) => allowed.test(path)));
    expect(unexpected.map((path) => ({ path, ours: a.get(path), theirs: b.get(path) }))).toEqual([]);
    const unused = ALLOWED.filter(([allowed]) => !different.some((path) => allowed.test(path)));
    expect(unused).toEqual([]);
  });

  it('has the same status, to the byte, with everything installed', () => {
    const status = textOf(ours, 'var/lib/dpkg/status');
    expect(status).toBe(textOf(theirs, 'var/lib/dpkg/status'));
    expect(status.match(/^Status: install ok installed$/gm)).toHaveLength(count);
  });

  it('exercised what it was meant to', () => {
    expect(ours.size).toBeGreaterThan(5000);
    expect(textOf(ours, 'var/lib/dpkg/diversions')).toContain('/usr/share/dict/');
    expect(textOf(ours, 'var/lib/dpkg/statoverride')).toContain('crontab');
    expect([...ours.values()].some((entry) => entry.xattrs?.has('security.capability') === true)).toBe(true);
    expect([...ours.values()].filter((entry) => (entry.mode & 0o6000) !== 0).length).toBeGreaterThan(10);
  });
});

function namesIn(table: string): Map<number, string> {
  return new Map(
    table.split('\n').map((line) => {
      const [name = '', , id] = line.split(':');
      return [Number(id), name];
    }),
  );
}

function linesOf(text: string, ids: RegExp | undefined): string {
  const lines = text.split('\n').map((line) => (ids === undefined ? line : line.replace(ids, ':*:')));
  return lines.sort().join('\n');
}

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
