import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readKeys } from '@ic/package-core';
import { exec } from '@ic/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { type ElxrRepository, elxrRepository } from '../src/elxr-repository.js';
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
import { setStage, unlessFull } from './stage.js';

const needs = await lackingPackages([...REFERENCE_PACKAGES, 'gpg', 'gpg-agent', 'dpkg-dev', 'apt-utils']);

const stage = setStage('elxr', needs);
let repository: ElxrRepository;
beforeAll(async () => {
  if (needs === '') repository = await elxrRepository(stage.composer);
});

const example = (name: string) => checkoutFile(`examples/elxr-12/${name}`);

/** Builds an example with the defaults as they are shipped. */
function build(name: string, outputDir: string): Promise<BuiltImage> {
  const { mirrorArguments, fingerprint } = repository;
  const mirrored = { ...stage.composer, mirrorArguments };
  return buildImage(mirrored, example(name), outputDir, { args: ['--trust-key', `elxr=${fingerprint}`] });
}

/** What is true of every running eLxr. */
function itRuns(machine: () => Machine, hostname: string) {
  it('comes up whole', async () => {
    await expectWhole(machine());
    expect(await say(machine(), 'test -d /sys/firmware/efi && hostname')).toBe(hostname);
  });

  it('is eLxr', async () => {
    expect(await say(machine(), '. /etc/os-release; echo $ID $VERSION_CODENAME')).toBe('elxr aria');
  });

  it('was started by an initramfs that dracut made', async () => {
    expect(await say(machine(), 'journalctl --boot --unit dracut-cmdline.service --output cat')).toContain(
      'dracut',
    );
    expect((await machine().run('test -e /usr/sbin/mkinitramfs')).status).toBe(1);
  });
}

describe.skipIf(needs !== '')(`the key of eLxr, which nobody has pinned${needs}`, () => {
  const attempt = async (...args: readonly string[]) => {
    const outputDir = join(stage.folder, 'refused');
    const folders = ['--output-dir', outputDir, '--cache-dir', stage.composer.cacheDir];
    const result = await stage.composer.ic([
      ...['build', example('default-raw.yml'), ...folders],
      ...[...repository.mirrorArguments, ...args],
    ]);
    return { ...result, made: await readdir(outputDir).catch(() => []) };
  };

  it('is shown and not trusted', async () => {
    const { status, stderr, made } = await attempt();
    expect([status, made]).toEqual([2, []]);
    expect(stderr).toContain('error[KEY_UNPINNED]: ');
    expect(stderr).toContain(`--trust-key elxr=${repository.fingerprint}\n`);
  });

  it('is not trusted on the fingerprint of another', async () => {
    const { status, stderr, made } = await attempt('--trust-key', `elxr=${'0123456789'.repeat(4)}`);
    expect([status, made]).toEqual([1, []]);
    expect(stderr).toContain('error[KEY_UNAVAILABLE]: ');
    expect(stderr).toContain(repository.fingerprint);
  });
});

describe.skipIf(needs !== '')(`the default image of eLxr 12${needs}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await decompressed(await build('default-raw.yml', join(stage.folder, 'default')));
  });

  it('has the disk that defaults and manifest tell of', async () => {
    expect(built.manifest.artifacts).toMatchObject([{ file: 'elxr-12-default-12.0.0.raw.gz' }]);
    expect(built.manifest.disk).toMatchObject({ table: 'gpt', size: 4096 * MIB });
    expect(built.manifest.disk.partitions).toMatchObject([
      { id: 'boot', start: MIB, size: 512 * MIB, fsType: 'vfat', mountPoint: '/boot/efi' },
      { id: 'rootfs', start: 513 * MIB, size: 2048 * MIB, fsType: 'ext4', mountPoint: '/' },
      { id: 'roothashmap', start: 2561 * MIB, size: 500 * MIB, fsType: 'none' },
      { id: 'userdata', start: 3061 * MIB, fsType: 'ext4', mountPoint: '/opt' },
    ]);
    await expectDiskOfManifest(built);
  });

  it('keeps the partition for the hash tree empty', async () => {
    const { start, size } = partition(built, 'roothashmap');
    await exec('cmp', ['--ignore-initial', `${start}:0`, '--bytes', String(size), built.image, '/dev/zero']);
  });

  describe('running', () => {
    const machine = bootedAsRoot(() => built);
    itRuns(machine, 'elxr');

    it('has exactly the packages of the manifest', async () => {
      const format = `'\${Package} \${Version} \${Architecture} \${db:Status-Abbrev}\\n'`;
      const installed = (await say(machine(), `dpkg-query -W -f ${format}`)).split('\n');
      const told = built.manifest.packages.map((pkg) => `${pkg.name} ${pkg.version} ${pkg.architecture} ii`);
      expect(installed.map((line) => line.trim()).sort()).toEqual(told.sort());
      expect(told.filter((line) => /^(?:elxr-|uefi-ext4|dracut )/.test(line))).toHaveLength(3);
      expect(await say(machine(), 'dpkg --audit')).toBe('');
    });

    it('has the data partition at /opt', async () => {
      const { partUuid, fsUuid } = partition(built, 'userdata');
      const mounted = await say(machine(), 'findmnt --noheadings --output PARTUUID,UUID,FSTYPE,OPTIONS /opt');
      expect(mounted.split(/\s+/)).toEqual([partUuid, fsUuid, 'ext4', expect.stringMatching(/^rw,/)]);
    });

    it('gets its packages from eLxr and knows its key', async () => {
      const shipped = 'packages/toolchain/os/wind-river-elxr/elxr12/defaults/elxr.sources';
      const sources = (await readFile(checkoutFile(shipped), 'utf8')).trim();
      expect(await say(machine(), 'cd /etc/apt/sources.list.d && ls && cat *')).toBe(
        `elxr.sources\n${sources}`,
      );
      const format = `'$(SITE) $(RELEASE) $(COMPONENT)'`;
      const targets = `apt-get indextargets --no-release-info --format ${format} 'Identifier: Packages'`;
      expect((await say(machine(), `${targets} | sort --unique`)).split('\n')).toEqual([
        'https://mirror.elxr.dev/elxr aria main',
        'https://mirror.elxr.dev/elxr aria non-free-firmware',
      ]);
      const keyring = /^Signed-By: (.+)$/m.exec(sources)?.[1];
      const key = await say(machine(), `base64 --wrap=0 ${keyring}`);
      const keys = await readKeys(Buffer.from(key, 'base64'));
      expect(keys.map(({ fingerprint }) => fingerprint)).toEqual([repository.fingerprint]);
    });

    it('lets nobody in by a password that was not given', async () => {
      expect(await say(machine(), `awk -F: '$1 != "root" && $2 !~ /^[!*]/' /etc/shadow`)).toBe('');
    });

    it('asks for its address', async () => {
      expect(await say(machine(), 'networkctl --no-legend list')).toMatch(
        /e\S+ +ether +routable +configured/,
      );
      expect(await say(machine(), 'ifconfig')).toContain('inet 10.0.2.15 ');
    });
  });
});

const full = unlessFull(needs);

describe.skipIf(full !== '')(`the minimal image of eLxr 12${full}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await build('minimal-raw.yml', join(stage.folder, 'minimal'));
  });
  it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));

  describe('running', () => {
    const machine = bootedAsRoot(() => built);
    itRuns(machine, 'minimal');
  });
});
