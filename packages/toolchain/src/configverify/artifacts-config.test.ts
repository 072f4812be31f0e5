import { describe, expect, it } from 'vitest';
import { loadExample } from '../config/load-example.test.fixture.js';
import { ToolchainError } from '../errors.js';

const disk = (artifacts: readonly object[]) => ({
  disk: {
    size: '2GiB',
    partitions: [
      { id: 'esp', type: 'esp', size: '64MiB', fsType: 'vfat', mountPoint: '/boot/efi' },
      { id: 'root', fsType: 'ext4', mountPoint: '/' },
    ],
    artifacts,
  },
});

async function refusal(keys: Readonly<Record<string, unknown>>): Promise<string> {
  try {
    await loadExample(keys);
    return 'loaded';
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return `${error.code} ${error.message} (${error.hint})`;
  }
}

describe('artifacts', () => {
  it('of the root file system are taken beside those of the disk', async () => {
    const { config } = await loadExample(
      disk([
        { type: 'raw' },
        { type: 'tar', compression: 'bz2' },
        { type: 'oci', compression: 'gz' },
        { type: 'squashfs', compression: 'xz' },
        { type: 'erofs' },
      ]),
    );
    expect(config.disk.artifacts).toEqual([
      { type: 'raw', compression: undefined },
      { type: 'tar', compression: 'bz2' },
      { type: 'oci', compression: 'gz' },
      { type: 'squashfs', compression: 'xz' },
      { type: 'erofs', compression: undefined },
    ]);
    expect(config.target.chrootPackages).toEqual(expect.arrayContaining(['squashfs-tools', 'erofs-utils']));
  });

  it.each([
    ['oci', 'xz', 'write gz or zstd'],
    ['oci', 'bz2', 'write gz or zstd'],
    ['squashfs', 'bz2', 'write gz or xz or zstd'],
    ['erofs', 'zstd', 'leave "compression" out'],
  ])('%s cannot be compressed with %s', async (type, compression, hint) => {
    const said = await refusal(disk([{ type, compression }]));
    expect(said).toContain('TEMPLATE_CONFLICT');
    expect(said).toContain(`an artifact of type "${type}" cannot be compressed with ${compression}`);
    expect(said).toContain(hint);
  });

  it('that are compressed inside would have one name', async () => {
    const said = await refusal(
      disk([{ type: 'oci' }, { type: 'raw' }, { type: 'oci', compression: 'zstd' }]),
    );
    expect(said).toContain('two artifacts of type "oci" would have the same file name');
    expect(await refusal(disk([{ type: 'oci' }, { type: 'oci' }]))).toBe('loaded');
  });

  it('need programs that the target has', async () => {
    const own = `
title: Ours
family: deb
osRelease: { id: ours }
architectures: { x86_64: amd64 }
repositories: [{ name: ours, url: "https://ours.example.com", suites: [a], components: [b], keySources: [key.asc] }]
`;
    const under = loadExample(
      { ...disk([{ type: 'tar' }, { type: 'squashfs' }]), systemConfig: { hostname: 'ours' } },
      { targetFolders: ['own'] },
      { 'own/debian/debian12/target.yml': own },
    );
    await expect(under).rejects.toMatchObject({
      code: 'TEMPLATE_UNSUPPORTED',
      message: expect.stringContaining('Ours has no programs that make the artifact squashfs'),
    });
  });
});

describe('imageType: img', () => {
  const target = { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'img' };

  it.each([
    ['debian', 'debian12', 'linux-image-amd64'],
    ['debian', 'debian13', 'linux-image-amd64'],
    ['wind-river-elxr', 'elxr12', 'linux-image-amd64'],
    ['azure-linux', 'azl3', 'kernel'],
    ['edge-microvisor-toolkit', 'emt3', 'kernel-drivers-gpu'],
  ])('has defaults without a disk and a boot loader for %s/%s', async (os, dist, kernel) => {
    const { config } = await loadExample({ target: { ...target, os, dist } });
    expect(config.disk).toMatchObject({ size: 0, partitions: [], artifacts: [] });
    expect(config.system.packages).toContain('openssh-server');
    expect(config.system.packages.filter((name) => /boot|shim|grub|dracut|initramfs/.test(name))).toEqual([]);
    expect(config.system.kernel).toMatchObject({ packages: [kernel], uki: false });
  });

  it('needs no defaults of the target', async () => {
    const ours = { ...target, os: 'ours', dist: 'ours1' };
    const files = {
      'own/ours/ours1/target.yml':
        'title: Ours\nfamily: rpm\nosRelease: { id: ours }\narchitectures: { x86_64: x86_64 }\nuki: true\nrepositories: [{ name: ours, url: "https://ours.example", keySources: [ours.asc] }]\n',
    };
    const { config } = await loadExample(
      { target: ours, systemConfig: { packages: ['systemd'] } },
      { targetFolders: ['own'] },
      files,
    );
    expect(config.system.packages).toEqual(['systemd']);
    expect(config.system.kernel.uki).toBe(false);
  });

  it.each([
    ['a disk', disk([{ type: 'raw' }]), '"disk"'],
    ['a boot loader', { systemConfig: { bootloader: { bootType: 'efi' } } }, '"bootloader"'],
    ['a unified kernel image', { systemConfig: { kernel: { uki: true } } }, 'uki: false'],
    ['a default kernel', { systemConfig: { kernel: { default: 'oldest' } } }, '"default"'],
    ['extra modules', { systemConfig: { kernel: { enableExtraModules: ['dummy'] } } }, '"kernelModules"'],
    ['swap files', { systemConfig: { swapFiles: [{ path: '/swap', size: '64MiB' }] } }, '"swapFiles"'],
    ['SELinux that enforces', { systemConfig: { selinux: { mode: 'enforcing' } } }, 'without labels'],
  ])('refuses %s', async (_, keys, hint) => {
    const said = await refusal({ target, ...keys });
    expect(said).toMatch(/^TEMPLATE_CONFLICT t\.yml:\d+:\d+: imageType: img/);
    expect(said).toContain(hint);
  });
});
