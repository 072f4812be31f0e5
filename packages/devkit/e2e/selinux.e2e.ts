import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectHost } from '@ic/toolchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAsUser } from '../src/build-as-user.js';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { ordinaryUser } from '../src/ordinary-user.js';
import { readTree } from '../src/read-tree.js';
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

const needs = unlessFull(await lackingPackages(REFERENCE_PACKAGES));
const rpmNeeds = unlessFull(await lackingPackages([...REFERENCE_PACKAGES, ...RPM_PACKAGES]));
const { loopDevices } = await inspectHost({ purposes: ['build'] });
const example = (name: string) => checkoutFile(`examples/${name}`);

describe.skipIf(needs !== '')(`a Debian with SELinux${needs}`, () => {
  const stage = setStage('selinux', needs);
  const user = ordinaryUser();
  let built: BuiltImage;
  beforeAll(async () => {
    await chmod(stage.folder, 0o755);
    built = await buildImage(stage.composer, example('debian-12/selinux.yml'), join(stage.folder, 'root'));
  });
  afterAll(() => user && rm(user.home, { recursive: true, force: true }));

  it.each([
    [
      'no policy',
      'minimal-raw.yml',
      ['systemConfig.selinux.mode=enforcing'],
      'PACKAGE_LACKING',
      'add selinux-policy',
    ],
    [
      'a file system that takes labels only by mounting',
      'selinux.yml',
      [
        'disk.partitions=[{id: esp, type: esp, size: 256MiB, fsType: vfat, mountPoint: /boot/efi}, {id: root, fsType: btrfs, mountPoint: /}]',
      ],
      ...(['PARTITION_INVALID', '--assembly loop'] as const),
    ],
  ])('is refused with %s, before anything is fetched', async (_, name, settings, code, hint) => {
    const out = join(stage.folder, 'refused');
    const { status, stderr } = await stage.composer.ic([
      ...['build', example(`debian-12/${name}`), '--output-dir', out, '--cache-dir', stage.composer.cacheDir],
      ...settings.flatMap((setting) => ['--set', setting]),
      ...stage.composer.mirrorArguments,
    ]);
    expect([status, await readdir(out).catch(() => [])]).toEqual([2, []]);
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).toMatch(new RegExp(`^hint: .*${hint}`, 'm'));
    expect(stderr).not.toContain('fetch');
  });

  it('has a label on every file that the policy has one for', async () => {
    await expectDiskOfManifest(built);
    const labels = labelsOf(await readTree(built.image, partition(built, 'rootfs')));
    expect(labels).toMatchObject({
      '': 'system_u:object_r:root_t:s0',
      'boot/efi': 'system_u:object_r:boot_t:s0',
      'etc/shadow': 'system_u:object_r:shadow_t:s0',
      'home/user': expect.stringMatching(/:user_home_dir_t:/),
      tmp: 'system_u:object_r:tmp_t:s0',
    });
    const without = Object.keys(labels).filter((path) => labels[path] === undefined);
    expect(without).toEqual(['lost+found', 'proc']);
  });

  it.skipIf(user === undefined)('is the same image where an ordinary user builds it', async () => {
    const options = await buildAsUser(user, join(stage.folder, 'own'), stage.composer);
    const template = example('debian-12/selinux.yml');
    const byUser = await buildImage(stage.composer, template, join(stage.folder, 'own/out'), options);
    expect(byUser.manifest).toEqual(built.manifest);
    expect(byUser.manifest.artifacts).toHaveLength(1);
  });

  it.skipIf(!loopDevices.usable)('has the same labels through a loop device', async () => {
    const args = ['--assembly', 'loop'];
    const template = example('debian-12/selinux.yml');
    const loop = await buildImage(stage.composer, template, join(stage.folder, 'loop'), { args });
    const [direct, mounted] = await Promise.all(
      [built, loop].map((one) => readTree(one.image, partition(one, 'rootfs'))),
    );
    expect(labelsOf(mounted ?? {})).toEqual(labelsOf(direct ?? {}));
  });

  describe('running', () => {
    const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi' }), { logIn: logInAsUser });

    it('comes up whole, and enforces from its first start', async () => {
      await expectWhole(machine());
      expect(await say(machine(), 'sudo -n getenforce')).toBe('Enforcing');
      expect(await say(machine(), 'sudo -n sestatus')).toMatch(/^Loaded policy name: +default$/m);
      expect(await say(machine(), 'cat /proc/cmdline')).toContain(' security=selinux selinux=1');
      expect(await say(machine(), 'cat /proc/1/attr/current')).toContain(':init_t:');
      expect(await say(machine(), 'stat --format %C /etc/shadow')).toContain(':shadow_t:');
    });

    it('keeps root from what the policy does not allow', async () => {
      const read = 'sudo -n runcon system_u:system_r:ping_t:s0 cat /etc/shadow';
      const { status, output } = await machine().run(read);
      expect(status).not.toBe(0);
      expect(output).toContain('Permission denied');
    });
  });
});

describe.skipIf(rpmNeeds !== '')(`examples/azure-linux-3/selinux.yml${rpmNeeds}`, () => {
  const stage = setStage('selinux-rpm', rpmNeeds);
  const distribution = setRpmDistribution(stage, rpmNeeds);
  let built: BuiltImage;
  beforeAll(async () => {
    const { mirrorArguments, fingerprint } = distribution().azl3;
    built = await buildImage(
      { ...stage.composer, mirrorArguments },
      example('azure-linux-3/selinux.yml'),
      stage.folder,
      { args: ['--trust-key', `azl3=${fingerprint}`] },
    );
  });

  it('has a label on every file that the policy has one for', async () => {
    const labels = labelsOf(await readTree(built.image, partition(built, 'rootfs')));
    const without = Object.keys(labels).filter((path) => labels[path] === undefined);
    expect(without).toEqual(['lost+found', 'proc']);
    expect(labels['etc/shadow']).toBe('system_u:object_r:shadow_t:s0');
  });

  const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi', memory: 2560 * MIB }), {
    logIn: logInAsUser,
  });

  it('enforces from its first start, and comes up but for what the policy of the stand-in prevents', async () => {
    await machine().run('systemctl is-system-running --wait', 300);
    const failed = await say(machine(), 'systemctl --failed --no-legend --plain');
    // Debian 13's policy is in the place of Azure Linux's.
    expect(failed).toMatch(/^systemd-network-generator\.service [^\n]*$/);
    expect(await say(machine(), 'sudo -n getenforce')).toBe('Enforcing');
    expect(await say(machine(), 'sudo -n sestatus')).toMatch(/^Loaded policy name: +targeted$/m);
    expect(await say(machine(), 'cat /proc/1/attr/current')).toContain(':init_t:');
  });
});

/** By path; undefined where there is none. A second name of a file says nothing of it. */
function labelsOf(tree: Record<string, string>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, facts]) => !facts.startsWith('hardlink '))
      .map(([path, facts]) => {
        const hex = /security\.selinux=([0-9a-f]+)/.exec(facts)?.[1];
        return [path, hex && Buffer.from(hex, 'hex').toString().replace(/\0$/, '')];
      }),
  );
}
