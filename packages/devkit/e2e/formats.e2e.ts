import { cp, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inspectHost } from '@ic/toolchain';
import { exec, sha256File } from '@ic/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BuiltManifest } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { describeArchive, readTree } from '../src/read-tree.js';
import { bootedMachine, checkoutFile, expectWhole, logInAsUser, MIB, say } from './image-checks.js';
import { SMALL_TEMPLATE } from './small-template.js';
import { setStage, unlessFull } from './stage.js';

/** What qemu-img calls the formats of a disk, and whether it can check them. */
const DRIVERS = {
  qcow2: { driver: 'qcow2', checks: true },
  vhd: { driver: 'vpc', checks: false },
  vhdx: { driver: 'vhdx', checks: true },
  vmdk: { driver: 'vmdk', checks: true },
  vdi: { driver: 'vdi', checks: true },
} as const;

const { loopDevices } = await inspectHost({ purposes: ['build'] });
const lacking = await lackingPackages(['qemu-utils', 'umoci', 'skopeo', 'squashfs-tools', 'libcap2-bin']);
const needs = lacking || (loopDevices.usable ? '' : ` (skipped: ${loopDevices.problem})`);

interface Built {
  /** By how the file name ends. */
  readonly paths: Readonly<Record<string, string>>;
  readonly manifest: Omit<BuiltManifest, 'artifacts'> & {
    readonly artifacts: readonly { file: string; format: string; bytes: number; sha256: string }[];
  };
}

const stage = setStage('formats', lacking);

/** Builds a template into a folder of its own. */
async function build(template: string, args: readonly string[] = []): Promise<Built> {
  const out = await mkdtemp(join(stage.folder, 'out-'));
  const folders = ['--output-dir', out, '--cache-dir', stage.composer.cacheDir];
  const { status, stderr } = await stage.composer.ic(
    ['build', template, ...folders, ...stage.composer.mirrorArguments, ...args],
    {},
  );
  if (status !== 0) throw new Error(`ic build ${template} ended with status ${status}: ${stderr}`);
  const file = (await readdir(out)).find((name) => name.endsWith('.manifest.json')) ?? '';
  const manifest = JSON.parse(await readFile(join(out, file), 'utf8')) as Built['manifest'];
  const paths = manifest.artifacts.map((one) => [one.format, join(out, one.file)] as const);
  return { paths: Object.fromEntries(paths), manifest };
}

async function expectToldTruly({ paths, manifest }: Built): Promise<void> {
  for (const { file, format, bytes, sha256 } of manifest.artifacts) {
    const path = paths[format] ?? '';
    expect(basename(path)).toBe(file);
    expect([format, (await stat(path)).size, await sha256File(path)]).toEqual([format, bytes, sha256]);
  }
}

/** That every form of the disk is the raw image `raw` in qemu-img's eyes. */
async function expectDisks({ paths }: Pick<Built, 'paths'>, raw: string): Promise<void> {
  for (const [format, { driver, checks }] of Object.entries(DRIVERS)) {
    const path = paths[format];
    if (path === undefined) continue;
    if (checks) await exec('qemu-img', ['check', '-f', driver, path]);
    const { stdout } = await exec('qemu-img', ['compare', '-f', driver, '-F', 'raw', path, raw]);
    expect(stdout).toContain('identical');
  }
}

/** Fixed, whole MiB, and the fields of the footer that Azure reads (VHD specification 1.0, "Hard Disk Footer Format"). */
async function expectAzureDisk(path: string): Promise<void> {
  const { size } = await stat(path);
  expect((size - 512) % MIB).toBe(0);
  const { stdout } = await exec('tail', ['--bytes=512', path]).then(() =>
    exec('sh', ['-c', 'tail --bytes=512 "$1" | od -An -v -tx1', 'od', path]),
  );
  const footer = Buffer.from(stdout.replace(/\s/g, ''), 'hex');
  expect(footer.toString('latin1', 0, 8)).toBe('conectix');
  expect(footer.readUInt32BE(60)).toBe(2);
  expect(footer.readBigUInt64BE(48)).toBe(BigInt(size - 512));
  expect(footer.readBigUInt64BE(16)).toBe(2n ** 64n - 1n);
  const sum = footer.reduce((total, byte, at) => (at >= 64 && at < 68 ? total : total + byte), 0);
  expect(footer.readUInt32BE(64)).toBe(~sum >>> 0);
}

