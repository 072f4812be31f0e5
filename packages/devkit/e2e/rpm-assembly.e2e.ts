import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAsUser } from '../src/build-as-user.js';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { type Composer, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { ordinaryUser } from '../src/ordinary-user.js';
import { readTree } from '../src/read-tree.js';
import { rpmDistribution } from '../src/rpm-distribution/rpm-distribution.js';
import { partition } from './image-checks.js';

/** Capabilities (ping), set-id modes, owners by name, a package that a snapshot of its repository does not have yet. */
const TEMPLATE = `
image: { name: assembled, version: "1" }
target: { os: azure-linux, dist: azl3, arch: x86_64, imageType: raw, snapshotTime: "2025-05-31T00:00:00Z" }
disk:
  size: 1500MiB
  partitions:
    - { id: esp, type: esp, size: 128MiB, fsType: vfat, mountPoint: /boot/efi }
    - { id: rootfs, type: linux-root-amd64, fsType: ext4, mountPoint: / }
  artifacts: [{ type: raw }]
systemConfig:
  hostname: assembled
  packages: [case-versions]
  users: [{ name: user, sudo: true }]
`;

const user = ordinaryUser();
const needs = await lackingPackages([
  'e2fsprogs',
  'gpg',
  'gpg-agent',
  'rpm',
  'createrepo-c',
  'dpkg-dev',
  'openssl',
]);
const skipped =
  needs ||
  (user === undefined ? ' (skipped: not root, or there is no other user who can read this checkout)' : '');

describe.skipIf(skipped !== '')(`rpm packages, installed by root and by an ordinary user${skipped}`, () => {
  let composer: Composer;
  let folder = '';
  let byRoot: BuiltImage;
  let byUser: BuiltImage;

  beforeAll(async () => {
    composer = await startComposer();
    const { azl3 } = await rpmDistribution(composer);
    folder = await mkdtemp(join(tmpdir(), 'ic-rpm-assembly-'));
    await chmod(folder, 0o755);
    const template = join(folder, 'template.yml');
    await writeFile(template, TEMPLATE);
    const mirrored = { ...composer, mirrorArguments: azl3.mirrorArguments };
    const args = ['--trust-key', `azl3=${azl3.fingerprint}`];
    byRoot = await buildImage(mirrored, template, join(folder, 'out'), { args });
    const asUser = await buildAsUser(user, join(folder, 'own'), composer);
    byUser = await buildImage(mirrored, template, join(folder, 'own/out'), { ...asUser, args });
  }, 900_000);
  afterAll(async () => {
    await composer?.close();
    for (const path of [folder, user?.home ?? ''])
      if (path !== '') await rm(path, { recursive: true, force: true });
  });

  it('makes the same bytes', () => {
    expect(byUser.manifest).toEqual(byRoot.manifest);
    expect(byRoot.manifest.artifacts[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps owners, set-id modes and capabilities', async () => {
    const files = await readTree(byRoot.image, partition(byRoot, 'rootfs'));
    expect(files['usr/bin/ping']).toContain('security.capability=');
    expect(files['usr/bin/sudo']).toMatch(/^file 4\d{3} 0:0 /);
    expect(files['etc/shadow']).toMatch(/^file (?:0|600|640) 0:\d+ /);
    expect(files['var/lib/rpm/rpmdb.sqlite']).toMatch(/^file 644 0:0 /);
    expect(Object.keys(files).filter((path) => path.endsWith('.rpm.lock'))).toEqual([]);
    // Without them only root could read it.
    for (const suffix of ['wal', 'shm'])
      expect(files[`var/lib/rpm/rpmdb.sqlite-${suffix}`]).toMatch(/^file 644 0:0 /);
  });

  it('sees the repository as it was at the snapshot time', () => {
    const { version } = byRoot.manifest.packages.find(({ name }) => name === 'case-versions') ?? {};
    expect(version).toMatch(/^1\.10-/);
  });
});
