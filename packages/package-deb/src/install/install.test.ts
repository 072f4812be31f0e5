import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { defaultContext, exec, type IcEvent, UtilsError } from '@ic/utils';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDeb, type TestDeb } from '../testing/deb.js';
import type { TestEntry } from '../testing/tar.js';
import { installDebs } from './install.js';
import { linkMergedUsr } from './merged-usr.js';
import type { PackageRunner } from './runner.js';
import { unpackDebs } from './unpack-debs.js';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-install-'));
  root = join(folder, 'ours');
  mkdirSync(root);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Run = PackageRunner['run'];
const nothing: Run = async () => ({ status: 0, stdout: '', stderr: '' });
const sh: TestDeb = { name: 'sh', control: ['Essential: yes'] };
const make = (debs: readonly TestDeb[]) => debs.map((deb) => makeDeb(folder, deb));
const install = (packages: readonly FetchedPackage[], run: Run, context = defaultContext()) =>
  installDebs(packages, {
    runner: { root, run },
    architecture: 'amd64',
    deferred: [],
    work: folder,
    jobs: 2,
    context,
  });
const inRoot = (path: string) => join(root, path);
const directory = (path: string, more: Partial<TestEntry> = {}): TestEntry => ({
  path,
  type: 'directory',
  ...more,
});
const script = '#!/bin/sh\n';

describe('installDebs', () => {
  it('unpacks, then runs scripts and dpkg, wave by wave', async () => {
    const steps: string[] = [];
    const files = (name: string) => [directory('opt'), { path: `opt/${name}` }];
    const packages = make([
      { name: 'app', control: ['Pre-Depends: lib'], controlFiles: { preinst: script }, files: files('app') },
      { name: 'lib', controlFiles: { postinst: script }, files: files('lib') },
      { name: 'sh', control: ['Essential: yes'], controlFiles: { preinst: script }, files: files('sh') },
      { name: 'dpkg', version: '1.22', control: ['Essential: yes'], files: files('dpkg') },
    ]);
    await install(packages, async (program, args, options) => {
      const policy = existsSync(inRoot('usr/sbin/policy-rc.d')) ? ' no services' : '';
      const what =
        program === 'dpkg'
          ? args.find((arg) => /^--(configure|triggers-only)$/.test(arg))
          : options?.env?.DPKG_MAINTSCRIPT_PACKAGE;
      steps.push(`${what} [${readdirSync(inRoot('opt')).sort().join(' ')}]${policy}`);
      expect(options?.env?.DPKG_RUNNING_VERSION ?? '1.22').toBe('1.22');
      return nothing(program, args, options);
    });
    expect(steps).toEqual([
      'sh [dpkg sh]',
      '--configure [dpkg sh] no services',
      '--triggers-only [dpkg sh] no services',
      '--configure [dpkg lib sh] no services',
      '--triggers-only [dpkg lib sh] no services',
      'app [dpkg lib sh]',
      '--configure [app dpkg lib sh] no services',
      '--triggers-only [app dpkg lib sh] no services',
    ]);
    expect(existsSync(inRoot('usr/sbin/policy-rc.d'))).toBe(false);
  });

  it('leaves a policy for services that is a package’s own', async () => {
    await install(
      make([
        {
          name: 'a',
          files: [directory('usr'), directory('usr/sbin'), { path: 'usr/sbin/policy-rc.d', data: 'own' }],
        },
      ]),
      nothing,
    );
    expect(readFileSync(inRoot('usr/sbin/policy-rc.d'), 'utf8')).toBe('own');
  });

  it('activates the triggers of earlier waves whose paths got files', async () => {
    const activated: string[] = [];
    const triggers =
      'interest-noawait /usr/share/man\ninterest /usr/share/info\ninterest /usr/share/ma\ninterest name\n';
    const man = [
      directory('usr'),
      directory('usr/share'),
      directory('usr/share/man'),
      { path: 'usr/share/man/x' },
    ];
    await install(
      make([
        { name: 'man', control: ['Essential: yes'], controlFiles: { triggers } },
        { name: 'page', files: man },
      ]),
      async (program, args, options) => {
        if (program === 'dpkg-trigger') activated.push(...args.slice(2));
        return nothing(program, args, options);
      },
    );
    expect(activated).toEqual(['/usr/share/man']);
  });

  it('obeys diversions that a preinst has made', async () => {
    const packages = make([
      sh,
      { name: 'a', controlFiles: { preinst: script }, files: [{ path: 'f', data: 'a' }] },
      { name: 'b', files: [{ path: 'f', data: 'b' }] },
    ]);
    await install(packages, async (...call) => {
      writeFileSync(inRoot('var/lib/dpkg/diversions'), '/f\n/f.diverted\na\n');
      return nothing(...call);
    });
    expect(readFileSync(inRoot('f'), 'utf8')).toBe('a');
    expect(readFileSync(inRoot('f.diverted'), 'utf8')).toBe('b');
  });

  it('says how far it is and what dpkg says', async () => {
    const events: IcEvent[] = [];
    const context = defaultContext({ events: (event) => events.push(event) });
    await install(
      make([{ name: 'a' }, { name: 'b' }]),
      async (program, args, options) => {
        options?.onLine?.(`from ${program}`, 'stdout');
        return nothing(program, args, options);
      },
      context,
    );
    expect(events).toContainEqual({
      type: 'progress',
      stage: 'install',
      done: 2,
      total: 2,
      unit: 'packages',
      item: 'b',
    });
    expect(events).toContainEqual({ type: 'output', source: 'dpkg', line: 'from dpkg' });
  });

  it('stops when a script fails, and when it is cancelled', async () => {
    const packages = make([sh, { name: 'a', controlFiles: { preinst: script }, files: [{ path: 'f' }] }]);
    const context = defaultContext({ signal: AbortSignal.abort() });
    await expect(install(packages, nothing, context)).rejects.toMatchObject({ code: 'CANCELLED' });
    rmSync(root, { recursive: true });
    mkdirSync(root);
    const failing: Run = (program, ...rest) =>
      program === 'dpkg'
        ? nothing(program, ...rest)
        : Promise.reject(new UtilsError('EXEC_FAILED', 'status 1'));
    await expect(install(packages, failing)).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
    expect(existsSync(inRoot('f'))).toBe(false);
  });
});

