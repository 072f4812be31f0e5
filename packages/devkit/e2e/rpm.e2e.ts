import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lockfile, PackageId } from '@ic/package-core';
import { exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import type { Machine } from '../src/virtual-machine.js';
import {
  bootedAsRoot,
  checkoutFile,
  decompressed,
  expectDiskOfManifest,
  expectWhole,
  MIB,
  partition,
  REFERENCE_PACKAGES,
  say,
} from './image-checks.js';
import {
  itHasSettings,
  itKeepsRepository,
  type OwnRepository,
  writeRichRpmTemplate,
} from './rpm-settings.js';
import { RPM_PACKAGES, setRpmDistribution, setStage, unlessFull } from './stage.js';

const needs = await lackingPackages([...REFERENCE_PACKAGES, ...RPM_PACKAGES]);
const full = unlessFull(needs);

/** A target of the rpm family, and what its images must say of themselves. */
interface Target {
  readonly name: 'azl3' | 'emt3';
  readonly examples: string;
  /** Among the examples, or beside them: the defaults, and what does not change the disk. */
  readonly template: string;
  readonly artifact: string;
  readonly hostname: string;
  readonly osRelease: string;
  readonly trust: 'signed-index' | 'signed-packages';
}

const TARGETS: readonly Target[] = [
  {
    name: 'azl3',
    examples: 'azure-linux-3',
    template: 'rich.yml',
    artifact: 'azure-linux-3-settings-3.0.0.raw.gz',
    hostname: 'azurelinux',
    osRelease: 'azurelinux 3.0',
    trust: 'signed-index',
  },
  {
    name: 'emt3',
    examples: 'edge-microvisor-toolkit-3',
    template: 'default-raw.yml',
    artifact: 'edge-microvisor-toolkit-3-default-3.0.0.raw.gz',
    hostname: 'edge-microvisor',
    osRelease: 'Edge Microvisor Toolkit 3.0',
    trust: 'signed-packages',
  },
];

const stage = setStage('rpm', needs);
const distribution = setRpmDistribution(stage, needs);
let repository: OwnRepository | undefined;
afterAll(() => repository?.close());

interface LockedImage extends BuiltImage {
  /** The packages of the image as the lockfile has them: name, version, architecture. */
  readonly locked: readonly string[];
}

/** Locks and builds an example with the defaults as they are shipped. */
async function build({ name, examples }: Target, example: string): Promise<LockedImage> {
  const { mirrorArguments, fingerprint } = distribution()[name];
  const mirrored = { ...stage.composer, mirrorArguments };
  const outputDir = await mkdtemp(join(stage.folder, `${name}-`));
  // With those that it extends; lockfiles lie beside templates.
  const templates = join(outputDir, examples);
  await cp(checkoutFile(`examples/${examples}`), templates, { recursive: true });
  const template = join(templates, example);
  if (example === 'rich.yml')
    repository = await writeRichRpmTemplate(templates, 'settings.yml', stage.composer);
  const trusted = ['--trust-key', `${name}=${fingerprint}`];
  const lock = ['lock', template, '--cache-dir', stage.composer.cacheDir, ...mirrorArguments, ...trusted];
  const { status, stderr } = await stage.composer.ic(lock);
  if (status !== 0) throw new Error(stderr);
  const { packages } = JSON.parse(await readFile(`${template}.lock.json`, 'utf8')) as Lockfile;
  const locked = packages.filter(({ roles }) => roles.includes('image')).map(nameVersionArchitecture);
  const args = ['--locked', ...trusted];
  return { ...(await decompressed(await buildImage(mirrored, template, outputDir, { args }))), locked };
}

function nameVersionArchitecture({ name, version, architecture }: PackageId): string {
  return `${name} ${version} ${architecture}`;
}

/** What is true of every running image of the family. */
function itRuns(
  built: () => LockedImage,
  machine: () => Machine,
  { hostname, osRelease }: Pick<Target, 'hostname' | 'osRelease'>,
) {
  it('comes up whole', async () => {
    await expectWhole(machine());
    expect(await say(machine(), 'test -d /sys/firmware/efi && hostname')).toBe(hostname);
    expect(await say(machine(), '. /etc/os-release; echo $ID $VERSION_ID')).toBe(osRelease);
  });

  it('has exactly the packages of lockfile and manifest, in a database that its own rpm reads', async () => {
    const installed = await say(machine(), `rpm -qa --queryformat '%{NAME} %{EVR} %{ARCH}\\n'`);
    const { locked, manifest } = built();
    expect(installed.split('\n').sort()).toEqual(locked.toSorted());
    expect(manifest.packages.map(nameVersionArchitecture)).toEqual(locked);
    expect(await say(machine(), 'rpmdb --verifydb && rpm -q --whatprovides /usr/bin/bash')).toMatch(/^bash-/);
  });

  it('has nothing that rpm -Va finds wrong, but for what the image is configured to', async () => {
    const { output } = await machine().run('rpm -Va', 300);
    const found = output.split('\n').filter((line) => line !== '');
    expect(found.filter((line) => !CONFIGURED.test(line))).toEqual([]);
  });

  it('became a machine of its own', async () => {
    expect(await say(machine(), 'cat /etc/machine-id')).toMatch(/^[0-9a-f]{32}$/);
    const keys = await say(machine(), 'for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $k; done');
    expect(keys.split('\n').length).toBeGreaterThan(1);
  });

  it('was started by an initramfs that dracut made', async () => {
    const log = 'journalctl --boot --unit dracut-cmdline.service --output cat';
    expect(await say(machine(), log)).toContain('dracut');
  });
}

/** dracut's initramfs, which fits any machine, wants more than a small machine has. */
const MEMORY = 2048 * MIB;

/**
 * What rpm may find different: configuration files (`c`), on the ESP the modes of folders and the times of files, which
 * FAT has not and has in local time, and the folder of the journal, which systemd-tmpfiles gives to its readers.
 */
const CONFIGURED =
  /^[.\dA-Z?]{9} {2}c \S+$|^\.[.M]\.{5}[.T]\. {4}\/boot\/efi\/\S*$|^\.M\.{7} {4}\/var\/log\/journal$/;

describe.skipIf(needs !== '')(`the key of Azure Linux, which is pinned${needs}`, () => {
  it('is not that of the stand-in', async () => {
    const outputDir = join(stage.folder, 'refused');
    const folders = ['--output-dir', outputDir, '--cache-dir', stage.composer.cacheDir];
    const template = checkoutFile('examples/azure-linux-3/minimal-raw.yml');
    const { status, stderr } = await stage.composer.ic([
      ...['build', template, ...folders],
      ...distribution().azl3.mirrorArguments,
    ]);
    expect([status, await readdir(outputDir).catch(() => [])]).toEqual([1, []]);
    expect(stderr).toContain('error[KEY_UNAVAILABLE]: ');
    expect(stderr).toContain(distribution().azl3.fingerprint);
  });
});

describe.each(TARGETS)('an image of $name over the defaults', (target) => {
  describe.skipIf(needs !== '')(`from a stand-in of its repository${needs}`, () => {
    let built: LockedImage;
    beforeAll(async () => {
      built = await build(target, target.template);
    });

    it('has the disk that defaults and manifest tell of', async () => {
      expect(built.manifest.artifacts).toMatchObject([{ file: target.artifact }]);
      expect(built.manifest.disk).toMatchObject({ table: 'gpt', size: 4096 * MIB });
      expect(built.manifest.disk.partitions).toMatchObject([
        { id: 'boot', start: MIB, size: 512 * MIB, fsType: 'vfat', mountPoint: '/boot/efi' },
        { id: 'rootfs', start: 513 * MIB, size: 2048 * MIB, fsType: 'ext4', mountPoint: '/' },
        { id: 'roothashmap', start: 2561 * MIB, size: 500 * MIB, fsType: 'none' },
        { id: 'userdata', start: 3061 * MIB, fsType: 'ext4', mountPoint: '/opt' },
      ]);
      await expectDiskOfManifest(built);
      const { start, size } = partition(built, 'roothashmap');
      await exec('cmp', [
        '--ignore-initial',
        `${start}:0`,
        '--bytes',
        String(size),
        built.image,
        '/dev/zero',
      ]);
    });

    it('says what vouches for its packages', () => {
      expect(built.manifest.repositories).toContainEqual(
        expect.objectContaining({
          ...{ name: target.name, trust: target.trust },
          keys: expect.arrayContaining([fingerprint(target)]),
        }),
      );
    });

    if (target.template === 'rich.yml')
      itKeepsRepository(
        () => built,
        () => ({ composer: stage.composer, url: repository?.url ?? '' }),
      );

    describe('running', () => {
      const machine = bootedAsRoot(() => built, { memory: MEMORY });
      itRuns(() => built, machine, target);
      if (target.template === 'rich.yml') itHasSettings(machine);

      it('runs a unified kernel image', async () => {
        const [release, inUse] = [
          await say(machine(), 'uname -r'),
          await say(machine(), 'cat /proc/cmdline'),
        ];
        const files = (await say(machine(), 'ls -1 /boot/efi/EFI/Linux')).split('\n');
        expect(files.filter((name) => name.endsWith(`-${release}.efi`))).toHaveLength(1);
        expect((await say(machine(), 'ls -1 /usr/lib/modules')).split('\n').at(-1)).toBe(release);
        expect(inUse).toContain(`root=PARTUUID=${partition(built, 'rootfs').partUuid}`);
      });

      it('asks for its address', async () => {
        expect(await say(machine(), 'networkctl --no-legend list')).toMatch(
          /e\S+ +ether +routable +configured/,
        );
      });

      it('lets nobody in by a password that was not given', async () => {
        // Not every image has awk.
        const accounts = (await say(machine(), 'cut -d: -f1,2 /etc/shadow')).split('\n');
        expect(accounts.filter((line) => !/^root:|:[!*]/.test(line))).toEqual([]);
      });
    });
  });
});

const fingerprint = ({ name }: Target): string => distribution()[name].fingerprint;

describe.skipIf(full !== '')(`the other images of the rpm family${full}`, () => {
  describe.each(
    TARGETS.flatMap((target) =>
      (target.name === 'azl3'
        ? ['default-raw.yml', 'minimal-raw.yml', 'grub-raw.yml']
        : ['minimal-raw.yml']
      ).map((template) => ({ ...target, target, template })),
    ),
  )('$name $template', ({ target, template, osRelease }) => {
    let built: LockedImage;
    beforeAll(async () => {
      built = await build(target, template);
    });
    it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));

    describe('running', () => {
      const machine = bootedAsRoot(() => built, { memory: MEMORY });
      itRuns(() => built, machine, {
        hostname: template === 'default-raw.yml' ? target.hostname : template.replace('-raw.yml', ''),
        osRelease,
      });
    });
  });
});
