import {
  chownSync,
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
import { basename, join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { defaultContext, exec, type IcEvent, sha256 } from '@ic/utils';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildRpm, type TestRpm } from '../testing/build-rpm.js';
import { installRpms } from './install.js';
import type { ToolsRunner } from './runner.js';

const lacking = ['rpm', 'rpmbuild', 'bwrap'].filter((program) =>
  ['/usr/bin', '/usr/sbin', '/sbin'].every((folder) => !existsSync(join(folder, program))),
);
if (process.getuid?.() !== 0) lacking.push('root');

const EPOCH = 1_700_000_000;
/** What we expect to come of the relations below. */
const ORDER = [
  'base-1-1.noarch',
  'aaa-shell-2:1-1.noarch',
  'programs-1-1.noarch',
  'app-1~rc1-2.noarch',
  'library-1-1.noarch',
];
const SHELL = ['bash', 'cat', 'id', 'ls', 'grep'].map((name) => `/usr/bin/${name}`).join(' ');

/** rpmbuild minds programs in packages for every architecture. */
const WITH_BINARIES = '%global _binaries_in_noarch_packages_terminate_build 0';

const PACKAGES: readonly TestRpm[] = [
  {
    name: 'base',
    install: [
      'mkdir -p dev proc sys run/lock tmp etc root usr/bin usr/lib usr/lib64 var/lib var/log var/tmp',
      'touch var/log/lastlog; for name in bin lib lib64; do ln -s usr/$name $name; done; ln -s ../run var/run',
      'echo root:x:0:0:root:/root:/bin/sh > etc/passwd; printf "root:x:0:\\nmail:x:8:\\ntty:x:5:\\n" > etc/group',
    ],
    files: [
      '%attr(0711,root,root) %dir /dev',
      '%attr(0555,root,root) %dir /proc',
      '%dir /run',
      '%dir /run/lock',
      '%attr(1777,root,root) %dir /tmp',
      '%attr(1777,root,root) %dir /var/tmp',
      '%attr(0700,root,root) %dir /root',
      '/bin',
      '/lib',
      '/lib64',
      '/var/run',
      ...['/sys', '/etc', '/usr/bin', '/usr/lib', '/usr/lib64', '/var/lib', '/var/log'].map(
        (path) => `%dir ${path}`,
      ),
      '%config(noreplace) /etc/passwd',
      '%config /etc/group',
      '%attr(0664,root,mail) /var/log/lastlog',
    ],
    // No other package is there when it begins.
    sections: ['%post -p <lua>', 'posix.symlink("lib", "/usr/made-by-lua")'],
  },
  {
    name: 'aaa-shell',
    epoch: 2,
    preamble: [WITH_BINARIES, 'Provides: /bin/sh /bin/bash', 'Requires(pre): base'],
    install: [
      `mkdir -p usr/bin; cp ${SHELL} usr/bin; ln -s bash usr/bin/sh`,
      `for lib in $(ldd ${SHELL} | grep -o '/lib[^ )]*' | sort -u); do mkdir -p usr$(dirname $lib); cp $lib usr$lib; done`,
    ],
    files: ['/usr/bin/*', '/usr/lib*/*'],
  },
  {
    name: 'programs',
    preamble: [WITH_BINARIES, 'Requires(pre): /bin/sh'],
    install: [
      'mkdir -p usr/bin',
      ...['dracut', 'ssh-keygen'].map(
        (name) => `printf '#!/bin/bash\\necho REAL $0 >> /etc/ran\\n' > usr/bin/${name}`,
      ),
      'cp /usr/bin/cat usr/bin/ping',
    ],
    files: [
      '%attr(0755,root,root) /usr/bin/dracut',
      '%attr(0755,root,root) /usr/bin/ssh-keygen',
      '%caps(cap_net_raw=p) %attr(0755,root,root) /usr/bin/ping',
    ],
  },
  {
    name: 'app',
    version: '1~rc1-2',
    preamble: ['Requires(pre): /bin/sh', 'Requires(post): programs', 'Requires: (library or nothing)'],
    install: [
      'mkdir -p usr/bin etc var/log',
      'echo app > usr/bin/app; ln usr/bin/app usr/bin/same; echo conf > etc/app.conf; touch var/log/app.log',
    ],
    files: [
      '%attr(4755,root,mail) /usr/bin/app',
      '%attr(4755,root,mail) /usr/bin/same',
      '%attr(0640,root,tty) %config(noreplace) /etc/app.conf',
      '%ghost /var/log/app.log',
    ],
    sections: [
      '%pre',
      'echo "pre $1" >> /etc/scripts',
      '%post',
      'echo "post $1" at $SOURCE_DATE_EPOCH >> /etc/scripts',
      'dracut --force; /usr/bin/dracut --force; /bin/dracut; ssh-keygen -A',
      '%posttrans',
      'echo "posttrans $1" >> /etc/scripts',
      '%transfiletriggerin -- /usr/bin',
      'grep -c . >> /etc/scripts',
    ],
  },
  {
    name: 'library',
    preamble: ['Requires: app'],
    install: ['mkdir -p usr/lib; echo > usr/lib/l'],
    files: ['/usr/lib/l'],
  },
];

describe.skipIf(lacking.length > 0)(
  `installRpms with the rpm of this host (lacking: ${lacking.join(' ')})`,
  () => {
    let built: string;
    let folder: string;
    let root: string;
    let paths: ReadonlyMap<string, string>;

    beforeAll(async () => {
      built = mkdtempSync(join(tmpdir(), 'ic-rpms-'));
      paths = await buildAll(PACKAGES);
    }, 60_000);
    afterAll(() => rmSync(built, { recursive: true, force: true }));
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'ic-install-'));
      root = join(folder, 'ours');
      mkdirSync(root);
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    async function buildAll(rpms: readonly TestRpm[]): Promise<Map<string, string>> {
      const all = new Map<string, string>();
      for (const rpm of rpms) all.set(rpm.name, await buildRpm(built, rpm));
      return all;
    }

    /** The host's own tree stands for the chroot environment; nothing of it can be written. */
    const tools: ToolsRunner = {
      run: (program, args, { guest, binds = [], env = {}, ...options } = {}) =>
        exec(
          'bwrap',
          [
            ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/run'],
            ...['--unshare-pid', '--unshare-ipc', '--unshare-net'],
            ...(guest === undefined ? [] : guestArguments(guest)),
            ...binds.flatMap(({ host, inside }) => ['--ro-bind', host, inside]),
            ...['--clearenv', '--setenv', 'PATH', '/usr/bin:/bin', '--setenv', 'LC_ALL', 'C.UTF-8'],
            ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
            ...['--', program, '--define', '_dbpath /var/lib/rpm', ...args],
          ],
          options,
        ),
    };

    async function install(packages: ReadonlyMap<string, string>): Promise<IcEvent[]> {
      const events: IcEvent[] = [];
      const work = mkdtempSync(join(folder, 'work-'));
      await installRpms(fetchedFrom(packages), {
        ...{ root, tools, work, epoch: EPOCH, jobs: 2 },
        deferred: ['/usr/bin/dracut', '/usr/bin/ssh-keygen'],
        context: defaultContext({ events: (event) => events.push(event) }),
      });
      expect(readdirSync(work)).toEqual([]);
      return events;
    }

    /** The same packages by the host's rpm alone, in its own order, without a sandbox's folders. */
    async function byRpm(packages: ReadonlyMap<string, string>): Promise<string> {
      const theirs = join(folder, 'theirs');
      mkdirSync(theirs);
      const stand = join(theirs, 'run/deferred');
      mkdirSync(stand, { recursive: true });
      for (const name of ['dracut', 'ssh-keygen'])
        writeFileSync(join(stand, name), '#!/bin/sh\n', { mode: 0o755 });
      await rpm(
        theirs,
        '--install',
        '--nosignature',
        '--define',
        '_install_script_path /run/deferred:/usr/bin',
        ...packages.values(),
      );
      rmSync(join(theirs, 'etc/ran'));
      // There was no /etc/group yet when rpm looked: the one thing that is better with us.
      expect(lstatSync(join(theirs, 'var/log/lastlog')).gid).toBe(0);
      chownSync(join(theirs, 'var/log/lastlog'), 0, 8);
      return theirs;
    }

    async function rpm(top: string, ...args: string[]): Promise<string> {
      const all = ['--root', top, '--define', '_dbpath /var/lib/rpm', '--noplugins', ...args];
      const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: String(EPOCH) };
      const { stdout, stderr } = await exec('rpm', all, { allow: [0, 1], env });
      return stdout + stderr.replace(/^rpm: .*\n/gm, '');
    }

    it('makes the tree and the database that rpm makes in its own order', async () => {
      const events = await install(paths);
      const theirs = await byRpm(paths);
      expect(treeOf(root)).toEqual(treeOf(theirs));
      expect(treeOf(root).join('\n')).toContain('usr/bin/app 0:8 104755 2');
      expect(readText('etc/scripts')).toBe(`pre 1\npost 1 at ${EPOCH}\nposttrans 1\n11\n`);

      const query = (top: string, format: string) => rpm(top, '-qa', '--queryformat', `${format}\n`);
      const states = '%{NEVRA} %{INSTALLTID}[ %{FILESTATES}]';
      // Folders that the sandbox covers are "net shared", 3, to rpm.
      const ours = (await query(root, states)).replaceAll(' 3', ' 0');
      expect(ours.split('\n').sort()).toEqual((await query(theirs, states)).split('\n').sort());
      expect(await query(root, '%{NAME} %{INSTALLTIME}')).toBe(
        ORDER.map((name, index) => `${name.replace(/-[0-9].*/, '')} ${EPOCH + index}\n`).join(''),
      );
      for (const top of [root, theirs]) expect(await rpm(top, '-Va')).toBe('');

      const progress = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
      expect(progress.map(({ item }) => item)).toEqual(ORDER);
      expect(progress.at(-1)).toMatchObject({ stage: 'install', unit: 'packages', done: 5, total: 5 });
      expect(events).toContainEqual({ type: 'output', source: 'rpm', line: 'Preparing packages...' });
      expect(events.filter((event) => event.type === 'warning')).toEqual([]);
    });

    it('writes the same database each time', async () => {
      const database = () => sha256(readFileSync(join(root, 'var/lib/rpm/rpmdb.sqlite')));
      await install(paths);
      const first = database();
      rmSync(root, { recursive: true });
      mkdirSync(root);
      await install(new Map([...paths].reverse()));
      expect(database()).toBe(first);
    });

    it('runs no deferred program, called by name or by path, and keeps them whole', async () => {
      await install(paths);
      expect(existsSync(join(root, 'etc/ran'))).toBe(false);
      expect(await rpm(root, '-V', 'programs')).toBe('');
      expect(readText('usr/bin/dracut')).toContain('REAL');
    });

    it('gives scriptlets devices, processes, /run and /tmp, of which nothing stays, and warns of what fails', async () => {
      const events = await install(
        await more({
          install: ['echo > f'],
          files: ['%attr(0644,nobody-knows,root) /f'],
          sections: [
            '%post',
            'for path in /run /tmp /dev/shm; do : > $path/x; done',
            'cat /proc/self/comm < /dev/null > /etc/seen; ls /dev >> /etc/seen; cat < /dev/fd/0 >> /etc/seen',
            'echo last words of it; echo and more >&2; exit 5',
            '%posttrans',
            'exit 6',
            '%triggerin -- base',
            'kill -9 $$',
          ],
        }),
      );
      expect(readText('etc/seen').split('\n')).toEqual(
        expect.arrayContaining(['cat', 'fd', 'full', 'null', 'random', 'tty', 'urandom', 'zero']),
      );
      const left = ['dev', 'proc', 'run', 'sys', 'tmp'].map((name) => readdirSync(join(root, name)));
      expect(left).toEqual([[], [], [], [], []]);
      const warnings = events.flatMap((event) => (event.type === 'warning' ? [event] : []));
      expect(warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
        expect.stringMatching(
          /^SCRIPTLET_FAILED the %post scriptlet of more-1-1.noarch ended with exit status 5:\n(.|\n)*and more$/,
        ),
        expect.stringContaining(
          'SCRIPTLET_FAILED the %triggerin scriptlet of more-1-1.noarch ended with signal 9',
        ),
        expect.stringContaining('SCRIPTLET_FAILED the %posttrans scriptlet of more-1-1.noarch'),
        expect.stringContaining('RPM_WARNING user nobody-knows does not exist'),
      ]);
      expect(await rpm(root, '-q', 'more')).toBe('more-1-1.noarch\n');
    });

    it.each<[string, Partial<TestRpm>, RegExp]>([
      [
        'a package whose %pre fails',
        { sections: ['%pre', 'echo last words >&2; exit 5'] },
        /^installing the packages failed: the %prein scriptlet of more-1-1.noarch ended with exit status 5:\n(.*\n)*last words$/,
      ],
      [
        'a package that lacks another',
        { preamble: ['Requires: unheard-of >= 2'] },
        /failed: Failed dependencies:\n\tunheard-of >= 2 is needed by more-1-1.noarch$/,
      ],
      [
        'packages with the same file',
        { install: ['mkdir -p etc; echo other > etc/app.conf'], files: ['/etc/app.conf'] },
        /failed: file \/etc\/app.conf conflicts between attempted installs of more-1-1.noarch and app-1~rc1-2.noarch$/,
      ],
    ])('refuses %s', async (_, rpm, message) => {
      await expect(install(await more(rpm))).rejects.toMatchObject({
        code: 'INSTALL_FAILED',
        message: expect.stringMatching(message),
      });
    });

    function readText(path: string): string {
      return readFileSync(join(root, path), 'utf8');
    }

    /** The packages with one more, that needs a shell. */
    async function more(rpm: Partial<TestRpm>): Promise<Map<string, string>> {
      const all = { name: 'more', preamble: ['Requires(pre): /bin/sh'], ...rpm };
      return new Map([...paths, ...(await buildAll([all]))]);
    }
  },
);

