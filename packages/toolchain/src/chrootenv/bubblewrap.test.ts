import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxArguments } from './bubblewrap.js';
import { callers, runOutside } from './sandbox.test.fixture.js';

const DEVICES = 'core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.replaceAll(
  ' ',
  '\n',
);
const ROOT = 'bin dev etc lib lib64 proc run sbin tmp usr';

/**
 * What a program tries in a sandbox of its own (by `sh -c`, one after the other) and what comes of it. The host's
 * `/usr` is bound read-only, `$SECRET` is a file of the host, `$PORT` and `$ABSTRACT` are its sockets.
 */
const PROBES: readonly { name: string; command: string; says: string | RegExp }[] = [
  { name: 'devices are the harmless ones', command: 'ls /dev', says: DEVICES },
  {
    name: 'and really those',
    command: 'stat -c "%n %t:%T" /dev/null /dev/zero',
    says: '/dev/null 1:3\n/dev/zero 1:5',
  },
  { name: 'there is no network but lo', command: 'tail -n +3 /proc/net/dev | cut -d: -f1', says: /^\s*lo$/ },
  { name: 'there is no route', command: 'tail -n +2 /proc/net/route', says: '' },
  {
    name: 'loopback is not that of the host',
    command: `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new("127.0.0.1:$ENV{PORT}") ? "in" : "no: $!"'`,
    says: /^no: (Connection refused|Network is unreachable)$/,
  },
  {
    name: 'nor are abstract sockets',
    command: `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0);
      print connect(S, pack("Sa*", AF_UNIX, "\\0$ENV{ABSTRACT}")) ? "in" : "no: $!"'`,
    says: 'no: Connection refused',
  },
  {
    name: '/proc has its own processes',
    command: 'cat /proc/[0-9]*/comm | sort -u',
    says: /^bwrap\n(?:(?:cat|sh|sort)\n?)+$/,
  },
  { name: 'the tree is the root', command: 'echo $(ls /)', says: ROOT },
  {
    name: 'for the first process too',
    command: 'echo $(ls /proc/1/root/) $(ls /proc/1/cwd/)',
    says: `${ROOT} ${ROOT}`,
  },
  {
    name: 'files of the host cannot be reached by a path',
    command:
      'for p in "" /../../.. /proc/1/root /proc/1/cwd /proc/self/root; do test -e $p$SECRET && echo $p; done; true',
    says: '',
  },
  {
    name: 'nor by leaving a chroot',
    command: `mkdir /tmp/jail; perl -e 'opendir D, "/"; chroot "/tmp/jail"; chdir D; chdir ".." for 1..50; chroot ".";
      opendir D, "."; print join " ", sort(grep { !/^[.]/ } readdir D), -e $ENV{SECRET} ? "SECRET" : ()'`,
    says: ROOT,
  },
  {
    name: 'nor by the handle of an inode',
    command: `perl -e 'my ($name_to, $open_by) = qx(uname -m) =~ /x86_64/ ? (303, 304) : (264, 265);
      for my $path ("/", "/usr/bin/env", "/dev/null", "/etc/given") {
        my ($p, $handle, $mount) = ("$path\\0", pack("Ii", 128, 0) . "\\0" x 128, pack("i", 0));
        next if syscall($name_to, -100, $p, $handle, $mount, 0) != 0;
        open my $on, "<", $path; $tried++;
        print "$path " if syscall($open_by, fileno $on, $handle, 0) >= 0 || !$!{EPERM} }
      print $tried > 1 ? "refused" : "untried"'`,
    says: 'refused',
  },
  {
    name: 'no file is open that was not given',
    command: 'ls -l /proc/self/fd | grep -v /proc/ | sed -n "s/.* \\([0-9]*\\) ->.*/\\1/p"',
    says: '0\n1\n2',
  },
  {
    name: 'nothing can be mounted',
    command: 'mount -t tmpfs none /tmp || mount --bind /etc /usr',
    says: /denied|superuser/,
  },
  {
    name: 'nothing can be unmounted or made writable',
    command: `for d in / /usr /proc/sys /dev/null; do mount -o remount,bind,rw $d && echo WRITABLE $d; umount -l $d && echo GONE $d
      done 2>/dev/null; tail -n +1 /proc/mounts | grep -c ' /usr '`,
    says: '1',
  },
  {
    name: 'no device can be made',
    command: 'mknod /tmp/b b 254 0; mknod /etc/c c 1 1; ls /tmp/b /etc/c 2>/dev/null',
    says: /^mknod: .*not permitted\nmknod: .*not permitted$/,
  },
  {
    name: 'no file of the kernel can be opened for writing',
    command: `find /proc -path '/proc/[0-9]*' -prune -o -type f -perm /222 -print 2>/dev/null |
      perl -MFcntl -ne 'chomp; $n++; print "$_\\n" if sysopen F, $_, O_WRONLY; END { print "tried" if $n > 100 }'`,
    says: 'tried',
  },
  {
    name: 'nor its memory for reading',
    command: 'cat /proc/kcore /dev/mem /proc/kmsg 2>/dev/null | head -c 1',
    says: '',
  },
  {
    name: 'root may own files and switch users, no more',
    command: 'grep -E "^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs):" /proc/self/status | cut -f2 | sort -u',
    says: '00000000800401fb\n1',
  },
  {
    name: 'a user namespace of its own gives nothing',
    command: `unshare --user --map-root-user --mount --pid --fork sh -c '
      echo "root of $(wc -l < /proc/self/uid_map) line"
      mount -t proc proc /tmp && echo PROC; mount -o remount,bind,rw /usr && echo USR; umount -l /proc/sys && echo SYS
      mknod /tmp/b b 254 0 && echo NODE; test -e $SECRET && echo SECRET
      perl -e "print qq(OPEN) if open F, q(>>), q(/proc/sys/kernel/core_pattern)"' 2>/dev/null; true`,
    says: 'root of 1 line',
  },
  {
    name: 'there is no terminal to type into',
    command: `perl -e 'print open(T, "+<", "/dev/tty") ? "yes" : "no"'`,
    says: 'no',
  },
  {
    name: 'the host name is its own',
    command: 'hostname; hostname intruder 2>/dev/null; hostname',
    says: 'localhost\nlocalhost',
  },
  {
    name: '/tmp and /run are empty',
    command: 'ls -A /tmp /run; stat -c %a /tmp /run; touch /tmp/x /run/x /dev/shm/x',
    says: '/run:\n\n/tmp:\n1777\n755',
  },
  { name: 'and forgotten', command: 'ls -A /tmp /run /dev/shm', says: '/dev/shm:\n\n/run:\n\n/tmp:' },
  { name: 'there is no /sys', command: 'ls -d /sys', says: /No such file/ },
  {
    name: 'read-only is read-only',
    command: '(: > /usr/x); (: > /etc/given); cat /etc/given',
    says: 'given',
  },
  {
    name: 'the environment is the one given',
    command: 'env | cut -d= -f1 | sort | grep -v PWD',
    says: 'ABSTRACT\nHOME\nLC_ALL\nPATH\nPORT\nSECRET\nTERM',
  },
  {
    name: 'files can have owners and set-id bits',
    command:
      'touch /etc/mine && chown 12:34 /etc/mine && chmod 4755 /etc/mine && stat -c "%u:%g %a" /etc/mine',
    says: '12:34 4755',
  },
  {
    name: 'users can be switched',
    command: `perl -e '$) = "34 34"; $> = 12; print "$> ", $)+0'`,
    says: '12 34',
  },
  { name: 'a failing program is told apart', command: 'exit 7', says: 'status 7' },
];

