import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import {
  bootedMachine,
  checkoutFile,
  expectWhole,
  logInAsUser,
  REFERENCE_PACKAGES,
  say,
} from './image-checks.js';
import { setStage, unlessFull } from './stage.js';

const needs = unlessFull(await lackingPackages(REFERENCE_PACKAGES));
const example = (name: string) => checkoutFile(`examples/${name}`);

describe.skipIf(needs !== '')(`a Debian with SELinux${needs}`, () => {
  const stage = setStage('selinux', needs);
  let built: BuiltImage;
  beforeAll(async () => {
    built = await buildImage(stage.composer, example('debian-12/selinux.yml'), stage.folder);
  });

  it('is refused without a policy, before anything is fetched', async () => {
    const out = join(stage.folder, 'refused');
    const { status, stderr } = await stage.composer.ic([
      ...['build', example('debian-12/minimal-raw.yml')],
      ...['--set', 'systemConfig.selinux.mode=permissive', '--output-dir', out],
      ...['--cache-dir', stage.composer.cacheDir, ...stage.composer.mirrorArguments],
    ]);
    expect([status, await readdir(out).catch(() => [])]).toEqual([2, []]);
    expect(stderr).toContain('error[PACKAGE_LACKING]: the template has systemConfig.selinux');
    expect(stderr).toContain('hint: add selinux-policy-default');
    expect(stderr).not.toContain('fetch');
  });

  describe('running', () => {
    const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi', restarts: true }), {
      logIn: logInAsUser,
    });

    it('comes up whole, with the policy loaded and nothing prevented', async () => {
      await expectWhole(machine());
      expect(await say(machine(), 'sudo -n getenforce')).toBe('Permissive');
      expect(await say(machine(), 'sudo -n sestatus')).toMatch(/^Loaded policy name: +default$/m);
      expect(await say(machine(), 'cat /proc/cmdline')).toContain(' security=selinux selinux=1');
      // Without labels on files nothing leaves the type that the policy begins with.
      expect(await say(machine(), 'cat /proc/1/attr/current')).toContain('kernel_t');
    });

    it('takes its labels on the device, and enforces then', { timeout: 3_600_000 }, async () => {
      await say(machine(), 'sudo -n fixfiles onboot');
      machine().send('sudo -n systemctl reboot\n');
      // The first start gives the labels, and starts again.
      for (let starts = 0; starts < 2; starts += 1)
        await machine().waitFor(/Run \/init as init process/, 1200);
      await logInAsUser(machine());
      expect(await say(machine(), 'stat --format %C /etc/shadow')).toContain(':shadow_t:');
      expect(await say(machine(), 'cat /proc/1/attr/current')).toContain(':init_t:');
      await say(machine(), 'sudo -n setenforce 1');
      expect(await say(machine(), 'sudo -n getenforce')).toBe('Enforcing');
      await expectWhole(machine());
    });
  });
});
