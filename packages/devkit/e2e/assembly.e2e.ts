import { chmod, cp, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectHost } from '@ic/toolchain';
import { exec, sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAsUser } from '../src/build-as-user.js';
import { type BuildImageOptions, type BuiltImage, buildImage } from '../src/build-image.js';
import { type Composer, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { ordinaryUser } from '../src/ordinary-user.js';
import { readDisk } from '../src/read-disk.js';
import { readTree } from '../src/read-tree.js';
import { MIB } from './image-checks.js';

/** Two ext4, one mounted in the other; capabilities (ping), hard and symbolic links, holes, swap files, set-id modes, owners. */
const TEMPLATE = `
image: { name: assembled, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }
disk:
  size: 900MiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }
    - { id: root, type: linux-root-amd64, size: 700MiB, fsType: ext4, mountPoint: / }
    - { id: home, type: linux-home, fsType: ext4, mountPoint: /home }
systemConfig:
  hostname: assembled
  kernel: { packages: [linux-image-cloud-amd64] }
  packages: [iputils-ping]
  excludePackages: [ca-certificates, openssh-server, tzdata]
  users: [{ name: user, sudo: true }]
  swapFiles: [{ path: /var/swap/file, size: 32MiB }, { path: /home/swap, size: 8MiB }]
  configurations:
    - cmd: printf begin > /srv/holes && truncate -s 20M /srv/holes && printf end >> /srv/holes
    - cmd: ln /srv/holes /srv/hard && ln -s ../srv/holes /home/user/soft
    - cmd: install -d -o user -g adm -m 2770 /home/shared
`;

const user = ordinaryUser();
const { loopDevices } = await inspectHost({ purposes: ['build'] });
const skipped =
  (await lackingPackages(['fdisk', 'gdisk', 'e2fsprogs', 'dosfstools', 'openssl'])) ||
  (loopDevices.usable ? '' : ` (skipped: ${loopDevices.problem})`) ||
  (user === undefined ? ' (skipped: not root, or there is no other user who can read this checkout)' : '');

describe.skipIf(skipped !== '')(`the ways to assemble a disk${skipped}`, () => {
  let composer: Composer;
  let folder = '';
  let direct: BuiltImage;
  let loop: BuiltImage;
  let unprivileged: BuiltImage;
  let asUser: BuildImageOptions = {};
  const template = () => join(folder, 'template.yml');

  beforeAll(async () => {
    composer = await startComposer();
    folder = await mkdtemp(join(tmpdir(), 'ic-assembly-'));
    await chmod(folder, 0o755);
    await writeFile(template(), TEMPLATE);
    direct = await buildImage(composer, template(), join(folder, 'direct'));
    loop = await buildImage(composer, template(), join(folder, 'loop'), { args: ['--assembly', 'loop'] });
    asUser = await settleUser();
    unprivileged = await buildImage(composer, template(), join(folder, 'own/out'), asUser);
  });
  afterAll(async () => {
    await composer?.close();
    for (const path of [folder, user?.home ?? ''])
      if (path !== '') await rm(path, { recursive: true, force: true });
  });

  /** A cache with the packages that root has fetched, so that nothing is asked for again, but nothing that was built. */
  async function settleUser(): Promise<BuildImageOptions> {
    const own = join(folder, 'own');
    const options = await buildAsUser(user, own, composer);
    for (const part of ['metadata', 'packages']) {
      await cp(join(composer.cacheDir, part), join(own, 'cache', part), { recursive: true });
    }
    await exec('chown', ['--recursive', `${user?.uid}:${user?.gid}`, own]);
    return { ...options, args: ['--offline'] };
  }

  it('makes the same bytes as root and as an ordinary user', () => {
    expect(unprivileged.manifest).toEqual(direct.manifest);
    expect(direct.manifest.artifacts[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('makes disks that reference programs find nothing wrong with', async () => {
    const facts = await Promise.all([direct, loop].map(({ image }) => readDisk(image)));
    expect(facts.map(({ complaints }) => complaints)).toEqual([[], []]);
    expect(facts[1]?.disk).toEqual(facts[0]?.disk);
    expect(loop.manifest.disk).toEqual(direct.manifest.disk);
  });

  it('puts the same files into the root and the home partition', async () => {
    for (const partition of direct.manifest.disk.partitions.filter(({ fsType }) => fsType === 'ext4')) {
      const expected = await readTree(direct.image, partition);
      expect(Object.keys(expected).length).toBeGreaterThan(5);
      expect(await readTree(loop.image, partition)).toEqual(expected);
    }
  });

  it('keeps what the template made', async () => {
    const [, root, home] = direct.manifest.disk.partitions;
    if (root === undefined || home === undefined) throw new Error('a partition is missing');
    const files = await readTree(direct.image, root);
    expect(files['usr/bin/ping']).toContain('security.capability=');
    expect(files['usr/bin/sudo']).toMatch(/^file 4755 0:0 /);
    expect([files['srv/hard'], files['srv/holes']].join('\n')).toMatch(
      /^file 644 0:0 20971523 .*\nhardlink /,
    );
    expect(Object.keys(files).filter((path) => path.startsWith('home/'))).toEqual([]);
    const homes = await readTree(direct.image, home);
    expect(homes['user/soft']).toContain(' -> ../srv/holes ');
    expect(homes.shared).toMatch(/^directory 2770 1000:4 /);
  });

  it('makes the same swap files, without holes', async () => {
    const [, root, home] = direct.manifest.disk.partitions;
    const files = [
      { partition: root, path: 'var/swap/file', size: 32 * MIB },
      { partition: home, path: 'swap', size: 8 * MIB },
    ];
    for (const { partition, path, size } of files) {
      const [one, other] = await Promise.all(
        [direct, loop].map(({ image }) => readSwapFile(image, partition, path)),
      );
      expect(one).toEqual({ bytes: size, mode: '600 0:0', uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      expect(other).toEqual(one);
    }
  });

  it('makes the same EFI system partition', async () => {
    const [esp] = direct.manifest.disk.partitions;
    const hashes = [direct, loop].map(({ image }) => sha256OfRange(image, esp?.start ?? 0, esp?.size ?? 0));
    const [one, other] = await Promise.all(hashes);
    expect(other).toBe(one);
  });

  it('refuses a loop device to who may not have one, before work starts', async () => {
    const attempt = buildImage(composer, template(), join(folder, 'own/refused'), {
      ...asUser,
      args: ['--offline', '--assembly', 'loop'],
    });
    await expect(attempt).rejects.toThrow(/loop device/);
    await expect(attempt).rejects.not.toThrow(/fetch/);
  });
});

/**
 * Arguments: image, mount options, mount point, path in the file system. The kernel says which parts of the file have
 * blocks (FIEMAP), libblkid whose swap it is.
 */
const SWAP_SCRIPT = `
set -eu
mount -o "$2" "$1" "$3"
stat --format 'mode %a %u:%g' "$3/$4"
filefrag -b1 -v "$3/$4"
swaplabel "$3/$4"
`;

/** How many bytes of a swap file have blocks, from its beginning to the first hole. */
async function readSwapFile(
  image: string,
  partition: BuiltImage['manifest']['disk']['partitions'][number] | undefined,
  path: string,
): Promise<{ bytes: number; mode: string | undefined; uuid: string | undefined }> {
  const mountPoint = await mkdtemp(join(tmpdir(), 'ic-swap-'));
  const options = `ro,loop,offset=${partition?.start},sizelimit=${partition?.size}`;
  const command = ['sh', '-c', SWAP_SCRIPT, 'swap', image, options, mountPoint, path];
  const { stdout } = await exec('unshare', ['--mount', '--propagation', 'private', ...command]);
  await rm(mountPoint, { recursive: true });
  let bytes = 0;
  for (const [, first, last] of stdout.matchAll(/^ *\d+: +(\d+)\.\. *(\d+):/gm)) {
    if (Number(first) === bytes) bytes = Number(last) + 1;
  }
  return {
    bytes,
    mode: /^mode (.+)$/m.exec(stdout)?.[1],
    uuid: /^UUID: +(\S+)$/m.exec(stdout)?.[1],
  };
}

async function sha256OfRange(path: string, start: number, size: number): Promise<string> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, start);
    expect(bytesRead).toBe(size);
    return sha256(buffer);
  } finally {
    await file.close();
  }
}
