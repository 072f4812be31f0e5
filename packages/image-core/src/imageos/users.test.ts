import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRoot, makeSystem, makeUser, type Tree } from './image-fixture.test.helper.js';
import { checkLoginPrograms, configureUsers } from './users.js';

const TREE: Tree = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  'etc/shadow': 'root:*:20779:0:99999:7:::\n',
  'etc/group': 'root:x:0:\nsudo:x:27:\nwheel:x:10:\n',
  'etc/shells': '/bin/bash\n/bin/sh\n',
  'etc/skel/.profile': 'profile',
  'etc/skel/bin/tool': 'tool',
  'etc/skel/link': '-> .profile',
  root: null,
  'usr/bin/sudo': '',
  'etc/sudoers': '%sudo ALL=(ALL:ALL) ALL\n',
};

describe('configureUsers', () => {
  it.skipIf(!isRoot)('makes a home from /etc/skel with keys, all of it the user’s', async () => {
    const users = [
      makeUser('alice', { sshAuthorizedKeys: ['ssh-ed25519 AAAA alice ', 'ssh-rsa BBBB'], sudo: true }),
    ];
    const { image, rootfs } = makeSystem({ tree: TREE, system: { users } });
    await configureUsers(image);
    const home = join(rootfs, 'home/alice');
    const modes = ['', '.ssh', '.ssh/authorized_keys', '.profile', 'bin', 'bin/tool'].map((path) => {
      const { uid, gid, mode } = statSync(join(home, path));
      expect([uid, gid], path).toEqual([1000, 1000]);
      return (mode & 0o777).toString(8);
    });
    expect(modes.slice(0, 3)).toEqual(['700', '700', '600']);
    expect(statSync(join(rootfs, 'home')).uid).toBe(0);
    expect(readFileSync(join(home, '.ssh/authorized_keys'), 'utf8')).toBe(
      'ssh-ed25519 AAAA alice\nssh-rsa BBBB\n',
    );
    expect(readFileSync(join(home, 'link'), 'utf8')).toBe('profile');
    expect(readFileSync(join(rootfs, 'etc/group'), 'utf8')).toContain('sudo:x:27:alice\n');
  });

  it.skipIf(!isRoot)('leaves a home that is there, but adds keys', async () => {
    const users = [makeUser('root', { home: '/root', sshAuthorizedKeys: ['ssh-ed25519 AAAA'] })];
    const { image, rootfs } = makeSystem({ tree: { ...TREE, 'root/.profile': 'own' }, system: { users } });
    await configureUsers(image);
    expect(readFileSync(join(rootfs, 'root/.profile'), 'utf8')).toBe('own');
    expect(readFileSync(join(rootfs, 'root/.ssh/authorized_keys'), 'utf8')).toBe('ssh-ed25519 AAAA\n');
  });

  it.skipIf(!isRoot)('gives the RPM family’s group its right where sudoers does not', async () => {
    const users = [makeUser('alice', { sudo: true })];
    const tree = { ...TREE, 'etc/sudoers': '# %wheel ALL=(ALL) ALL\n' };
    const { image, rootfs } = makeSystem({ tree, system: { users }, family: 'rpm' });
    await configureUsers(image);
    const path = join(rootfs, 'etc/sudoers.d/50-administrators');
    expect(readFileSync(path, 'utf8')).toBe('%wheel ALL=(ALL:ALL) ALL\n');
    expect(statSync(path).mode & 0o777).toBe(0o440);
    expect(readFileSync(join(rootfs, 'etc/group'), 'utf8')).toContain('wheel:x:10:alice\n');
  });

  it.skipIf(!isRoot).each([
    ['deb', 'wheel:x:10:\n', 'wheel'],
    ['rpm', 'sudo:x:27:\n', 'sudo'],
    ['rpm', 'sudo:x:27:\nwheel:x:28:\n', 'wheel'],
  ] as const)('%s with the groups %j: %s is that of administrators', async (family, groups, group) => {
    const users = [makeUser('alice', { sudo: true })];
    const tree = { ...TREE, 'etc/group': `root:x:0:\n${groups}` };
    const { image, rootfs } = makeSystem({ tree, system: { users }, family });
    await configureUsers(image);
    expect(readFileSync(join(rootfs, 'etc/group'), 'utf8')).toMatch(
      new RegExp(`^${group}:x:\\d+:alice$`, 'm'),
    );
  });

  const { 'usr/bin/sudo': _sudo, ...withoutSudo } = TREE;
  const { 'etc/shadow': _shadow, ...withoutShadow } = TREE;
  const refused: [title: string, user: object, tree: Tree, message: string][] = [
    ['a name that is a number', { name: '1000' }, TREE, 'a name has'],
    ['a name with a colon', { name: 'a:b' }, TREE, 'a name has'],
    ['a hash that would be two fields', { passwordHash: '$6$a:0' }, TREE, 'password hash'],
    ['an empty hash, which asks for no password', { passwordHash: '' }, TREE, 'password hash'],
    ['a home with a line break', { home: '/home/a\nb:x:0:0' }, TREE, 'absolute path'],
    ['a relative home', { home: 'home/a' }, TREE, 'absolute path'],
    ['a home that climbs', { home: '/home/../etc' }, TREE, 'absolute path'],
    ['a shell with a colon', { shell: '/bin/sh:x' }, TREE, 'absolute path'],
    ['a key of two lines', { sshAuthorizedKeys: ['ssh-rsa A\nssh-rsa B'] }, TREE, 'one line'],
    ['sudo without the package', { sudo: true }, withoutSudo, 'sudo is not in the image'],
    ['users without account files', {}, withoutShadow, 'no account files'],
  ];
  it.each(refused)('refuses %s', async (_, user, tree, message) => {
    const { image } = makeSystem({ tree, system: { users: [makeUser('alice', user)] } });
    await expect(configureUsers(image)).rejects.toMatchObject({
      code: 'USER_INVALID',
      fault: 'request',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });
});

describe('checkLoginPrograms', () => {
  it('names shells that are near', async () => {
    const { image } = makeSystem({ tree: TREE, system: { users: [makeUser('a', { shell: '/bin/bahs' })] } });
    await expect(checkLoginPrograms(image)).rejects.toMatchObject({
      code: 'USER_INVALID',
      hint: expect.stringContaining('/bin/bash'),
    });
  });

  it('takes a start-up script only when it can be run', async () => {
    const users = [makeUser('a', { startupScript: '/etc/skel/.profile' })];
    const { image } = makeSystem({ tree: TREE, system: { users } });
    await expect(checkLoginPrograms(image)).rejects.toMatchObject({
      message: expect.stringContaining('start-up script'),
    });
  });
});