/** One sandbox for each probe; its standard output, or what else there is to say. */
const RUN_PROBES = `
  const runner = createToolRunner(input.tree, { env: input.env });
  const said = [];
  for (const command of input.commands) {
    const { status, stdout, stderr } = await runner.run('sh', ['-c', command], {
      allow: [...Array(256).keys()],
      binds: [{ host: '/usr', inside: '/usr', readOnly: true }, { host: input.given, inside: '/etc/given', readOnly: true }],
    });
    said.push((stdout.trim() || stderr.trim() || (status === 0 ? '' : 'status ' + status)));
  }
  return said;`;

describe.each(callers)('in the sandbox of $privilege $missing', (caller) => {
  const skipped = caller.missing !== '' || !existsSync('/usr/bin/perl');
  let folder = '';
  let servers: Server[] = [];
  let said: readonly string[] = [];

  beforeAll(async () => {
    if (skipped) return;
    folder = mkdtempSync(join(tmpdir(), 'ic-sandbox-'));
    const [tree, secret, given] = ['tree', 'secret', 'given'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [tree, join(tree, 'usr'), join(tree, 'etc')]) mkdirSync(path);
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name));
    writeFileSync(secret, 'secret');
    writeFileSync(given, 'given');
    chmodSync(folder, 0o755);
    for (const path of [tree, join(tree, 'etc'), given]) chownSync(path, caller.uid, caller.gid);
    const [tcp, local] = [createServer(), createServer()];
    servers = [tcp, local];
    const abstract = `${folder}.socket`;
    await Promise.all([
      listen(tcp, { port: 0, host: '127.0.0.1' }),
      listen(local, { path: `\0${abstract}` }),
    ]);
    const port = String((tcp.address() as AddressInfo).port);
    const env = { SECRET: secret, PORT: port, ABSTRACT: abstract };
    const commands = PROBES.map((probe) => probe.command);
    const { value, error } = await runOutside(caller, RUN_PROBES, { tree, env, given, commands });
    expect(error).toBeUndefined();
    said = value as string[];
  }, 60_000);
  afterAll(() => {
    for (const server of servers) server.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(skipped).each(PROBES.map((probe, index) => ({ ...probe, index })))('$name', ({ says, index }) => {
    expect(said[index]).toMatch(typeof says === 'string' ? new RegExp(`^${escaped(says)}$`) : says);
  });
});