describe.skipIf(!existsSync('/usr/bin/rpmbuild'))('installRpms', () => {
  it.each([
    ['', 'only-3:1-1.noarch is missing'],
    [
      'only only-3:1-1.noarch\nother other-2-1.noarch\ngpg-pubkey gpg-pubkey-1-1.(none)\n',
      'other-2-1.noarch is more',
    ],
  ])('fails when rpm has installed something else', async (installed, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'ic-install-'));
    try {
      const path = await buildRpm(folder, { name: 'only', epoch: 3 });
      const work = join(folder, 'work');
      for (const made of [work, join(folder, 'root')]) mkdirSync(made);
      const options = { root: join(folder, 'root'), deferred: [], work, epoch: EPOCH, jobs: 1 };
      const tools: ToolsRunner = {
        run: async (_, args) => ({
          status: 0,
          stdout: args.includes('--query') ? installed : '',
          stderr: '',
        }),
      };
      const failing = installRpms(fetchedFrom(new Map([['only', path]])), {
        ...options,
        tools,
        context: defaultContext(),
      });
      await expect(failing).rejects.toMatchObject({
        code: 'INSTALL_FAILED',
        message: `after the installation the rpm database does not list what was chosen: ${message}`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function fetchedFrom(packages: ReadonlyMap<string, string>): FetchedPackage[] {
  return [...packages].map(([name, path]) => ({
    ...{ name, version: '1-1', architecture: 'noarch', repository: 'test', location: basename(path) },
    ...{ size: 0, installedSize: 0, sha256: sha256(readFileSync(path)), path },
  }));
}

function guestArguments({ host, inside }: { readonly host: string; readonly inside: string }): string[] {
  const folders = [
    ['--dev', 'dev'],
    ['--proc', 'proc'],
    ['--tmpfs', 'tmp'],
    ['--tmpfs', 'run'],
  ] as const;
  return ['--bind', host, inside, ...folders.flatMap(([how, name]) => [how, join(inside, name)])];
}

/** Every file of a tree but rpm's database and what is in /run and /tmp, in words. */
function treeOf(top: string, path = ''): string[] {
  return readdirSync(join(top, path))
    .sort()
    .flatMap((name) => {
      const inner = join(path, name);
      const stat = lstatSync(join(top, inner));
      const head = `${inner} ${stat.uid}:${stat.gid} ${stat.mode.toString(8)}`;
      if (stat.isDirectory()) {
        const closed = ['run', 'tmp', 'var/lib/rpm'].includes(inner);
        return [head, ...(closed ? [] : treeOf(top, inner))];
      }
      if (stat.isSymbolicLink()) return [`${head} -> ${readlinkSync(join(top, inner))}`];
      // Files of packages have whole seconds; those that scriptlets make are of now.
      const time = stat.mtimeMs % 1000 === 0 ? stat.mtimeMs : 'now';
      return [`${head} ${stat.nlink} ${time} ${sha256(readFileSync(join(top, inner)))}`];
    });
}
