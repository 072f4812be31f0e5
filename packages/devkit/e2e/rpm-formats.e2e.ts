import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, type BuiltManifest, buildImage } from '../src/build-image.js';
import type { Composer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import type { RpmDistribution } from '../src/rpm-distribution/rpm-distribution.js';
import type { Machine, MachineOptions } from '../src/virtual-machine.js';
import {
  bootedMachine,
  checkoutFile,
  expectDiskOfManifest,
  expectWhole,
  logInAsUser,
  MIB,
  partition,
  REFERENCE_PACKAGES,
  say,
} from './image-checks.js';
import { RPM_PACKAGES, setRpmDistribution, setStage, unlessFull } from './stage.js';

const needs = await lackingPackages([...REFERENCE_PACKAGES, ...RPM_PACKAGES]);
const full = unlessFull(needs);

const stage = setStage('rpm-formats', full);
const distribution = setRpmDistribution(stage, full);

/** What `ic` needs to build an image of a target out of the stand-in. */
function over(target: keyof RpmDistribution): { mirrored: Composer; args: readonly string[] } {
  const { mirrorArguments, fingerprint } = distribution()[target];
  return {
    mirrored: { ...stage.composer, mirrorArguments },
    args: ['--trust-key', `${target}=${fingerprint}`],
  };
}

/** Boots what the options say, as the user of the examples. */
function booted(options: () => MachineOptions): () => Machine {
  return bootedMachine(options, { logIn: logInAsUser });
}

const MEMORY = 2560 * MIB;

interface InMemory {
  /** By how the file name ends. */
  readonly paths: Readonly<Record<string, string>>;
  readonly manifest: BuiltManifest;
}

/** Builds `imageType: img`. */
async function buildInMemory(target: keyof RpmDistribution, template: string): Promise<InMemory> {
  const { mirrored, args } = over(target);
  const out = await mkdtemp(join(stage.folder, `${target}-img-`));
  const folders = ['--output-dir', out, '--cache-dir', stage.composer.cacheDir];
  const { status, stderr } = await stage.composer.ic([
    ...['build', template, ...folders, ...mirrored.mirrorArguments, ...args],
  ]);
  if (status !== 0) throw new Error(stderr);
  const names = await readdir(out);
  const file = names.find((name) => name.endsWith('.manifest.json')) ?? '';
  const paths = names.map((name) => [name.slice(name.lastIndexOf('.') + 1), join(out, name)] as const);
  return {
    paths: Object.fromEntries(paths),
    manifest: JSON.parse(await readFile(join(out, file), 'utf8')) as BuiltManifest,
  };
}

const IN_MEMORY = [
  { target: 'azl3', example: 'examples/azure-linux-3/pxe.yml' },
  { target: 'emt3', example: 'examples/edge-microvisor-toolkit-3/pxe.yml' },
] as const;

describe.skipIf(full !== '')(`systems of the rpm family that run in memory${full}`, () => {
  describe.each(IN_MEMORY)('$example', ({ target, example }) => {
    let built: InMemory;
    beforeAll(async () => {
      built = await buildInMemory(target, checkoutFile(example));
    });

    const machine = booted(() => ({
      ...{ firmware: 'bios', memory: MEMORY },
      kernel: {
        image: built.paths.vmlinuz ?? '',
        initramfs: built.paths.initrd ?? '',
        commandLine: 'console=ttyS0,115200 console=tty0 loglevel=7',
      },
    }));

    it('comes up whole, with the packages of the manifest', async () => {
      await expectWhole(machine());
      expect(await say(machine(), 'hostname; findmnt --noheadings --output FSTYPE /')).toMatch(
        /^pxe\n(rootfs|tmpfs)$/,
      );
      const installed = await say(machine(), 'rpm -qa --queryformat "%{NAME} %{EVR} %{ARCH}\\n" | sort');
      const told = built.manifest.packages.map((pkg) => `${pkg.name} ${pkg.version} ${pkg.architecture}`);
      expect(installed.split('\n').sort()).toEqual(told.sort());
    });
  });
});

describe.skipIf(full !== '')(`examples/azure-linux-3/xfs.yml${full}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    const { mirrored, args } = over('azl3');
    const outputDir = await mkdtemp(join(stage.folder, 'xfs-'));
    built = await buildImage(mirrored, checkoutFile('examples/azure-linux-3/xfs.yml'), outputDir, { args });
  });

  it('has the disk that the manifest tells of, with nothing for xfs_repair and btrfs check to find', async () => {
    expect(built.manifest.disk.partitions).toMatchObject([
      { id: 'boot', fsType: 'vfat' },
      { id: 'data', fsType: 'btrfs', mountPoint: '/var/lib/data' },
      { id: 'rootfs', fsType: 'xfs', mountPoint: '/' },
    ]);
    await expectDiskOfManifest(built);
  });

  it('has the root file system as squashfs and erofs, too', async () => {
    const base = built.image.replace(/raw$/, '');
    await exec('fsck.erofs', [`${base}erofs`]);
    const { stdout } = await exec('unsquashfs', ['-cat', `${base}squashfs`, 'usr/lib/os-release']);
    expect(stdout).toContain('ID=azurelinux\n');
  });

  const machine = booted(() => ({ image: built.image, firmware: 'uefi', memory: MEMORY }));

  it('comes up whole', async () => {
    await expectWhole(machine());
    expect(await say(machine(), 'findmnt --noheadings --output FSTYPE,PARTUUID /')).toMatch(
      new RegExp(`^xfs +${partition(built, 'rootfs').partUuid}$`),
    );
    expect(await say(machine(), 'findmnt --noheadings --output FSTYPE /var/lib/data')).toBe('btrfs');
  });
});
