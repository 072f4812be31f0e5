import { describe, expect, it } from 'vitest';
import { loadExample } from '../config/load-example.test.fixture.js';

const FILES = { 'hooks/a.sh': '#!/bin/sh\n' };

function load(systemConfig: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return loadExample({ ...more, systemConfig }, {}, FILES);
}

const SMALL_DISK = {
  size: '2GiB',
  partitions: [
    { id: 'esp', type: 'esp', fsType: 'vfat', size: '512MiB', mountPoint: '/boot/efi' },
    { id: 'media', fsType: 'erofs', size: '64MiB', mountPoint: '/srv/media' },
    { id: 'root', fsType: 'ext4', mountPoint: '/' },
  ],
};

describe('keys of systemConfig', () => {
  it.each([
    [
      'a gid twice',
      {
        groups: [
          { name: 'a', gid: 5 },
          { name: 'b', gid: 5 },
        ],
      },
      '"a" and "b" both have the gid 5',
    ],
    ['a group twice', { groups: [{ name: 'a' }, { name: 'a' }] }, 'the group "a" is there twice'],
    ['a second root group', { groups: [{ name: 'a', gid: 0 }] }, 'the gid 0 is that of root'],
    [
      'a uid twice',
      {
        users: [
          { name: 'a', uid: 5 },
          { name: 'b', uid: 5 },
        ],
      },
      '"a" and "b" both have the uid 5',
    ],
    ['a second root', { users: [{ name: 'a', uid: 0 }] }, 'the uid 0 is that of root'],
    ['a root that is none', { users: [{ name: 'root', uid: 5 }] }, 'the uid 0 is that of root'],
    [
      'a module on and off',
      { kernelModules: { load: ['a-b'], disable: ['a_b'] } },
      'in both "load" and "disable"',
    ],
    [
      'a hook of two kinds',
      { hooks: { preImage: [{ cmd: 'a', script: 'hooks/a.sh' }] } },
      'either "script" or "cmd"',
    ],
    ['a hook of no kind', { hooks: { preImage: [{}] } }, 'either "script" or "cmd"'],
    [
      'a swap file twice',
      {
        swapFiles: [
          { path: '/a', size: '1MiB' },
          { path: '/a', size: '1MiB' },
        ],
      },
      'there twice',
    ],
  ])('refuse %s', async (_, keys, message) => {
    await expect(load(keys)).rejects.toMatchObject({
      code: 'TEMPLATE_CONFLICT',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['a parameter without a dot', { sysctl: { forwarding: 1 } }, 'is not a parameter of the kernel'],
    ['a value of two lines', { sysctl: { 'net.a': '1\nkernel.b = 2' } }, 'not on one line'],
    [
      'options of two lines',
      { kernelModules: { options: { a: 'b=1\ninstall c /bin/d' } } },
      'not the options',
    ],
    ['options of no module', { kernelModules: { options: { 'a b': 'c' } } }, 'not the options of a module'],
    [
      'a variable with a blank',
      { hooks: { preImage: [{ cmd: 'a', environment: { 'A B': 'c' } }] } },
      'not the name of a variable',
    ],
    ['a tmpfiles line without a path', { tmpfiles: ['d relative'] }, 'does not fit'],
    ['a swap file below its least', { swapFiles: [{ path: '/a', size: '4KiB' }] }, 'too small'],
    ['a swap file of no size', { swapFiles: [{ path: '/a', size: 'much' }] }, 'much'],
  ])('refuse %s', async (_, keys, message) => {
    await expect(load(keys)).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    [{ selinux: { mode: 'permissive' } }, 'quiet security=selinux selinux=1'],
    [{ selinux: { mode: 'enforcing' } }, 'quiet security=selinux selinux=1'],
    [
      { selinux: { mode: 'disabled' }, apparmor: { enabled: true } },
      'quiet selinux=0 security=apparmor apparmor=1',
    ],
    [{ apparmor: { enabled: false } }, 'quiet apparmor=0'],
    [{}, 'quiet'],
  ])('put the state of security modules on the command line: %j', async (keys, cmdline) => {
    const { config } = await load({ ...keys, kernel: { cmdline: 'quiet' } });
    expect(config.system.kernel.cmdline).toBe(cmdline);
  });

  it.each([
    [{ selinux: { mode: 'permissive' }, apparmor: { enabled: true } }, 'either SELinux or AppArmor'],
    [{ selinux: { mode: 'enforcing' }, apparmor: { enabled: true } }, 'either SELinux or AppArmor'],
    [{ selinux: { mode: 'disabled' }, kernel: { cmdline: 'quiet selinux=1' } }, '"selinux=1" is for'],
  ])('refuse security modules that contradict each other: %j', async (keys, message) => {
    await expect(load(keys)).rejects.toMatchObject({
      code: 'TEMPLATE_CONFLICT',
      message: expect.stringContaining(message),
    });
  });

  it('refuse AppArmor of rpm targets', async () => {
    const target = { os: 'azure-linux', dist: 'azl3', arch: 'x86_64', imageType: 'raw' };
    await expect(load({ apparmor: { enabled: false } }, { target })).rejects.toMatchObject({
      code: 'TEMPLATE_UNSUPPORTED',
      message: expect.stringContaining('rpm targets have no AppArmor'),
    });
  });

  it.each([
    [{ path: 'packages' }, 'it is on this machine'],
    [{ url: 'file:///srv/apt', pkey: 'hooks/a.sh' }, 'it is on this machine'],
    [{ url: 'https://a.example', pkey: '[trusted=yes]' }, 'it has no key'],
    [{ url: 'https://user:secret@a.example', pkey: 'hooks/a.sh' }, 'its URL has credentials'],
  ])('refuse to leave a repository in the image: %j', async (repository, message) => {
    const packageRepositories = [{ codename: 'a', keepInImage: true, ...repository }];
    const refused = load({}, { packageRepositories });
    await expect(refused).rejects.toMatchObject({
      code: 'TEMPLATE_CONFLICT',
      message: expect.stringContaining(message),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  it.each([
    ['sha512', `$6$salt$${'a'.repeat(86)}`],
    ['sha256', `$5$salt$${'a'.repeat(43)}`],
    ['yescrypt', `$y$j9T$salt$${'a'.repeat(43)}`],
    ['bcrypt', `$2b$12$${'a'.repeat(53)}`],
  ])('take a ready hash of %s for what it says it is', async (hash_algo, password) => {
    const { config } = await load({ users: [{ name: 'a', password, hash_algo }] });
    expect(config.system.users[0]?.passwordHash).toBe(password);
    const other = hash_algo === 'sha512' ? 'bcrypt' : 'sha512';
    await expect(load({ users: [{ name: 'a', password, hash_algo: other }] })).rejects.toMatchObject({
      code: 'TEMPLATE_CONFLICT',
    });
  });

  it('for people are told in what is loaded', async () => {
    const { config } = await load(
      { name: 'edge', description: 'The edge', kernel: { name: 'cloud' } },
      { metadata: { use_cases: ['Gateways'], keywords: ['edge'] }, disk: { ...SMALL_DISK, name: 'Small' } },
    );
    expect(config).toMatchObject({
      metadata: { useCases: ['Gateways'], keywords: ['edge'] },
      disk: { name: 'Small' },
      system: { name: 'edge', description: 'The edge', kernel: { name: 'cloud' } },
    });
  });

  it('take several keys of one repository', async () => {
    const packageRepositories = [
      { codename: 'a', url: 'https://a.example', pkeys: ['hooks/a.sh', 'https://a.example/b.asc'] },
    ];
    const { config } = await load({}, { packageRepositories });
    expect(config.repositories.at(-1)?.keySources).toEqual([
      expect.stringMatching(/\/hooks\/a\.sh$/),
      'https://a.example/b.asc',
    ]);
  });

  it('name a hook’s script that is not there', async () => {
    await expect(load({ hooks: { firstBoot: [{ script: 'hooks/none.sh' }] } })).rejects.toMatchObject({
      code: 'TEMPLATE_NOT_FOUND',
    });
  });

  it('put swap files into the partition below them, and refuse file systems that cannot have them', async () => {
    const swapFiles = [{ path: '/srv/swap', size: 1_000_000 }];
    const { config } = await load({ swapFiles }, { disk: SMALL_DISK });
    expect(config.disk.partitions.map((partition) => partition.swapFiles)).toEqual([
      undefined,
      undefined,
      [{ path: '/srv/swap', size: 999_424 }],
    ]);
    const inside = [{ path: '/srv/media/swap', size: '1MiB' }];
    await expect(load({ swapFiles: inside }, { disk: SMALL_DISK })).rejects.toMatchObject({
      code: 'TEMPLATE_CONFLICT',
      message: expect.stringContaining('lies on partition "media" with erofs'),
    });
  });

  it('are merged: groups by name, hooks and tmpfiles behind one another', async () => {
    const files = {
      'base.yml': `systemConfig:
  groups: [{ name: a, gid: 5 }]
  tmpfiles: ["d /a"]
  sysctl: { kernel.a: 1, kernel.b: 1 }
  kernelModules: { load: [x, y] }
  hooks: { preImage: [{ cmd: first }] }
`,
    };
    const own = {
      groups: [{ name: 'a', system: true }, { name: 'b' }],
      tmpfiles: ['d /b'],
      sysctl: { 'kernel.b': 2 },
      kernelModules: { disable: ['x'] },
      hooks: { preImage: [{ cmd: 'second' }] },
    };
    const { config } = await loadExample({ extends: 'base.yml', systemConfig: own }, {}, files);
    expect(config.system).toMatchObject({
      groups: [
        { name: 'a', gid: 5, system: true },
        { name: 'b', system: false },
      ],
      tmpfiles: ['d /a', 'd /b'],
      sysctl: { 'kernel.a': '1', 'kernel.b': '2' },
      kernelModules: { load: ['y'], disable: ['x'] },
      hooks: { preImage: [{ run: { cmd: 'first' } }, { run: { cmd: 'second' } }] },
    });
  });
});