/** Unpacks an OVA and holds its members against its manifest; the path of its disk. */
async function expectPackage(path: string): Promise<string> {
  const folder = await mkdtemp(join(stage.folder, 'ova-'));
  await exec('tar', ['--extract', '--file', path, '--directory', folder]);
  const names = await readdir(folder);
  const text = await readFile(join(folder, names.find((name) => name.endsWith('.mf')) ?? ''), 'utf8');
  const lines = [...text.matchAll(/^SHA256\((.*)\)= ([0-9a-f]{64})$/gm)];
  expect(lines).toHaveLength(2);
  for (const [, name = '', hash] of lines) expect(await sha256File(join(folder, name))).toBe(hash);
  return join(folder, names.find((name) => name.endsWith('.vmdk')) ?? '');
}

/** The tree that umoci makes of an OCI image, as an archive. */
async function unpackedImage(path: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(stage.folder, 'oci-'));
  const [layout, bundle] = [join(folder, 'layout'), join(folder, 'bundle')];
  await mkdir(layout);
  await exec('tar', ['--extract', '--file', path, '--directory', layout]);
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  const reference = index.manifests[0].annotations['org.opencontainers.image.ref.name'];
  await exec('umoci', ['unpack', '--image', `${layout}:${reference}`, bundle]);
  const archive = join(folder, 'tree.tar');
  const form = ['--format=posix', '--sort=name', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  await exec('tar', ['--create', `--file=${archive}`, ...form, `--directory=${join(bundle, 'rootfs')}`, '.']);
  return describeArchive(archive);
}

async function mountedTree(path: string): Promise<Record<string, string>> {
  return readTree(path, { start: 0, size: (await stat(path)).size });
}

/** squashfs knows none; systemd-tmpfiles gives the journal's folder its own again. */
function withoutAcls(tree: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(tree);
  return Object.fromEntries(
    entries.map(([path, text]) => [path, text.replace(/ system\.posix_acl_\w+=[0-9a-f]+/g, '')]),
  );
}

const tarOf = async (compressed: string, program: string) => {
  const path = join(await mkdtemp(join(stage.folder, 'tar-')), 'root.tar');
  await exec('sh', ['-c', '"$1" --decompress --stdout "$2" > "$3"', 'tar', program, compressed, path]);
  return path;
};

/** erofs and zstd in a squashfs, which take their time, are in the example below and in the unit tests of `packRoot`. */
const artifacts = [
  ...['raw', 'qcow2', 'vhd', 'vhdx', 'vmdk', 'vdi', 'ova', 'tar', 'oci'].map((type) => ({ type })),
  { type: 'squashfs', compression: 'gz' },
];

describe.skipIf(needs !== '')(`every form of one small image${needs}`, () => {
  let built: Built;
  let tree: Record<string, string>;
  beforeAll(async () => {
    const template = join(stage.folder, 'small.yml');
    await writeFile(template, `${SMALL_TEMPLATE}  packages: [iputils-ping]\n`);
    const more = ['--set', `disk.artifacts=${JSON.stringify(artifacts)}`];
    built = await build(template, more);
    tree = await describeArchive(built.paths.tar ?? '');
  });

  it('is in the manifest with its size and hash', async () => {
    expect(Object.keys(built.paths).sort()).toEqual(
      artifacts.map(({ type }) => (type === 'oci' ? 'oci.tar' : type)).sort(),
    );
    await expectToldTruly(built);
  });

  it('takes no more room than its content and a twentieth', async () => {
    const rows = Object.values(tree).map((text) => text.split(' '));
    const content = rows.reduce((sum, [type, , , size]) => {
      if (type === 'directory') return sum + 4096;
      return type === 'file' ? sum + Math.ceil(Number(size) / 4096) * 4096 : sum;
    }, 0);
    expect((await stat(built.paths.raw ?? '')).blocks * 512).toBeLessThan(1.05 * content);
  });

  it('is the same disk for qemu-img, for Azure and in the OVA', async () => {
    const raw = built.paths.raw ?? '';
    await expectDisks(built, raw);
    await expectAzureDisk(built.paths.vhd ?? '');
    await expectDisks({ paths: { vmdk: await expectPackage(built.paths.ova ?? '') } }, raw);
  });

  it('is the same root file system as an archive, on the disk and as an OCI image', async () => {
    const root = built.manifest.disk.partitions.find(({ mountPoint }) => mountPoint === '/');
    if (root === undefined) throw new Error('there is no root');
    const { 'lost+found': _, ...onDisk } = await readTree(built.paths.raw ?? '', root);
    const elsewhere = (path: string) => path.startsWith('boot/efi/');
    const archived = Object.fromEntries(Object.entries(tree).filter(([path]) => !elsewhere(path)));
    expect(archived).toEqual(onDisk);
    expect(Object.keys(tree).filter(elsewhere)).toContain('boot/efi/EFI/BOOT/BOOTX64.EFI');
    expect(tree['usr/bin/ping']).toContain('security.capability=');
    expect(await unpackedImage(built.paths['oci.tar'] ?? '')).toEqual(tree);
    const { stdout } = await exec('skopeo', ['inspect', `oci-archive:${built.paths['oci.tar']}`]);
    expect(JSON.parse(stdout)).toMatchObject({ Architecture: 'amd64', Os: 'linux' });
  });

  it('is the same root file system as a squashfs, but for ACLs', async () => {
    expect(await mountedTree(built.paths.squashfs ?? '')).toEqual(withoutAcls(tree));
  });
});

