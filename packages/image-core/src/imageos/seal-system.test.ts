import {
  existsSync,
  lstatSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clampMtimes } from './clamp-mtimes.js';
import { EPOCH, makeSystem, makeTree, type Tree } from './image-fixture.test.helper.js';
import { sealSystem } from './seal-system.js';
import { configureSshHostKeys } from './ssh-host-keys.js';

const GONE: Tree = {
  'etc/ssh/ssh_host_ed25519_key': 'secret',
  'etc/ssh/ssh_host_ed25519_key.pub': 'public',
  'etc/passwd-': '',
  'etc/gshadow-': '',
  'etc/.pwd.lock': '',
  'etc/.resolv.conf.systemd-resolved.bak': '',
  'etc/deep/er/x.conf.dpkg-old': '',
  'var/lib/dpkg/status-old': '',
  'var/lib/systemd/random-seed': '',
  'var/lib/apt/lists/Packages': '',
  'var/cache/apt/pkgcache.bin': '',
  'var/cache/apt/archives/x.deb': '',
  'var/cache/debconf/config.dat-old': '',
  'var/cache/ldconfig/aux-cache': '',
  'var/cache/dnf/x/y': '',
  'var/log/dpkg.log': '',
  'var/log/apt/history.log': '',
  'var/lib/rpm/.rpm.lock': '',
  'var/lib/rpm/.migratedb.lock': '',
  'var/lib/rpm/__db.001': '',
  'var/lib/rpm-state/initramfs/pending/6.6': '',
  'var/opt/dracut/log/dracut.log': '',
  'var/cache/tdnf/x/y': '',
  'var/log/tdnf.log': '',
  'etc/x.conf.rpmnew': '',
  'etc/deep/er/x.conf.rpmsave': '',
  'etc/y.conf.rpmorig': '',
  'usr/sbin/policy-rc.d': '#!/bin/sh\nexit 101\n',
  'tmp/x/y': '',
  'run/x': '',
};
const STAYS: Tree = {
  'etc/ssh/sshd_config': '',
  'etc/ssh/moduli': '',
  'etc/passwd': '',
  'etc/x.conf.dpkg-dist': '',
  'var/lib/dpkg/status': '',
  'var/cache/debconf/config.dat': '',
  'var/lib/rpm/rpmdb.sqlite': 'packages',
  'usr/lib/sysimage/rpm/rpmdb.sqlite': '',
  'usr/lib/sysimage/rpm/rpmdb.sqlite-wal': 'packages that are not in the database yet',
  'usr/lib/sysimage/rpm/rpmdb.sqlite-shm': 'index of the log',
  'usr/share/x.rpmsave': '',
  'var/log/README': '-> ../../usr/share/doc/README',
  'usr/share/x.dpkg-old': '',
};
const TREE: Tree = {
  ...GONE,
  ...STAYS,
  'etc/shadow': 'root:*:20779:0::::\n',
  'etc/machine-id': 'uninitialized\n',
  'var/lib/dbus/machine-id': '0123456789abcdef0123456789abcdef\n',
  'var/log/wtmp': 'record',
  'var/lib/rpm/rpmdb.sqlite-wal': '',
  'var/lib/rpm/rpmdb.sqlite-shm': 'index of the log',
};