describe.each(callers)('a guest tree of $privilege $missing', (caller) => {
  const GUEST = `
    const runner = createToolRunner(input.tree);
    const { stdout } = await runner.run('sh', ['-c', input.command], {
      guest: { host: input.guest, inside: '/run/guest' },
      binds: [
        { host: '/usr', inside: '/usr', readOnly: true },
        { host: input.given, inside: '/run/guest/run/given', readOnly: true },
      ],
    });
    return stdout.trim().split('\\n');`;

  it.skipIf(caller.missing !== '')(
    'is seen with system folders of its own and keeps nothing of them',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'ic-guest-'));
      try {
        const [tree, guest, given] = ['tree', 'guest', 'given'].map((name) => join(folder, name)) as [
          string,
          string,
          string,
        ];
        for (const path of [tree, join(tree, 'usr'), guest, join(guest, 'etc')]) mkdirSync(path);
        for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name));
        writeFileSync(given, 'given\n');
        chmodSync(folder, 0o755);
        for (const path of [tree, guest, join(guest, 'etc'), given]) chownSync(path, caller.uid, caller.gid);
        const command = `cd /run/guest; echo $(ls); echo $(ls dev); cat run/given
        echo proc $(cat proc/self/comm); stat -c %a dev proc run tmp; : > tmp/x; : > run/x; : > etc/x
        ls -d /etc /run/guest/usr 2>&1; (: > proc/sys/kernel/core_pattern) 2>&1; ls /tmp /run`;
        const { value, error } = await runOutside(caller, GUEST, { tree, guest, given, command });
        expect(error).toBeUndefined();
        expect(value).toEqual([
          'dev etc proc run tmp',
          DEVICES.replaceAll('\n', ' '),
          'given',
          'proc cat',
          ...['755', '555', '755', '1777'],
          expect.stringContaining("cannot access '/etc'"),
          expect.stringContaining("cannot access '/run/guest/usr'"),
          expect.stringContaining('Read-only file system'),
          ...['/run:', 'guest', '', '/tmp:'],
        ]);
        const left = ['dev', 'etc', 'proc', 'run', 'tmp'].map((name) =>
          readdirSync(join(guest, name)).join(),
        );
        expect(left).toEqual(['', 'x', '', '', '']);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

describe.each(callers)('the network of $privilege $missing', (caller) => {
  const BODY = `
    const runner = createToolRunner(input.tree, { env: { PORT: input.port } });
    const said = [];
    for (const network of [false, true]) {
      const { stdout } = await runner.run('perl', ['-MIO::Socket::INET', '-e', input.program], {
        network,
        binds: [{ host: '/usr', inside: '/usr', readOnly: true }],
      });
      said.push(stdout);
    }
    return said;`;

  it.skipIf(caller.missing !== '' || !existsSync('/usr/bin/perl')).each([
    { network: true, says: ['out', 'in'] },
    { network: false, says: ['out', 'out'] },
  ])(
    'is reached by a run that asks for it, where the namespaces have it: $network',
    async ({ network, says }) => {
      const tree = mkdtempSync(join(tmpdir(), 'ic-network-'));
      const server = createServer();
      try {
        mkdirSync(join(tree, 'usr'));
        for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name));
        chownSync(tree, caller.uid, caller.gid);
        await listen(server, { port: 0, host: '127.0.0.1' });
        const port = String((server.address() as AddressInfo).port);
        const program = 'print IO::Socket::INET->new("127.0.0.1:$ENV{PORT}") ? "in" : "out"';
        const { value, error } = await runOutside({ ...caller, network }, BODY, { tree, port, program });
        expect(error).toBeUndefined();
        expect(value).toEqual(says);
      } finally {
        server.close();
        rmSync(tree, { recursive: true, force: true });
      }
    },
  );
});

it('runs in the folder asked for, with the environment asked for over the fixed one', () => {
  const args = sandboxArguments('/tree', {
    cwd: '/etc',
    env: { HOME: '/home' },
    binds: [{ host: '/a', inside: '/b' }],
  });
  const after = (word: string) => args[args.indexOf(word) + 1];
  expect(after('--chdir')).toBe('/etc');
  expect(after('HOME')).toBe('/home');
  expect(after('/a')).toBe('/b');
});

function listen(server: Server, options: { port?: number; host?: string; path?: string }): Promise<void> {
  return new Promise((resolve) => server.listen(options, resolve));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
