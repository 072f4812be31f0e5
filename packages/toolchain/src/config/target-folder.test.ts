import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from './load-config.js';
import { filesIo, loadExample } from './load-example.test.fixture.js';
import { nodeIo } from './node-io.js';
import { SHIPPED_TARGETS } from './target-folder.js';

const TARGETS = [
  ['debian', 'debian12'],
  ['debian', 'debian13'],
  ['wind-river-elxr', 'elxr12'],
] as const;
const EXAMPLES = resolve(SHIPPED_TARGETS, '../../../examples');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

function target(os: string, dist: string) {
  return { target: { os, dist, arch: 'x86_64', imageType: 'raw' } };
}

const OWN = `title: Ours
family: deb
osRelease: { id: ours }
architectures: { x86_64: amd64 }
repositories:
  - { name: ours, url: "https://ours.example/{arch}/", suites: [one], components: [main], keySources: [keys/ours.asc] }
`;

describe('the shipped targets', () => {
  it('are these', async () => {
    const found = [];
    for (const os of await readdir(SHIPPED_TARGETS)) {
      for (const dist of await readdir(join(SHIPPED_TARGETS, os))) found.push([os, dist]);
    }
    expect(found.sort()).toEqual(TARGETS);
  });

  it.each(TARGETS)('%s/%s: a template that only names it gives a whole config', async (os, dist) => {
    const { config } = await loadExample(target(os, dist));
    expect(config.target).toMatchObject({ family: 'deb', packageArchitecture: 'amd64' });
    expect(config.target.chrootPackages).toEqual(
      expect.arrayContaining(['e2fsprogs', 'dosfstools', 'mtools']),
    );
    expect(config.disk.partitions.map(({ mountPoint }) => mountPoint)).toEqual(
      expect.arrayContaining(['/', '/boot/efi']),
    );
    expect(config.system.kernel.packages).toEqual(['linux-image-amd64']);
    expect(config.system.kernel.cmdline).toContain('console=ttyS0,115200 console=tty0');
    expect(config.system.packages).toEqual(
      expect.arrayContaining(['systemd-boot', 'openssh-server', 'systemd-resolved']),
    );
    expect(config.system.network.interfaces).toMatchObject([{ name: 'e*', dhcp4: true }]);
    expect(config.system.users).toEqual([]);
    for (const repository of config.repositories)
      expect(repository).toMatchObject({ trusted: false, signedIndex: true });
  });

  it('elxr12 keeps room for the hash tree and for data, and leaves its key open', async () => {
    const { config } = await loadExample(target('wind-river-elxr', 'elxr12'));
    expect(
      config.disk.partitions.map(({ id, type, fsType, mountPoint }) => [id, type, fsType, mountPoint]),
    ).toEqual([
      ['boot', 'esp', 'vfat', '/boot/efi'],
      ['rootfs', 'linux-root-amd64', 'ext4', '/'],
      ['roothashmap', 'linux-root-amd64-verity', 'none', undefined],
      ['userdata', 'linux', 'ext4', '/opt'],
    ]);
    expect(config.disk.artifacts).toEqual([{ type: 'raw', compression: 'gz' }]);
    expect(config.repositories).toMatchObject([{ name: 'elxr', fingerprints: [] }]);
  });

  it.each(TARGETS.filter(([os]) => os === 'debian'))(
    '%s/%s: the image asks the same servers and suites as the build',
    async (os, dist) => {
      const { config } = await loadExample(target(os, dist));
      const sources = config.system.additionalFiles.find(({ final }) => final.endsWith('debian.sources'));
      const paragraphs = (await nodeIo.readFile(sources?.local ?? ''))
        .trim()
        .split('\n\n')
        .map((text) => parse(text) as Record<string, string>);
      expect(paragraphs.map((one) => [one.URIs, one.Suites?.split(' '), one.Components?.split(' ')])).toEqual(
        config.repositories.map(({ url, suites, components }) => [url, suites, components]),
      );
      expect(config.repositories.every(({ hostMirror }) => hostMirror === true)).toBe(true);
    },
  );

  const gpg = existsSync(KEYRING) && spawnSync('gpg', ['--version']).status === 0;
  it.skipIf(!gpg)(
    'Debian: the pinned keys are those of the same release in the installed keyring',
    async () => {
      const text = execFileSync('gpg', ['--show-keys', '--with-colons', KEYRING], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString();
      const owners = new Map(
        text
          .split('\npub:')
          .map((block) => [
            /^fpr:+([0-9A-F]+):/m.exec(block)?.[1] ?? '',
            /^uid:(?:[^:]*:){8}([^:]*)/m.exec(block)?.[1] ?? '',
          ]),
      );
      for (const [dist, release] of [
        ['debian12', '12/bookworm'],
        ['debian13', '13/trixie'],
      ] as const) {
        const { config } = await loadExample(target('debian', dist));
        const [archive, security] = config.repositories.map(({ fingerprints }) =>
          fingerprints.map((one) => owners.get(one)),
        );
        expect(archive).toEqual([
          expect.stringContaining(`Debian Archive Automatic Signing Key (${release})`),
          expect.stringContaining(`Debian Stable Release Key (${release})`),
        ]);
        expect(security).toEqual([
          expect.stringContaining(`Debian Security Archive Automatic Signing Key (${release})`),
        ]);
      }
    },
  );
});

describe('targetFolders', () => {
  it('are searched first, paths in them are relative to them, defaults may be missing', async () => {
    const { config } = await loadExample(
      {
        ...target('debian', 'debian12'),
        disk: {
          size: '1GiB',
          partitions: [{ id: 'root', fsType: 'ext4', mountPoint: '/' }],
          partitionTableType: 'mbr',
        },
        systemConfig: { bootloader: { bootType: 'legacy', provider: 'grub' } },
      },
      { targetFolders: ['nowhere', 'own'] },
      { 'own/debian/debian12/target.yml': OWN },
    );
    expect(config.target).toMatchObject({ osReleaseId: 'ours', chrootPackages: [] });
    expect(config.repositories).toMatchObject([{ url: 'https://ours.example/x86_64', priority: 500 }]);
    expect(relative('own/debian/debian12', config.repositories[0]?.keySources[0] ?? '')).toBe(
      'keys/ours.asc',
    );
    expect(config.system).toMatchObject({
      hostname: 'debian12',
      timezone: 'UTC',
      locale: 'C.UTF-8',
      keyboard: { layout: 'us' },
    });
  });

  it('may hold distributions that nobody ships', async () => {
    const files = {
      'own/ours/ours1/target.yml': OWN,
      'own/ours/ours1/defaults/raw.yml':
        'disk: { size: 1GiB, partitions: [{ id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }, { id: root, fsType: ext4, mountPoint: / }] }\nsystemConfig: { hostname: ours }\n',
    };
    const { config } = await loadExample(target('ours', 'ours1'), { targetFolders: ['own'] }, files);
    expect(config.system.hostname).toBe('ours');
  });

  it('TARGET_INVALID with its place', async () => {
    const files = { 'own/ours/ours1/target.yml': OWN.replace('family: deb', 'family: dep') };
    await expect(
      loadExample(target('ours', 'ours1'), { targetFolders: ['own'] }, files),
    ).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      message:
        'own/ours/ours1/target.yml:2:9: family is "dep", but must be one of deb, rpm; did you mean "deb"?',
    });
  });

  it('TARGET_UNKNOWN names the nearest and all', async () => {
    const files = { 'own/ours/ours1/target.yml': OWN };
    await expect(
      loadExample(target('debian', 'debian11'), { targetFolders: ['own'] }, files),
    ).rejects.toMatchObject({
      code: 'TARGET_UNKNOWN',
      message: expect.stringMatching(
        /^t\.yml:\d+:\d+: there is no target debian\/debian11; did you mean debian\/debian12\?$/,
      ),
      hint: expect.stringContaining('debian/debian12, debian/debian13, ours/ours1, wind-river-elxr/elxr12'),
    });
  });
});

describe('examples/', () => {
  it('load, every one', async () => {
    const files = (await readdir(EXAMPLES, { recursive: true }))
      .filter((name) => name.endsWith('.yml'))
      .sort();
    const loaded = await Promise.all(
      files.map((name) => loadConfig({ template: join(EXAMPLES, name) }, filesIo({}))),
    );
    expect(
      loaded.map(({ config }, index) => [files[index], config.image.name, config.system.bootloader.bootType]),
    ).toEqual([
      ['debian-12/hybrid-grub.yml', 'debian-12-hybrid', 'hybrid'],
      ['debian-12/legacy-bios.yml', 'debian-12-bios', 'legacy'],
      ['debian-12/minimal-raw.yml', 'debian-12-minimal', 'efi'],
      ['debian-13/minimal-raw.yml', 'debian-13-minimal', 'efi'],
      ['elxr-12/default-raw.yml', 'elxr-12-default', 'efi'],
      ['elxr-12/minimal-raw.yml', 'elxr-12-minimal', 'efi'],
    ]);
  });
});