describe('sealSystem', () => {
  it('leaves no trace of the build and what is not one', async () => {
    const { image, rootfs } = makeSystem({ tree: TREE });
    await sealSystem(image);
    const has = (path: string) => lstatSync(join(rootfs, path), { throwIfNoEntry: false }) !== undefined;
    expect(Object.keys(GONE).filter(has)).toEqual([]);
    expect(Object.keys(STAYS).filter((path) => !has(path))).toEqual([]);
    expect(readdirSync(join(rootfs, 'tmp'))).toEqual([]);
    const textOf = (path: string) => readFileSync(join(rootfs, path), 'utf8');
    expect(textOf('var/log/wtmp')).toBe('');
    expect(textOf('var/lib/rpm/rpmdb.sqlite-wal') + textOf('var/lib/rpm/rpmdb.sqlite-shm')).toBe('');
    expect(textOf('usr/lib/sysimage/rpm/rpmdb.sqlite-shm')).toBe('index of the log');
    expect(readFileSync(join(rootfs, 'etc/shadow'), 'utf8')).toBe('root:*:20254:0::::\n');
  });

  it('empties nothing outside of the root', async () => {
    const { image, rootfs } = makeSystem({
      tree: {
        'etc/machine-id': '',
        'var/lib/rpm/rpmdb.sqlite-wal': '',
        'var/lib/rpm/rpmdb.sqlite-shm': '-> ../../../../outside',
      },
    });
    const outside = join(rootfs, '../outside');
    writeFileSync(outside, 'kept');
    await sealSystem(image);
    expect(readFileSync(outside, 'utf8')).toBe('kept');
  });

  it('leaves the machine id to the boot', async () => {
    const { image, rootfs } = makeSystem({ tree: TREE });
    await sealSystem(image);
    expect(readFileSync(join(rootfs, 'etc/machine-id'), 'utf8')).toBe('');
    expect(statSync(join(rootfs, 'etc/machine-id')).mode & 0o777).toBe(0o444);
    expect(readlinkSync(join(rootfs, 'var/lib/dbus/machine-id'))).toBe('/etc/machine-id');
  });

  it('keeps what the template itself brings', async () => {
    const local = makeTree({ ssh_host_ed25519_key: '', lib: null, 'lib/setup/script': '', id: '' });
    const additionalFiles = [
      { local: join(local, 'ssh_host_ed25519_key'), final: '/etc/ssh/' },
      { local: join(local, 'lib'), final: '/var/tmp' },
      { local: join(local, 'id'), final: '/etc/machine-id' },
      { local: join(local, 'id'), final: '/tmp/x/y' },
    ];
    const tree = { ...TREE, 'var/tmp/setup/script': '' };
    const { image, rootfs } = makeSystem({ tree, system: { additionalFiles } });
    await sealSystem(image);
    for (const path of ['etc/ssh/ssh_host_ed25519_key', 'var/tmp/setup/script', 'tmp/x/y']) {
      expect(existsSync(join(rootfs, path)), path).toBe(true);
    }
    expect(existsSync(join(rootfs, 'etc/ssh/ssh_host_ed25519_key.pub'))).toBe(false);
    expect(readFileSync(join(rootfs, 'etc/machine-id'), 'utf8')).toBe('uninitialized\n');
  });

  it('keeps a policy that is a link of a package', async () => {
    const tree = {
      'etc/alternatives/policy-rc.d': '',
      'usr/sbin/policy-rc.d': '-> /etc/alternatives/policy-rc.d',
    };
    const { image, rootfs } = makeSystem({ tree });
    await sealSystem(image);
    expect(lstatSync(join(rootfs, 'usr/sbin/policy-rc.d')).isSymbolicLink()).toBe(true);
  });
});

describe('clampMtimes', () => {
  it('sets later times of files, folders and links back, and no earlier ones', () => {
    const root = makeTree({ 'a/file': '', 'a/link': '-> nowhere', old: '' });
    lutimesSync(join(root, 'old'), 1000, 1000);
    expect(clampMtimes(root, EPOCH)).toBe(4);
    const times = ['', 'a', 'a/file', 'a/link', 'old'].map(
      (path) => lstatSync(join(root, path)).mtimeMs / 1000,
    );
    expect(times).toEqual([EPOCH, EPOCH, EPOCH, EPOCH, 1000]);
    expect(clampMtimes(root, EPOCH)).toBe(0);
  });
});

describe('configureSshHostKeys', () => {
  const UNIT = 'etc/systemd/system/ic-ssh-host-keys.service';
  const OWN_UNIT = 'usr/lib/systemd/system/sshd-keygen.service';
  const cases: [title: string, tree: Tree, isMade: boolean][] = [
    ['a server', { 'usr/sbin/sshd': '' }, true],
    ['no server', {}, false],
    ['a unit of the target’s own', { 'usr/sbin/sshd': '', [OWN_UNIT]: '[Service]\n' }, false],
    [
      'a unit for first boots alone',
      { 'usr/sbin/sshd': '', [OWN_UNIT]: '[Unit]\nConditionFirstBoot=yes\n' },
      true,
    ],
  ];
  it.each(cases)('with %s', async (_, tree, isMade) => {
    const { image, rootfs } = makeSystem({ tree });
    expect(await configureSshHostKeys(image)).toEqual(isMade ? ['ic-ssh-host-keys.service'] : []);
    expect(existsSync(join(rootfs, UNIT))).toBe(isMade);
  });

  it('is done before a server starts, and before cloud-init makes keys itself', async () => {
    const { image, rootfs } = makeSystem({ tree: { 'usr/sbin/sshd': '' } });
    await configureSshHostKeys(image);
    const lines = readFileSync(join(rootfs, UNIT), 'utf8').matchAll(/^Before=(.+)$/gm);
    const later = [...lines].flatMap(([, units = '']) => units.split(' '));
    const names = ['ssh', 'sshd', 'cloud-init', 'cloud-init-network'].map((name) => `${name}.service`);
    expect(later).toEqual(expect.arrayContaining(names));
  });
});
