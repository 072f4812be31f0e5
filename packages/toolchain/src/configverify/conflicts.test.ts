import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.js';
import { filesIo, loadExample } from '../config/load-example.test.fixture.js';
import { ToolchainError } from '../errors.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const ESP = { id: 'esp', type: 'esp', size: '64MiB', fsType: 'vfat', mountPoint: '/boot/efi' };
const BIOS = { id: 'bios', type: 'bios', size: '1MiB' };
const ROOT = { id: 'root', fsType: 'ext4', mountPoint: '/' };

async function refusal(keys: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    await loadExample(keys);
    return 'loaded';
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

function disk(partitions: readonly object[], more: object = {}, systemConfig: object = {}) {
  return { disk: { size: '2GiB', partitions, ...more }, systemConfig };
}

function boot(bootType: string, provider: string): object {
  return { bootloader: { bootType, provider } };
}

describe('partitions', () => {
  it.each([
    [
      'two of one id',
      disk([ESP, { id: 'esp', size: '1MiB' }, ROOT]),
      'TEMPLATE_CONFLICT',
      'two partitions have the id "esp"',
    ],
    [
      'two at one place',
      disk([ESP, { ...ESP, id: 'b', mountPoint: '/boot/efi/' }, ROOT]),
      'TEMPLATE_CONFLICT',
      'partitions "esp" and "b" are both mounted at /boot/efi',
    ],
    [
      'two roots',
      disk([ESP, { ...ROOT, size: '1GiB' }, { ...ROOT, id: 'b' }]),
      'TEMPLATE_CONFLICT',
      'partitions "root" and "b" are both mounted at /',
    ],
    [
      'no root',
      disk([ESP, { ...ROOT, mountPoint: '/srv' }]),
      'TEMPLATE_CONFLICT',
      'no partition is mounted at /',
    ],
    [
      'a mount without a file system',
      disk([ESP, ROOT, { id: 'x', mountPoint: '/x', start: '1GiB' }]),
      'TEMPLATE_CONFLICT',
      'partition "x" is mounted at /x but has no file system',
    ],
    [
      'a root of FAT',
      disk([ESP, { ...ROOT, fsType: 'vfat' }]),
      'TEMPLATE_CONFLICT',
      'partition "root" cannot hold the root file system',
    ],
    [
      'end and size',
      disk([{ ...ESP, end: '65MiB' }, ROOT]),
      'TEMPLATE_CONFLICT',
      'partition "esp" has both "end" and "size"',
    ],
    [
      'an end before the start',
      disk([{ ...ESP, start: '80MiB', size: undefined, end: '64MiB' }, ROOT]),
      'TEMPLATE_INVALID',
      'partition "esp" ends before it begins',
    ],
    [
      'no start behind the rest',
      disk([ESP, { ...ROOT, end: '0' }, { id: 'x' }]),
      'TEMPLATE_INVALID',
      'partition "x" has no "start", and the one before it takes the rest of the disk',
    ],
    [
      'what is no size',
      disk([{ ...ESP, size: '64 apples' }, ROOT]),
      'TEMPLATE_INVALID',
      '"64 apples" is not a size',
    ],
    [
      'type and another GUID',
      disk([ESP, { ...ROOT, type: 'linux', typeUUID: '933ac7e1-2eb4-4f13-b844-0e14e2aef915' }]),
      'TEMPLATE_CONFLICT',
      '"typeUUID" is not the GUID of the type "linux"',
    ],
    [
      'a label too long',
      disk([{ ...ESP, fsLabel: 'twelve bytes' }, ROOT]),
      'TEMPLATE_INVALID',
      '"twelve bytes" is too long for a label of vfat',
    ],
    [
      'an index out of range',
      disk([
        { ...ESP, index: 1 },
        { ...ROOT, index: 3 },
      ]),
      'TEMPLATE_CONFLICT',
      'the "index" of 2 partitions must be 1 to 2, each once',
    ],
    [
      'an index twice',
      disk([
        { ...ESP, index: 1 },
        { ...ROOT, index: 1 },
      ]),
      'TEMPLATE_CONFLICT',
      'the "index" of 2 partitions must be 1 to 2, each once',
    ],
    [
      'an index left out',
      disk([{ ...ESP, index: 1 }, ROOT]),
      'TEMPLATE_CONFLICT',
      'the "index" of 2 partitions must be 1 to 2, each once',
    ],
  ])('%s', async (_, keys, code, message) => {
    expect(await refusal(keys)).toMatch(new RegExp(`^${code} t\\.yml:\\d+:\\d+: `));
    expect(await refusal(keys)).toContain(`: ${message}`);
  });

  it('names the very line', async () => {
    const text = `image: { name: t, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }
disk:
  size: 2GiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }
    - id: root
      fsType: ext4
      mountPoint: /
      end: 3 GB?
`;
    await expect(loadConfig({ template: 't.yml' }, filesIo({ 't.yml': text }))).rejects.toThrow(
      't.yml:10:12: "3 GB?" is not a size',
    );
  });

  it('follow each other where no start is given; sizes in units or bytes; the rest', async () => {
    const { config } = await loadExample(
      disk([ESP, { id: 'a', size: 1048576 }, { id: 'b', start: '100MiB', end: '1GiB' }, ROOT]),
    );
    expect(config.disk.size).toBe(2 * GIB);
    expect(
      config.disk.partitions.map(({ id, start, end }) => [
        id,
        start / MIB,
        end === undefined ? end : end / MIB,
      ]),
    ).toEqual([
      ['esp', 1, 65],
      ['a', 65, 66],
      ['b', 100, 1024],
      ['root', 1024, undefined],
    ]);
  });

  it.each([{}, { end: '0' }, { end: 0 }, { size: '0' }, { size: 0 }])(
    'take the rest with %j',
    async (more) => {
      const { config } = await loadExample(disk([ESP, { ...ROOT, ...more }]));
      expect(config.disk.partitions[1]).toMatchObject({ id: 'root', start: 65 * MIB });
      expect(config.disk.partitions[1]?.end).toBeUndefined();
    },
  );

  it('take type and GUID from type, typeUUID, flags or the mount point, in this order', async () => {
    const { config } = await loadExample(
      disk([
        { ...ESP, type: undefined, flags: ['boot', 'esp'] },
        { id: 'a', size: '1MiB', typeUUID: '933AC7E1-2EB4-4F13-B844-0E14E2AEF915' },
        { id: 'b', size: '1MiB', typeUUID: '00000000-0000-4000-8000-000000000001' },
        { id: 'c', size: '1MiB', flags: ['bios_grub'] },
        { id: 'd', size: '1MiB', fsType: 'ext4', mountPoint: '/srv' },
        { id: 'e', size: '1MiB', mountPoint: 'none', fsType: 'ext4' },
        ROOT,
      ]),
    );
    expect(
      config.disk.partitions.map(({ type, typeGuid, mountPoint }) => [
        type,
        typeGuid.slice(0, 8),
        mountPoint,
      ]),
    ).toEqual([
      ['esp', 'c12a7328', '/boot/efi'],
      ['linux-home', '933ac7e1', undefined],
      [undefined, '00000000', undefined],
      ['bios', '21686148', undefined],
      ['linux-srv', '3b8f8425', '/srv'],
      ['linux', '0fc63daf', undefined],
      ['linux-root-amd64', '4f68bce3', '/'],
    ]);
  });

  it('are numbered by index', async () => {
    const { config } = await loadExample(
      disk([
        { ...ESP, index: 2 },
        { ...ROOT, index: 1 },
      ]),
    );
    expect(config.disk.partitions.map(({ id }) => id)).toEqual(['root', 'esp']);
  });

  it('let the last one grow with extendLastPartitionToFillDisk', async () => {
    const { config } = await loadExample(
      disk([ESP, { ...ROOT, end: '1GiB' }], { extendLastPartitionToFillDisk: true }),
    );
    expect(config.disk.partitions.at(-1)).toMatchObject({ id: 'root', grows: true });
    expect(config.disk.partitions.at(-1)?.end).toBeUndefined();
    expect(config.disk.partitions[0]?.grows).toBeUndefined();
  });

  it('bring what lets the last one grow, where a target has it', async () => {
    const growing = disk([ESP, ROOT], { extendLastPartitionToFillDisk: true });
    const on = (os: string, dist: string) =>
      loadExample({ ...growing, target: { os, dist, arch: 'x86_64', imageType: 'raw' } });
    expect((await on('debian', 'debian13')).config.system.packages).toContain('systemd-repart');
    expect((await on('debian', 'debian12')).config.system.packages).not.toContain('systemd-repart');
    await expect(on('azure-linux', 'azl3')).rejects.toThrow(/is not known to bring systemd-repart/);
    const mbr = disk([ROOT], { extendLastPartitionToFillDisk: true, partitionTableType: 'mbr' });
    await expect(loadExample(mbr)).rejects.toThrow(/of an MBR cannot be extended at the first boot/);
  });

  it('follow one another at the alignment, with their sizes as given', async () => {
    const { config } = await loadExample(
      disk(
        [
          { ...ESP, start: undefined, end: undefined, size: '10MiB' },
          { ...ROOT, start: undefined },
        ],
        {
          alignment: '4MiB',
        },
      ),
    );
    const mib = 1024 ** 2;
    expect(config.disk.alignment).toBe(4 * mib);
    expect(config.disk.partitions.map(({ start }) => start / mib)).toEqual([4, 16]);
    expect(config.disk.partitions[0]?.end).toBe(14 * mib);
    await expect(loadExample(disk([ESP, ROOT], { alignment: '512KiB' }))).rejects.toThrow(/whole MiB/);
  });

  it('may be on more disks, with ids, mount points and names of their own', async () => {
    const more = (name: string, partition: object) => ({ name, size: '1GiB', partitions: [partition] });
    const on = (...additionalDisks: object[]) => loadExample(disk([ESP, ROOT], { additionalDisks }));
    const data = { id: 'data', fsType: 'xfs', mountPoint: '/srv' };
    const { config } = await on(more('a', data));
    expect(config.disk.additionalDisks).toMatchObject([
      {
        name: 'a',
        size: 1024 ** 3,
        artifacts: [{ type: 'raw' }],
        partitions: [{ id: 'data', start: 1024 ** 2 }],
      },
    ]);
    expect(config.target.chrootPackages).toContain('xfsprogs');
    const twice = on(more('a', data), more('a', { ...data, id: 'other' }));
    await expect(twice).rejects.toThrow(/"data" and "other" are both mounted at \/srv/);
    await expect(twice).rejects.toThrow(/two additional disks have the name "a"/);
    await expect(on(more('a', { ...data, id: 'root' }))).rejects.toThrow(/two partitions have the id "root"/);
    await expect(on(more('a', { ...data, typo: 1 }))).rejects.toThrow(
      /unknown key "typo" in disk.additionalDisks\[0\].partitions\[0\]/,
    );
    const unknown = disk([ESP, ROOT], { additionalDisks: [more('a', { id: 'x', fsType: 'f2fs' })] });
    const target = { os: 'azure-linux', dist: 'azl3', arch: 'x86_64', imageType: 'raw' };
    await expect(loadExample({ ...unknown, target })).rejects.toThrow(/no programs that make f2fs/);
  });

  it('on more disks are no artifacts of the root file system', async () => {
    const artifacts = [{ type: 'tar' }];
    const data = { name: 'a', size: '1GiB', artifacts, partitions: [{ id: 'data' }] };
    await expect(loadExample(disk([ESP, ROOT], { additionalDisks: [data] }))).rejects.toThrow(
      /"tar" is made of the root file system/,
    );
  });

  it('on more disks hold no swap files', async () => {
    const data = {
      name: 'a',
      size: '1GiB',
      partitions: [{ id: 'data', fsType: 'ext4', mountPoint: '/srv' }],
    };
    const config = disk(
      [ESP, ROOT],
      { additionalDisks: [data] },
      { swapFiles: [{ path: '/srv/s', size: '1MiB' }] },
    );
    await expect(loadExample(config)).rejects.toThrow(/partition "data" of an additional disk/);
  });
});

describe('booting', () => {
  it.each([
    ['efi', [ESP, ROOT], 'systemd-boot'],
    ['legacy', [BIOS, ROOT], 'grub'],
    ['hybrid', [BIOS, ESP, ROOT], 'grub'],
  ])(
    'with bootType: %s takes a loader that can when none is named',
    async (bootType, partitions, provider) => {
      const { config } = await loadExample(disk(partitions, {}, { bootloader: { bootType } }));
      expect(config.system.bootloader).toEqual({ bootType, provider, timeout: 2, shim: false });
    },
  );

  it.each([
    ['efi without an ESP', disk([ROOT]), 'bootType: efi needs an EFI system partition'],
    [
      'an ESP that is no FAT',
      disk([{ ...ESP, fsType: 'ext4' }, ROOT]),
      'firmware reads FAT alone, and the EFI system partition "esp" is not',
    ],
    [
      'an ESP that is mounted nowhere',
      disk([{ ...ESP, mountPoint: undefined }, ROOT]),
      'the EFI system partition "esp" is mounted nowhere',
    ],
    [
      'legacy on GPT without a BIOS boot partition',
      disk([ROOT], {}, boot('legacy', 'grub')),
      'bootType: legacy on a GPT needs a BIOS boot partition',
    ],
    [
      'hybrid without a BIOS boot partition',
      disk([ESP, ROOT], {}, boot('hybrid', 'grub')),
      'bootType: hybrid on a GPT needs a BIOS boot partition',
    ],
    [
      'hybrid without an ESP',
      disk([BIOS, ROOT], {}, boot('hybrid', 'grub')),
      'bootType: hybrid needs an EFI system partition',
    ],
    [
      'hybrid on MBR',
      disk([ESP, ROOT], { partitionTableType: 'mbr' }, boot('hybrid', 'grub')),
      'bootType: hybrid needs a GPT',
    ],
    [
      'systemd-boot for BIOS',
      disk([BIOS, ROOT], {}, boot('legacy', 'systemd-boot')),
      'systemd-boot starts under UEFI alone, it cannot do bootType: legacy',
    ],
    [
      'systemd-boot for both',
      disk([BIOS, ESP, ROOT], {}, boot('hybrid', 'systemd-boot')),
      'systemd-boot starts under UEFI alone, it cannot do bootType: hybrid',
    ],
    [
      'a unified kernel image for GRUB',
      disk([ESP, ROOT], {}, { ...boot('efi', 'grub'), kernel: { uki: true } }),
      'a unified kernel image is started by systemd-boot, and this template boots by GRUB',
    ],
    [
      'counting with GRUB',
      disk([ESP, ROOT], {}, { bootloader: { provider: 'grub', bootCounting: 3 } }),
      'systemd-boot counts boots, GRUB does not',
    ],
    [
      'counting of a default that would be started all the same',
      disk([ESP, ROOT], {}, { bootloader: { bootCounting: 3 }, kernel: { default: '*-cloud-amd64' } }),
      'systemd-boot starts a default kernel even when its tries are used up',
    ],
    [
      'shim before systemd-boot',
      disk([ESP, ROOT], {}, { bootloader: { shim: true } }),
      'the shim of the target starts its signed GRUB',
    ],
    [
      'shim for BIOS',
      disk([BIOS, ROOT], {}, { bootloader: { bootType: 'legacy', shim: true } }),
      'shim is started by UEFI alone',
    ],
    [
      'a splash without a unified kernel image',
      disk([ESP, ROOT], {}, { kernel: { splash: '/etc/hostname' } }),
      'a splash is a part of a unified kernel image, and this template makes none',
    ],
  ])('refuses %s', async (_, keys, message) => {
    expect(await refusal(keys)).toMatch(/^TEMPLATE_CONFLICT t\.yml:\d+:\d+: /);
    expect(await refusal(keys)).toContain(message);
  });

  it.each([
    ['legacy on MBR', disk([ROOT], { partitionTableType: 'mbr' }, boot('legacy', 'grub'))],
    ['legacy on GPT', disk([BIOS, ROOT], {}, boot('legacy', 'grub'))],
    ['hybrid', disk([BIOS, ESP, ROOT], {}, boot('hybrid', 'grub'))],
    ['efi by GRUB', disk([ESP, ROOT], {}, boot('efi', 'grub'))],
  ])('takes %s', async (_, keys) => {
    expect(await refusal(keys)).toBe('loaded');
  });

  it('brings the packages of the boot loader, unless they are excluded', async () => {
    const packages = async (system: object) =>
      (await loadExample(disk([ESP, ROOT], {}, system))).config.system.packages;
    expect(await packages({})).toContain('systemd-boot');
    expect(await packages(boot('efi', 'grub'))).not.toContain('systemd-boot');
    expect(await packages({ excludePackages: ['systemd-boot'] })).not.toContain('systemd-boot');
  });
});

describe('the system', () => {
  it.each([
    [
      'a package wanted and excluded',
      { packages: ['vim'], excludePackages: ['vim'] },
      'TEMPLATE_CONFLICT',
      'the package "vim" is both wanted and excluded',
    ],
    [
      'a kernel wanted and excluded',
      { kernel: { packages: ['k'] }, excludePackages: ['k'] },
      'TEMPLATE_CONFLICT',
      'the package "k" is both wanted and excluded',
    ],
    [
      'a unit on and off',
      { services: { enable: ['a.service'], disable: ['a.service'] } },
      'TEMPLATE_CONFLICT',
      'the unit "a.service" is in both "enable" and "disable"',
    ],
    [
      'a unit on and masked',
      { services: { enable: ['a.service'], mask: ['a.service'] } },
      'TEMPLATE_CONFLICT',
      'the unit "a.service" is in both "enable" and "mask"',
    ],
    [
      'two files at one place',
      {
        additionalFiles: [
          { local: 't.yml', final: '/a' },
          { local: 't.yml', final: '/a' },
        ],
      },
      'TEMPLATE_CONFLICT',
      'two files go to /a',
    ],
    [
      'an interface twice',
      { network: { interfaces: [{ name: 'a' }, { name: 'a' }] } },
      'TEMPLATE_CONFLICT',
      'the interface "a" is there twice',
    ],
    [
      'an address without a prefix',
      { network: { interfaces: [{ name: 'a', addresses: ['10.0.0.1'] }] } },
      'TEMPLATE_INVALID',
      '"10.0.0.1" is not an address with a prefix length',
    ],
    [
      'a prefix too long',
      { network: { interfaces: [{ name: 'a', addresses: ['10.0.0.1/33'] }] } },
      'TEMPLATE_INVALID',
      '"10.0.0.1/33" is not an address',
    ],
    [
      'a name server that is a name',
      { network: { interfaces: [{ name: 'a', nameservers: ['dns.example'] }] } },
      'TEMPLATE_INVALID',
      '"dns.example" is not an IP address',
    ],
    [
      'a route to nowhere',
      { network: { interfaces: [{ name: 'a', routes: [{ to: 'home', via: '10.0.0.1' }] }] } },
      'TEMPLATE_INVALID',
      '"home" is neither "default" nor a network',
    ],
    [
      'a gateway that is none',
      { network: { interfaces: [{ name: 'a', routes: [{ to: 'default', via: '10.0.0.0/8' }] }] } },
      'TEMPLATE_INVALID',
      '"10.0.0.0/8" is not an IP address',
    ],
    [
      'a hash of another algorithm',
      { users: [{ name: 'a', password: `$2b$12$${'a'.repeat(53)}`, hash_algo: 'sha512' }] },
      'TEMPLATE_CONFLICT',
      'the password of "a" is hashed with bcrypt already',
    ],
  ])('refuses %s', async (_, systemConfig, code, message) => {
    expect(await refusal({ systemConfig })).toMatch(new RegExp(`^${code} t\\.yml:\\d+:\\d+: `));
    expect(await refusal({ systemConfig })).toContain(`: ${message}`);
  });

  it('takes addresses of both families', async () => {
    const one = {
      name: 'a',
      addresses: ['10.0.0.2/24', 'fd00::2/64'],
      routes: [{ to: 'default', via: 'fd00::1' }],
      nameservers: ['::1'],
    };
    const { config } = await loadExample({ systemConfig: { network: { interfaces: [one] } } });
    expect(config.system.network.interfaces).toEqual([{ ...one, dhcp4: false, dhcp6: false }]);
  });
});

describe('packageRepositories', () => {
  const ONE = {
    codename: 'stable',
    url: 'https://packages.example.com/apt/',
    pkey: 'https://packages.example.com/key.asc',
  };

  it('become repositories with names of their own', async () => {
    const { config } = await loadExample({
      packageRepositories: [
        {
          ...ONE,
          component: 'main contrib',
          priority: 990,
          allowPackages: ['x*'],
          fingerprints: ['1f89 983e 0081 fde0 18f3  cc96 73a4 f27b 8dd4 7936'],
        },
        { codename: 'stable', url: 'https://other.example.com', pkey: '[trusted=yes]' },
      ],
    });
    expect(config.repositories.slice(2)).toEqual([
      {
        name: 'stable',
        added: true,
        url: 'https://packages.example.com/apt',
        suites: ['stable'],
        components: ['main', 'contrib'],
        keySources: ['https://packages.example.com/key.asc'],
        fingerprints: ['1F89983E0081FDE018F3CC9673A4F27B8DD47936'],
        trusted: false,
        signedIndex: true,
        priority: 990,
        allowPackages: ['x*'],
      },
      expect.objectContaining({
        name: 'stable-2',
        components: ['main'],
        keySources: [],
        trusted: true,
        signedIndex: false,
        priority: 500,
      }),
    ]);
  });

  it.each([
    ['no url', { ...ONE, url: undefined }, 'TEMPLATE_INVALID', 'a repository needs a "url"'],
    ['a placeholder', { ...ONE, url: '<URL>' }, 'TEMPLATE_INVALID', '"<URL>" is not a URL'],
    [
      'another protocol',
      { ...ONE, url: 'ftp://packages.example.com' },
      'TEMPLATE_INVALID',
      '"ftp://packages.example.com" is not a URL',
    ],
    ['no key', { ...ONE, pkey: undefined }, 'TEMPLATE_INVALID', 'the repository "stable" has no key'],
    [
      'a key over http',
      { ...ONE, pkey: 'http://packages.example.com/key.asc' },
      'TEMPLATE_INVALID',
      'comes over http:, where anybody on the way could change it',
    ],
    [
      'unsigned over http',
      { ...ONE, url: 'http://packages.example.com', pkey: '[trusted=yes]' },
      'TEMPLATE_CONFLICT',
      'an unsigned index over http: could be changed by anybody on the way',
    ],
    [
      'an unsigned mirror over http',
      { ...ONE, pkey: '[trusted=yes]', mirrors: ['https://a.example', 'http://b.example'] },
      'TEMPLATE_CONFLICT',
      'an unsigned index over http: could be changed by anybody on the way',
    ],
    ['a mirror that is none', { ...ONE, mirrors: ['here'] }, 'TEMPLATE_INVALID', '"here" is not a URL'],
    [
      'a short fingerprint',
      { ...ONE, fingerprints: ['8DD47936'] },
      'TEMPLATE_INVALID',
      '"8DD47936" is not a full fingerprint',
    ],
  ])('refuses %s', async (_, repository, code, message) => {
    expect(await refusal({ packageRepositories: [repository] })).toMatch(
      new RegExp(`^${code} t\\.yml:\\d+:\\d+: `),
    );
    expect(await refusal({ packageRepositories: [repository] })).toContain(message);
  });
});

describe('packageRepositories without an index', () => {
  it('become repositories of files, their paths counted from the template', async () => {
    const packages = ['a.deb', 'https://packages.example.com/b.deb'];
    const { config } = await loadExample({
      packageRepositories: [{ codename: 'ours', path: 'packages', packages, priority: 990 }],
    });
    expect(config.repositories.at(-1)).toMatchObject({
      ...{ name: 'ours', url: 'local:', suites: [], trusted: true, signedIndex: false, priority: 990 },
      packageFiles: [
        expect.stringMatching(/^\/.*\/packages$/),
        expect.stringMatching(/^\/.*\/a\.deb$/),
        'https://packages.example.com/b.deb',
      ],
    });
  });

  it('of the rpm family have a key where the template names one', async () => {
    const one = { codename: 'ours', path: 'packages', pkey: 'https://packages.example.com/key.asc' };
    const { config } = await loadExample({
      target: { os: 'azure-linux', dist: 'azl3', arch: 'x86_64', imageType: 'raw' },
      packageRepositories: [one],
    });
    expect(config.repositories.at(-1)).toMatchObject({ trusted: false, keySources: [one.pkey] });
  });

  it.each([
    ['with a url', { url: 'https://packages.example.com' }, '"url" is for one'],
    ['with a component', { component: 'main' }, '"component" is for one'],
    ['with a key, of deb', { pkey: 'https://packages.example.com/key.asc' }, 'deb packages are not signed'],
    ['over http', { packages: ['http://packages.example.com/b.deb'] }, 'is neither a path nor an https:'],
  ])('are refused %s', async (_, one, message) => {
    const said = await refusal({ packageRepositories: [{ codename: 'ours', path: 'packages', ...one }] });
    expect(said).toContain(message);
  });
});

describe('packageRepositories of an rpm target', () => {
  const AZL = { os: 'azure-linux', dist: 'azl3', arch: 'x86_64', imageType: 'raw' };
  const KEY = 'https://r.example/key';
  const load = async (one: object, target: object = AZL) =>
    (await loadExample({ target, packageRepositories: [{ codename: 'tools/9', pkey: KEY, ...one }] })).config
      .repositories;

  it('are named by their codename, and have neither suites nor components', async () => {
    expect((await load({ url: 'https://r.example/rpm/' }))[1]).toMatchObject({
      name: 'tools-9',
      url: 'https://r.example/rpm',
      suites: [],
      components: [],
      priority: 500,
    });
  });

  it.each<[string, object, object]>([
    [
      'mirrorList',
      { mirrorList: 'https://m.example/list?a=b' },
      { url: '', mirrorSource: { kind: 'mirrorlist', url: 'https://m.example/list?a=b' } },
    ],
    [
      'metalink beside url',
      { url: 'https://r.example', metalink: 'https://m.example/m' },
      { url: 'https://r.example', mirrorSource: { kind: 'metalink', url: 'https://m.example/m' } },
    ],
    [
      'globs',
      { url: 'https://r.example', allowPackages: ['a*'], excludePackages: ['ab*', 'ac'] },
      { allowPackages: ['a*'], excludePackages: ['ab*', 'ac'] },
    ],
    [
      'a date',
      { url: 'https://r.example', snapshotTime: '2026-02-28' },
      { snapshotTime: '2026-02-28T00:00:00.000Z' },
    ],
    [
      'a time elsewhere',
      { url: 'https://r.example', snapshotTime: '2026-02-28T01:30+02:00' },
      { snapshotTime: '2026-02-27T23:30:00.000Z' },
    ],
  ])('%s', async (_, one, expected) => {
    expect((await load(one))[1]).toMatchObject(expected);
  });

  it('target.snapshotTime is for the repositories of the target alone', async () => {
    const all = await load({ url: 'https://r.example' }, { ...AZL, snapshotTime: '2026-02-28T12:00:00Z' });
    expect(all.map(({ snapshotTime }) => snapshotTime)).toEqual(['2026-02-28T12:00:00.000Z', undefined]);
  });

  it.each<[string, object, string, string]>([
    ['a component', { url: 'https://r.example', component: 'main' }, 'TEMPLATE_UNSUPPORTED', 'no components'],
    [
      'two lists',
      { mirrorList: 'https://m.example', metalink: 'https://m.example' },
      'TEMPLATE_CONFLICT',
      'either "mirrorList" or "metalink"',
    ],
    ['neither', {}, 'TEMPLATE_INVALID', 'a repository needs a "url"'],
    ['no URL', { mirrorList: '<URL>' }, 'TEMPLATE_INVALID', '"<URL>" is not a URL'],
    [
      'mirrors of a list of mirrors',
      { mirrorList: 'https://m.example', mirrors: ['https://a.example'] },
      'TEMPLATE_CONFLICT',
      '"mirrors" stand beside a "url"',
    ],
    ['ftp', { metalink: 'ftp://m.example' }, 'TEMPLATE_INVALID', '"ftp://m.example" is not a URL'],
    [
      'an unsigned index from servers that anybody may name',
      { mirrorList: 'http://m.example', pkey: '[trusted=yes]' },
      'TEMPLATE_CONFLICT',
      'a list of servers over http:',
    ],
    [
      'a day that there is not',
      { url: 'https://r.example', snapshotTime: '2026-02-29' },
      'TEMPLATE_INVALID',
      '"2026-02-29" is not a time that there is',
    ],
    [
      'a time without a zone',
      { url: 'https://r.example', snapshotTime: '2026-02-28T12:00' },
      'TEMPLATE_INVALID',
      'snapshotTime is "2026-02-28T12:00", which does not fit',
    ],
  ])('refuses %s', async (_, one, code, message) => {
    const said = await refusal({ target: AZL, packageRepositories: [{ codename: 'a', pkey: KEY, ...one }] });
    expect(said).toMatch(new RegExp(`^${code} t\\.yml:\\d+:\\d+: `));
    expect(said).toContain(message);
  });

  it.each<[string, unknown]>([
    ['excludePackages', ['a']],
    ['mirrorList', 'https://m.example'],
    ['metalink', 'https://m.example'],
    ['snapshotTime', '2026-02-28'],
  ])('%s is refused for a deb target, where it stands', async (key, value) => {
    const one = { codename: 'a', url: 'https://r.example', pkey: KEY, [key]: value };
    const said = await refusal({ packageRepositories: [one] });
    expect(said).toMatch(/^TEMPLATE_UNSUPPORTED t\.yml:1[0-9]:\d+: /);
    expect(said).toContain(`"packageRepositories.${key}" is not supported: it is for rpm repositories`);
  });

  it('target.snapshotTime is refused for a deb target', async () => {
    const target = { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' };
    const said = await refusal({ target: { ...target, snapshotTime: '2026-02-28' } });
    expect(said).toContain('"target.snapshotTime" is not supported: it is for rpm repositories');
  });
});