describe('unpackDebs', () => {
  it('unpacks all and runs nothing; conffiles have their names', async () => {
    const packages = make([
      {
        name: 'a',
        controlFiles: { preinst: script, conffiles: '/etc/a\n' },
        files: [directory('etc'), { path: 'etc/a', data: 'a' }],
      },
      { name: 'b', control: ['Depends: a'], files: [directory('bin'), { path: 'bin/b' }] },
    ]);
    await unpackDebs(packages, { root, architecture: 'amd64', jobs: 1, context: defaultContext() });
    expect(readFileSync(inRoot('etc/a'), 'utf8')).toBe('a');
    expect(readlinkSync(inRoot('bin'))).toBe('usr/bin');
    expect(readdirSync(inRoot('usr/bin'))).toEqual(['b']);
    expect(readlinkSync(inRoot('lib64'))).toBe('usr/lib64');
    expect(existsSync(inRoot('var'))).toBe(false);
  });

  it('makes lib64 only where the architecture has it; stops when it is cancelled', async () => {
    const context = defaultContext({ signal: AbortSignal.abort() });
    const options = { root, architecture: 'arm64', jobs: 1 };
    await expect(unpackDebs(make([{ name: 'a' }]), { ...options, context })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    rmSync(root, { recursive: true });
    mkdirSync(root);
    await unpackDebs([], { ...options, context: defaultContext() });
    expect(readdirSync(root).sort()).toEqual(['bin', 'lib', 'sbin', 'usr']);
  });
});

const mayUseDpkg = process.getuid?.() === 0 && existsSync('/usr/bin/dpkg');

/** The same packages by dpkg itself, in the order given. */
async function byDpkg(
  theirs: string,
  packages: readonly FetchedPackage[],
  diversions: string,
): Promise<void> {
  mkdirSync(theirs);
  linkMergedUsr(theirs, 'amd64');
  for (const name of ['info', 'updates', 'triggers'])
    mkdirSync(join(theirs, 'var/lib/dpkg', name), { recursive: true });
  writeFileSync(join(theirs, 'var/lib/dpkg/status'), '');
  writeFileSync(join(theirs, 'var/lib/dpkg/diversions'), diversions);
  await dpkg(theirs, '--unpack', ...packages.map(({ path }) => path));
}

function dpkg(root: string, ...args: string[]) {
  return exec(
    'dpkg',
    [`--root=${root}`, '--force-depends', '--force-unsafe-io', '--no-triggers', '--log=/dev/null', ...args],
    {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', DPKG_COLORS: 'never' },
    },
  );
}

/** dpkg calls a conffile that went to another package obsolete only where that has it as a conffile too. */
function withoutObsolete(top: string): unknown {
  return JSON.parse(JSON.stringify(describeDatabase(top)).replaceAll('newconffile obsolete', 'newconffile'));
}

/** Whether a path is of this type in one package and of another in another. */
function differs(debs: readonly TestDeb[], type: TestEntry['type']): boolean {
  const files = debs.flatMap((deb) => deb.files ?? []);
  return files.some((one) =>
    files.some((other) => one.path === other.path && one.type === type && other.type !== type),
  );
}

/** Every file of a tree but dpkg's database, in words. Times of folders are those of the unpacking, with dpkg too. */
function describeTree(top: string, path = ''): string[] {
  return readdirSync(join(top, path), { encoding: 'utf8' })
    .sort()
    .flatMap((name) => {
      const inner = path === '' ? name : `${path}/${name}`;
      const stat = lstatSync(join(top, inner));
      const head = `${inner} ${stat.uid}:${stat.gid} ${(stat.mode & 0o7777).toString(8)}`;
      if (inner === 'var/lib/dpkg') return [];
      if (stat.isDirectory()) return [`${head} folder`, ...describeTree(top, inner)];
      const tail = `at ${timeOf(join(top, inner))}`;
      if (stat.isSymbolicLink()) return [`${head} -> ${readlinkSync(join(top, inner))} ${tail}`];
      return [`${head} ${stat.nlink} ${tail}: ${readFileSync(join(top, inner), 'utf8')}`];
    });
}

/** Files of packages are from 2020; what is newer was made just now, like the links of merged /usr. */
function timeOf(path: string): number | 'new' {
  const { mtimeMs } = lstatSync(path);
  return mtimeMs > 1_700_000_000_000 ? 'new' : mtimeMs;
}

/** dpkg's database: `info`, triggers, and the status by package and field. */
function describeDatabase(top: string): Record<string, unknown> {
  const admin = join(top, 'var/lib/dpkg');
  const text = (path: string) =>
    existsSync(join(admin, path)) ? readFileSync(join(admin, path), 'utf8') : '';
  const paragraphs = text('status').trim().split('\n\n').sort();
  return {
    status: paragraphs.map((paragraph) => paragraph.split(/\n(?! )/).sort()),
    info: Object.fromEntries(
      readdirSync(join(admin, 'info')).map((name) => [
        name,
        `${(lstatSync(join(admin, 'info', name)).mode & 0o7777).toString(8)} ${timeOf(join(admin, 'info', name))} ${text(`info/${name}`)}`,
      ]),
    ),
    triggers: text('triggers/File').split('\n').sort(),
    named: text('triggers/name'),
  };
}

describe.skipIf(!mayUseDpkg)('as dpkg does it (as root)', () => {
  const RICH: readonly TestDeb[] = [
    {
      name: 'base',
      control: ['Essential: yes', 'Homepage: https://example.org'],
      controlFiles: {
        conffiles: '/etc/base.conf\n/etc/second\n',
        postrm: script,
        md5sums: 'x  y\n',
        triggers: 'interest /usr/share/x\ninterest-noawait name\n',
      },
      files: [
        directory('etc', { mode: 0o750, gid: 4 }),
        { path: 'etc/base.conf', data: 'base', mode: 0o640, gid: 42 },
        { path: 'etc/second', data: '2' },
        directory('lib'),
        { path: 'lib/base.so', data: 'so' },
        directory('bin'),
        { path: 'bin/su', mode: 0o4755, data: 'su', mtime: 1_500_000_000 },
        { path: 'bin/wall', mode: 0o2755, gid: 5 },
        { path: 'bin/same', type: 'hardlink', linkTarget: './bin/su', mode: 0o4755, mtime: 1_500_000_000 },
        { path: 'bin/sh', type: 'symlink', linkTarget: 'dash', uid: 1 },
        directory('srv', { mode: 0o3777, uid: 33, gid: 33 }),
        directory('usr'),
        directory('usr/share'),
        directory('usr/share/old'),
        { path: 'usr/share/old/one' },
        { path: 'usr/share/moved', data: 'of base' },
        { path: 'usr/share/kept', data: 'of base' },
        { path: 'usr/share/new', type: 'symlink', linkTarget: 'old' },
      ],
    },
    {
      name: 'later',
      version: '2:1.0~rc1-3',
      control: ['Depends: base', 'Replaces: base (<< 2)'],
      files: [
        directory('srv', { mode: 0o700 }),
        directory('usr'),
        directory('usr/share'),
        { path: 'usr/share/moved', data: 'of later' },
        { path: 'usr/share/old', type: 'symlink', linkTarget: 'elsewhere' },
        directory('usr/share/new'),
        { path: 'usr/share/new/two', data: 'through a link' },
        { path: 'usr/share/diverted', data: 'of later' },
      ],
    },
    {
      name: 'third',
      control: ['Depends: later', 'Multi-Arch: foreign'],
      files: [directory('usr'), directory('usr/share'), { path: 'usr/share/diverted', data: 'of third' }],
    },
  ];
  const DIVERSIONS = '/usr/share/diverted\n/usr/share/diverted.dist\nlater\n';

  async function bothWays(packages: readonly FetchedPackage[], diversions: string) {
    const theirs = join(folder, 'theirs');
    mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
    writeFileSync(join(root, 'var/lib/dpkg/diversions'), diversions);
    const outcome = (error: unknown) => (error as { code: string }).code;
    const ours = await install(packages, nothing).catch(outcome);
    const dpkgs = await byDpkg(theirs, packages, diversions).catch(outcome);
    return { theirs, ours, dpkgs };
  }

  it('files, links, owners, modes, times, lists, diversions, replaced files, conffiles and status are the same', async () => {
    const { theirs } = await bothWays(make(RICH), DIVERSIONS);
    expect(describeTree(root)).toEqual(describeTree(theirs));
    expect(describeTree(root).join('\n')).toMatch(/etc\/base\.conf\.dpkg-new 0:42 640/);
    const { info, ...database } = describeDatabase(root);
    expect({ info, ...database }).toEqual(describeDatabase(theirs));
  });

  it('and dpkg then configures both alike, to the byte', async () => {
    const { theirs } = await bothWays(make(RICH), DIVERSIONS);
    for (const top of [root, theirs]) await dpkg(top, '--configure', '-a');
    expect(describeTree(root)).toEqual(describeTree(theirs));
    const status = (top: string) => readFileSync(join(top, 'var/lib/dpkg/status'), 'utf8');
    expect(status(root)).toBe(status(theirs));
    expect(status(root)).toContain('Conffiles:\n /etc/base.conf ');
    expect(spawnSync('dpkg', [`--root=${root}`, '--audit'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('any packages over the same few paths end alike, in a conflict or in a tree', async () => {
    const path = fc.constantFrom('a', 'b', 'a/c', 'a/d', 'b/e');
    const entry = fc.oneof(
      fc.record({ path, type: fc.constant('file' as const), data: fc.constantFrom('1', '2') }),
      fc.record({ path, type: fc.constant('directory' as const), mode: fc.constantFrom(0o755, 0o700) }),
      fc.record({ path, type: fc.constant('symlink' as const), linkTarget: fc.constantFrom('b', 'c') }),
    );
    const deb = fc.tuple(
      fc.uniqueArray(entry, { selector: (one) => one.path, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(fc.tuple(deb, deb), async (parts) => {
        const debs = parts.map(([entries, replaces, conffile], index): TestDeb => {
          const sorted = [...entries].sort((x, y) => (x.path < y.path ? -1 : 1));
          const parents = new Set(sorted.map(({ path: one }) => one));
          const missing = ['a', 'b'].filter(
            (one) => !parents.has(one as 'a') && sorted.some((other) => other.path.startsWith(`${one}/`)),
          );
          // Without a file of its own, dpkg would drop a package of which nothing is left. Folders come before
          // their files, and nothing is below files and links, as dpkg-deb makes it.
          const own: TestEntry = { path: `only-${index}`, data: 'own' };
          const files: TestEntry[] = [...missing.map((one) => directory(one)), ...sorted, own]
            .filter(
              ({ path: one }) =>
                !sorted.some((other) => other.type !== 'directory' && one.startsWith(`${other.path}/`)),
            )
            .sort((x, y) => (x.path < y.path ? -1 : 1));
          const conffiles = files.filter(({ type }) => type === 'file').map(({ path: one }) => `/${one}\n`);
          return {
            name: `p${index}`,
            files,
            control: replaces ? [`Replaces: p${1 - index}`] : [],
            controlFiles: conffile && conffiles.length > 0 ? { conffiles: conffiles.join('') } : {},
          };
        });
        // With conffiles that are links elsewhere dpkg has rules of its own, which no package of Debian meets.
        fc.pre(!differs(debs, 'symlink') || debs.every((deb) => deb.controlFiles?.conffiles === undefined));
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(root, { recursive: true });
        const { theirs, ours, dpkgs } = await bothWays(make(debs), '');
        if (ours !== undefined && dpkgs === undefined) {
          // dpkg has ways out when a folder of one is a file of the other; we refuse.
          expect(differs(debs, 'directory')).toBe(true);
        } else if (dpkgs !== undefined) {
          expect(ours).toMatch(/^(FILE_CONFLICT|PACKAGE_INVALID)$/);
        } else {
          expect(ours).toBeUndefined();
          expect(describeTree(root)).toEqual(describeTree(theirs));
          expect(withoutObsolete(root)).toEqual(withoutObsolete(theirs));
        }
      }),
      { numRuns: 10 },
    );
  }, 30_000);
});