describe.skipIf(needs !== '')(`a Debian 12 that starts over the network${needs}`, () => {
  let built: Built;
  beforeAll(async () => {
    built = await build(checkoutFile('examples/debian-12/pxe.yml'));
  });

  it('is a kernel, an initial RAM disk and a script for iPXE', async () => {
    expect(Object.keys(built.paths).sort()).toEqual(['initrd', 'ipxe', 'vmlinuz']);
    await expectToldTruly(built);
    expect(built.manifest.disk).toBeUndefined();
    expect(await readFile(built.paths.ipxe ?? '', 'utf8')).toBe(
      `#!ipxe
kernel debian-12-pxe-1.0.0.vmlinuz initrd=debian-12-pxe-1.0.0.initrd console=ttyS0,115200 console=tty0 loglevel=7
initrd debian-12-pxe-1.0.0.initrd
boot
`,
    );
  });

  const machine = bootedMachine(
    () => ({
      firmware: 'bios',
      memory: 2 * 1024 * MIB,
      kernel: {
        image: built.paths.vmlinuz ?? '',
        initramfs: built.paths.initrd ?? '',
        commandLine: 'console=ttyS0,115200 console=tty0 loglevel=7',
      },
    }),
    { logIn: logInAsUser },
  );

  it('comes up whole in memory, with its own name, address and keys', async () => {
    await expectWhole(machine());
    expect(await say(machine(), 'hostname')).toBe('pxe');
    expect(await say(machine(), 'findmnt --noheadings --output FSTYPE /')).toMatch(/^(rootfs|tmpfs)$/);
    expect(await say(machine(), 'ip -4 -br address show scope global')).toMatch(/^e\S+ +UP +10\.0\.2\.15\//);
    expect(await say(machine(), 'cat /etc/machine-id')).toMatch(/^[0-9a-f]{32}$/);
    await say(machine(), 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
  });
});

const full = unlessFull(needs);

describe.skipIf(full !== '')(`examples/debian-12/formats.yml${full}`, () => {
  let first: Built;
  let second: Built;
  let raw = '';
  const example = checkoutFile('examples/debian-12/formats.yml');
  beforeAll(async () => {
    first = await build(example);
    second = await build(example);
    raw = join(stage.folder, 'formats.raw');
    await exec('sh', [
      '-c',
      'zstd --decompress --stdout "$1" | dd of="$2" bs=1M iflag=fullblock conv=sparse status=none',
      'raw',
      first.paths['raw.zst'] ?? '',
      raw,
    ]);
  });

  it('gives all that it asks for, as the manifest tells', async () => {
    expect(Object.keys(first.paths).sort()).toEqual(
      ['erofs', 'oci.tar', 'ova', 'qcow2', 'raw.zst', 'squashfs', 'tar.zst', 'vhd.gz', 'vhdx'].sort(),
    );
    await expectToldTruly(first);
  });

  it('gives the same bytes the second time', () => {
    expect(second.manifest).toEqual(first.manifest);
  });

  it('gives one disk in every form', async () => {
    const vhd = join(stage.folder, 'formats.vhd');
    await cp(first.paths['vhd.gz'] ?? '', `${vhd}.gz`);
    await exec('gzip', ['--decompress', `${vhd}.gz`]);
    await expectDisks({ paths: { ...first.paths, vhd } }, raw);
    await expectAzureDisk(vhd);
    await expectDisks({ paths: { vmdk: await expectPackage(first.paths.ova ?? '') } }, raw);
  });

  it('gives one tree in every form', async () => {
    const tree = await describeArchive(await tarOf(first.paths['tar.zst'] ?? '', 'zstd'));
    expect(await unpackedImage(first.paths['oci.tar'] ?? '')).toEqual(tree);
    expect(await mountedTree(first.paths.erofs ?? '')).toEqual(tree);
    expect(await mountedTree(first.paths.squashfs ?? '')).toEqual(withoutAcls(tree));
  });
});
