import { cp, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import type { RpmDistribution } from '../src/rpm-distribution/rpm-distribution.js';
import type { Machine } from '../src/virtual-machine.js';
import {
  bootedMachine,
  checkoutFile,
  decompressed,
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

const stage = setStage('rpm-kernels', full);
const distribution = setRpmDistribution(stage, full);

type Target = keyof RpmDistribution;

const EXAMPLES: Readonly<Record<Target, string>> = {
  azl3: 'azure-linux-3',
  emt3: 'edge-microvisor-toolkit-3',
};

interface KernelPackage {
  /** Absolute path of its package. */
  readonly file: string;
  /** What `uname -r` says when it runs. */
  readonly release: string;
}

/** One of the two kernels of the stand-in: `kernel` is the older one, `kernel-hwe` the newer one. */
async function kernelPackage(target: Target, name: 'kernel' | 'kernel-hwe'): Promise<KernelPackage> {
  const top = distribution()[target].folder;
  const files = await readdir(top, { recursive: true });
  const file = files.find((path) => new RegExp(`(?:^|/)${name}-\\d[^/]*\\.rpm$`).test(path)) ?? '';
  const { stdout } = await exec('rpm', ['-qlp', '--nosignature', join(top, file)]);
  return { file: join(top, file), release: /^\/boot\/vmlinuz-(\S+)$/m.exec(stdout)?.[1] ?? '' };
}

/**
 * Builds a template over an example, with the package of the `next` kernel in it. On the device dracut makes an initramfs for that
 * machine alone, as Azure Linux's package dracut-hostonly has it: one for any machine takes an emulated one minutes.
 */
async function build(
  target: Target,
  options: { readonly example: string; readonly next?: KernelPackage; readonly systemConfig: object },
): Promise<BuiltImage> {
  const { example, next, systemConfig } = options;
  const { mirrorArguments, fingerprint } = distribution()[target];
  const templates = await mkdtemp(join(stage.folder, `${target}-`));
  await cp(checkoutFile(`examples/${EXAMPLES[target]}`), templates, { recursive: true });
  const template = join(templates, 'next.yml');
  await writeFile(join(templates, 'small.conf'), 'hostonly="yes"\n');
  const additionalFiles = [
    ...(next === undefined ? [] : [{ local: next.file, final: '/var/lib/next.rpm', mode: '0644' }]),
    { local: 'small.conf', final: '/etc/dracut.conf.d/99-small.conf', mode: '0644' },
  ];
  await writeFile(
    template,
    JSON.stringify({
      extends: example,
      image: { name: `${target}-next` },
      systemConfig: { ...systemConfig, additionalFiles },
    }),
  );
  const args = ['--trust-key', `${target}=${fingerprint}`];
  return decompressed(
    await buildImage({ ...stage.composer, mirrorArguments }, template, templates, { args }),
  );
}

function booted(built: () => BuiltImage): () => Machine {
  const options = { firmware: 'uefi', restarts: true, memory: 2048 * MIB } as const;
  return bootedMachine(() => ({ ...options, image: built().image }), {
    logIn: logInAsUser,
  });
}

/** Milliseconds: to install a package, go down and come up in an emulated machine, on a host that is busy. */
const RESTARTING = 1_800_000;

async function installNext(machine: Machine): Promise<void> {
  // The initramfs is what takes its time.
  await say(machine, 'sudo -n rpm --install /var/lib/next.rpm', 900);
}

async function restart(machine: Machine): Promise<void> {
  machine.send('sudo -n systemctl reboot\n');
  await machine.waitFor(/Run \/init as init process/, 600);
  await logInAsUser(machine);
}

async function expectRunning(machine: Machine, built: BuiltImage, release: string): Promise<void> {
  await expectWhole(machine);
  expect(await say(machine, 'uname -r')).toBe(release);
  const commandLine = await say(machine, 'cat /proc/cmdline');
  expect(commandLine).toContain(`root=PARTUUID=${partition(built, 'rootfs').partUuid}`);
  expect(commandLine).toContain('console=ttyS0,115200 console=tty0 loglevel=7');
}

describe.skipIf(full !== '')(`the next kernel of Azure Linux with GRUB${full}`, () => {
  let next: KernelPackage;
  let built: BuiltImage;
  beforeAll(async () => {
    next = await kernelPackage('azl3', 'kernel-hwe');
    const systemConfig = { kernel: { default: '6.12.*' } };
    built = await build('azl3', { example: 'grub-raw.yml', next, systemConfig });
  });
  const machine = booted(() => built);

  it(
    'gets its entry by the scriptlets of its package, and is started',
    async () => {
      expect(await say(machine(), 'uname -r')).not.toBe(next.release);
      await installNext(machine());
      const config = await say(machine(), 'sudo -n cat /boot/grub2/grub.cfg');
      expect(config).toContain(`/boot/initramfs-${next.release}.img`);
      await restart(machine());
      await expectRunning(machine(), built, next.release);
      expect(await say(machine(), 'cat /proc/cmdline')).toContain(
        `BOOT_IMAGE=/boot/vmlinuz-${next.release} `,
      );
    },
    RESTARTING,
  );
});

describe.skipIf(full !== '')(`the next kernel of Edge Microvisor Toolkit with systemd-boot${full}`, () => {
  let next: KernelPackage;
  let built: BuiltImage;
  beforeAll(async () => {
    next = await kernelPackage('emt3', 'kernel-hwe');
    const systemConfig = { bootloader: { bootCounting: 2 } };
    built = await build('emt3', { example: 'minimal-raw.yml', next, systemConfig });
  });
  const machine = booted(() => built);

  it(
    'becomes a unified kernel image by kernel-install, is started and counted',
    async () => {
      const before = await say(machine(), 'uname -r');
      expect(before).not.toBe(next.release);
      await installNext(machine());
      const images = 'sudo -n ls -1 /boot/efi/EFI/Linux';
      expect(await say(machine(), images)).not.toContain(next.release);
      await say(machine(), `sudo -n kernel-install add ${next.release} /boot/vmlinuz-${next.release}`, 300);
      const token = 'edge-microvisor-toolkit';
      expect(await say(machine(), images)).toContain(`${token}-${next.release}+2.efi`);
      await restart(machine());
      await expectRunning(machine(), built, next.release);
      expect(await say(machine(), 'systemctl is-active systemd-bless-boot')).toBe('active');
      expect(await say(machine(), images)).toBe(`${token}-${before}.efi\n${token}-${next.release}.efi`);
    },
    RESTARTING,
  );
});

describe.skipIf(full !== '')(`a default among the kernels of Azure Linux${full}`, () => {
  describe.each(['grub-raw.yml', 'minimal-raw.yml'])('%s', (example) => {
    let older: KernelPackage;
    let newer: KernelPackage;
    let built: BuiltImage;
    beforeAll(async () => {
      older = await kernelPackage('azl3', 'kernel');
      newer = await kernelPackage('azl3', 'kernel-hwe');
      const kernel = { packages: ['kernel', 'kernel-hwe'], default: older.release };
      built = await build('azl3', { example, systemConfig: { kernel } });
    });
    const machine = booted(() => built);

    it('is started, and not the newest', async () => {
      expect(await say(machine(), 'sudo -n ls -1 /boot')).toContain(`vmlinuz-${newer.release}`);
      await expectRunning(machine(), built, older.release);
    });
  });
});
