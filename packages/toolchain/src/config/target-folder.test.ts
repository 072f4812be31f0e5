import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from './load-config.js';
import { filesIo, loadExample } from './load-example.test.fixture.js';
import { nodeIo } from './node-io.js';
import { SHIPPED_TARGETS } from './target-folder.js';

const DEB_TARGETS = [
  ['debian', 'debian12'],
  ['debian', 'debian13'],
  ['wind-river-elxr', 'elxr12'],
] as const;
const RPM_TARGETS = [
  ['azure-linux', 'azl3'],
  ['edge-microvisor-toolkit', 'emt3'],
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

const OWN_RPM = `title: Ours
family: rpm
osRelease: { id: ours }
architectures: { x86_64: x86_64 }
repositories:
  - { name: ours, url: "https://ours.example/{arch}", keySources: [keys/ours.asc] }
`;
const OWN_DEFAULTS = {
  'own/ours/ours1/defaults/raw.yml':
    'disk: { size: 1GiB, partitions: [{ id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }, { id: root, fsType: ext4, mountPoint: / }] }\nsystemConfig: { hostname: ours }\n',
};

describe('the shipped targets', () => {
  it('are these', async () => {
    const found = [];
    for (const os of await readdir(SHIPPED_TARGETS)) {
      for (const dist of await readdir(join(SHIPPED_TARGETS, os))) found.push([os, dist]);
    }
    expect(found.sort()).toEqual([...DEB_TARGETS, ...RPM_TARGETS].sort());
  });

  it.each(DEB_TARGETS)('%s/%s: a template that only names it gives a whole config', async (os, dist) => {
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
    // Other units are enabled by their packages, which a template may exclude.
    expect(config.system.services.enable).toEqual(['systemd-networkd.service']);
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

  it.each(RPM_TARGETS)('%s/%s: a template that only names it gives a whole config', async (os, dist) => {
    const { config } = await loadExample(target(os, dist));
    expect(config.target).toMatchObject({ family: 'rpm', packageArchitecture: 'x86_64' });
    expect(config.target.chrootPackages).toEqual(
      expect.arrayContaining(['core-packages-container', 'coreutils', 'e2fsprogs', 'mtools', 'grub2-pc']),
    );
    expect(config.disk.partitions.map(({ id, mountPoint, end }) => [id, mountPoint, end])).toEqual([
      ['boot', '/boot/efi', 513 * 1024 ** 2],
      ['rootfs', '/', 2561 * 1024 ** 2],
      ['roothashmap', undefined, 3061 * 1024 ** 2],
      ['userdata', '/opt', undefined],
    ]);
    expect(config.system.bootloader.provider).toBe('systemd-boot');
    expect(config.system.kernel.uki).toBe(true);
    const uki = async (systemConfig: object) =>
      (await loadExample({ ...target(os, dist), systemConfig })).config.system.kernel.uki;
    expect(await uki({ kernel: { uki: false } })).toBe(false);
    expect(await uki({ bootloader: { provider: 'grub' } })).toBe(false);
    expect(config.system.kernel.cmdline).toContain('console=ttyS0,115200 console=tty0');
    expect(config.system.packages).toEqual(
      expect.arrayContaining(['systemd-boot', 'systemd-ukify', 'core-packages-base-image', 'initramfs']),
    );
    expect(config.system.network.interfaces).toMatchObject([{ name: 'e*', dhcp4: true }]);
    expect(config.system.users).toEqual([]);
  });

  it('azl3 proves index and packages with one key, which lies beside the index', async () => {
    const { config } = await loadExample(target('azure-linux', 'azl3'));
    const url = 'https://packages.microsoft.com/azurelinux/3.0/prod/base/x86_64';
    expect(config.repositories).toMatchObject([
      {
        name: 'azl3',
        url,
        keySources: [`${url}/repodata/repomd.xml.key`],
        fingerprints: ['2BC94FFF7015A5F28F1537AD0CD9FED33135CE90'],
        signedIndex: true,
      },
    ]);
    expect(config.system.kernel).toMatchObject({
      packages: ['kernel'],
      extraModules: ['usbcore?', 'usb-common?'],
    });
  });

  it('azl3 is offered for aarch64 too: other folders, partition types and tools', async () => {
    const { config } = await loadExample({
      target: { os: 'azure-linux', dist: 'azl3', arch: 'aarch64', imageType: 'raw' },
    });
    expect(config.target).toMatchObject({ arch: 'aarch64', packageArchitecture: 'aarch64' });
    expect(config.target.chrootPackages).toContain('grub2-efi');
    expect(config.target.chrootPackages).not.toContain('grub2-pc');
    expect(config.repositories[0]?.url).toMatch(/\/base\/aarch64$/);
    expect(config.repositories[0]?.keySources[0]).toMatch(/\/aarch64\/repodata\/repomd\.xml\.key$/);
    expect(config.disk.partitions[1]?.type).toBe('linux-root-arm64');
  });

  it('emt3 has an index that nobody signs, packages that one key does, and one architecture', async () => {
    const { config } = await loadExample(target('edge-microvisor-toolkit', 'emt3'));
    expect(config.repositories).toMatchObject([
      {
        name: 'emt3',
        signedIndex: false,
        trusted: false,
        fingerprints: ['84910237BDFAAD16C4F9D44411FF864ABDCE8692'],
      },
    ]);
    expect(config.system.kernel.packages).toEqual(['kernel-drivers-gpu']);
    const dropIn = config.system.additionalFiles.find(({ final }) => final.includes('wait-online'));
    expect(await nodeIo.readFile(dropIn?.local ?? '')).toContain('systemd-networkd-wait-online --any');
    const arm = { os: 'edge-microvisor-toolkit', dist: 'emt3', arch: 'aarch64', imageType: 'raw' };
    await expect(loadExample({ target: arm })).rejects.toMatchObject({ code: 'TEMPLATE_UNSUPPORTED' });
  });

  it.each(DEB_TARGETS.filter(([os]) => os === 'debian'))(
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
    const files = { 'own/ours/ours1/target.yml': OWN, ...OWN_DEFAULTS };
    const { config } = await loadExample(target('ours', 'ours1'), { targetFolders: ['own'] }, files);
    expect(config.system.hostname).toBe('ours');
  });

  it('bring the programs of file systems only to templates that use them', async () => {
    const disk = (...fsTypes: readonly string[]) => ({
      size: '1GiB',
      partitionTableType: 'mbr',
      partitions: [
        { id: 'root', fsType: 'ext4', size: '100MiB', mountPoint: '/' },
        ...fsTypes.map((fsType) => ({ id: fsType, fsType, size: '10MiB', mountPoint: `/${fsType}` })),
      ],
    });
    const load = async (own: string, ...fsTypes: readonly string[]) =>
      loadExample(
        {
          disk: disk(...fsTypes),
          systemConfig: { bootloader: { bootType: 'legacy', provider: 'grub' } },
        },
        { targetFolders: ['own'] },
        { 'own/debian/debian12/target.yml': own },
      );
    const own = `${OWN}fileSystemPackages: { squashfs: [squashfs-tools] }\n`;
    expect((await load(own, 'ext3')).config.target.chrootPackages).toEqual([]);
    expect((await load(own, 'squashfs')).config.target.chrootPackages).toEqual(['squashfs-tools']);
    await expect(load(own, 'squashfs', 'erofs')).rejects.toMatchObject({
      code: 'TEMPLATE_UNSUPPORTED',
      message: expect.stringContaining(
        'Ours has no programs that make erofs, which partition "erofs" asks for',
      ),
    });
  });

  it('bring shim and a signed GRUB to those that ask, where there are such', async () => {
    const shim = { systemConfig: { bootloader: { provider: 'grub', shim: true } } };
    const { config } = await loadExample(shim);
    expect(config.system.packages).toEqual(
      expect.arrayContaining(['grub2-common', 'shim-signed', 'grub-efi-amd64-signed']),
    );
    const elxr = { os: 'wind-river-elxr', dist: 'elxr12', arch: 'x86_64', imageType: 'raw' };
    await expect(loadExample({ target: elxr, ...shim })).rejects.toMatchObject({
      code: 'TEMPLATE_UNSUPPORTED',
      message: expect.stringContaining('no package of Wind River eLxr 12 (aria) that is known here'),
    });
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

  it('may accept weak signatures for a repository, and for that alone', async () => {
    const own = OWN_RPM.replace('keySources', 'weakDigests: true, keySources');
    const files = { 'own/ours/ours1/target.yml': own, ...OWN_DEFAULTS };
    const more = {
      packageRepositories: [
        { codename: 'more', url: 'https://more.example', pkey: 'https://more.example/key' },
      ],
    };
    const { config } = await loadExample(
      { ...target('ours', 'ours1'), ...more },
      { targetFolders: ['own'] },
      files,
    );
    expect(config.repositories.map(({ weakDigests }) => weakDigests)).toEqual([true, undefined]);
  });

  it('may ask a server for mirrors in place of a URL', async () => {
    const own = OWN_RPM.replace(
      'url: "https://ours.example/{arch}"',
      'mirrorSource: { kind: metalink, url: "https://mirrors.example/metalink?arch={arch}" }',
    );
    const files = { 'own/ours/ours1/target.yml': own, ...OWN_DEFAULTS };
    const { config } = await loadExample(target('ours', 'ours1'), { targetFolders: ['own'] }, files);
    expect(config.repositories).toMatchObject([
      { url: '', mirrorSource: { kind: 'metalink', url: 'https://mirrors.example/metalink?arch=x86_64' } },
    ]);
  });

  it.each<[string, string, string, string]>([
    ['no place', 'url: "https://ours.example/{arch}", ', '', '6:5: repositories[0] lacks the key "url"'],
    ['a suite', 'keySources', 'suites: [one], keySources', '6:55: repositories[0].suites is not for'],
    [
      'a component',
      'keySources',
      'components: [a], keySources',
      '6:55: repositories[0].components is not for',
    ],
  ])('TARGET_INVALID for an rpm repository with %s', async (_, from, to, message) => {
    const files = { 'own/ours/ours1/target.yml': OWN_RPM.replace(from, to) };
    await expect(
      loadExample(target('ours', 'ours1'), { targetFolders: ['own'] }, files),
    ).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining(`own/ours/ours1/target.yml:${message}`),
    });
  });

  it('TARGET_INVALID for a deb repository with a mirror source', async () => {
    const own = OWN.replace(
      'keySources',
      'mirrorSource: { kind: metalink, url: "https://m.example" }, keySources',
    );
    await expect(
      loadExample(target('ours', 'ours1'), { targetFolders: ['own'] }, { 'own/ours/ours1/target.yml': own }),
    ).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining('repositories[0].mirrorSource is not for repositories of this family'),
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
      hint: expect.stringContaining(
        'azure-linux/azl3, debian/debian12, debian/debian13, edge-microvisor-toolkit/emt3, ours/ours1, wind-river-elxr/elxr12',
      ),
    });
  });
});

describe('examples/', () => {
  it('load, every one, under names that tell them apart', async () => {
    const files = (await readdir(EXAMPLES, { recursive: true })).filter((name) => name.endsWith('.yml'));
    const loaded = await Promise.all(
      files.map((name) => loadConfig({ template: join(EXAMPLES, name) }, filesIo({}))),
    );
    const names = loaded.map(({ config }) => config.image.name);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names).size).toBe(names.length);
    files.forEach((file, index) => {
      expect(names[index]).toMatch(new RegExp(`^${dirname(file)}-`));
    });
  });
});
