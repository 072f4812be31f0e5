import { access, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exec } from '@ic/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { withDebianPackages } from '../src/debian-packages.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { type Machine, SECURE_BOOT_FIRMWARE } from '../src/virtual-machine.js';
import {
  bootedMachine,
  checkoutFile,
  expectDiskOfManifest,
  expectWhole,
  logInAsUser,
  partition,
  REFERENCE_PACKAGES,
  say,
} from './image-checks.js';
import { setStage, unlessFull } from './stage.js';

const needs = await lackingPackages([...REFERENCE_PACKAGES, 'mtools', 'binutils']);
const full = unlessFull(needs);
const hasSecureBoot = await access(SECURE_BOOT_FIRMWARE.code).then(
  () => true,
  () => false,
);

const stage = setStage('kernels', needs);

const example = (name: string) => checkoutFile(`examples/debian-12/${name}`);

/** Entries and unified kernel images of systemd-boot. */
function entries(machine: Machine): Promise<string> {
  const find = String.raw`find /boot/efi \( -path '*/entries/*' -o -path '*/EFI/Linux/*' \) -type f -printf '%f\n'`;
  return say(machine, `sudo -n ${find} | sort`);
}

/** The ESP of an image, as mtools name it. */
function espOf(built: BuiltImage): string {
  return `${built.image}@@${partition(built, 'boot').start}`;
}

async function fatFiles(built: BuiltImage, path: string): Promise<string[]> {
  const { stdout } = await exec('mdir', ['-b', '-i', espOf(built), path]);
  return stdout.split('\n').map((line) => basename(line.trim()));
}

/** A package of a kernel, and what `uname -r` says when it runs. */
interface KernelPackage {
  readonly name: string;
  readonly release: string;
  readonly file: string;
}

/** The cloud kernels of Debian 12 on the loopback mirror whose release begins so, oldest first. */
function kernelPackages(...beginnings: string[]): Promise<KernelPackage[][]> {
  return withDebianPackages('debian-12/minimal-raw.yml', stage.composer, async (debian) => {
    const found: KernelPackage[][] = [];
    for (const beginning of beginnings) {
      const all = await debian.resolve([`linux-image-${beginning}*-cloud-amd64`], 'none');
      const images = all.filter(({ name }) => /^linux-image-[0-9.]+(?:-\d+|\+\w+)-cloud-amd64$/.test(name));
      const fetched = await debian.fetch(images);
      found.push(
        fetched
          .map(({ name, path }) => ({ name, release: name.replace('linux-image-', ''), file: path }))
          .sort((a, b) => a.release.localeCompare(b.release, 'en', { numeric: true })),
      );
    }
    return found;
  });
}

/**
 * A template over an example that has the package of the next kernel in it. Its initramfs holds little more than the disk's
 * drivers: an emulated machine takes minutes for one that fits any machine.
 */
async function withNextKernel(
  name: string,
  next: KernelPackage,
  { kernel = {}, ...systemConfig }: { readonly kernel?: object; readonly bootloader?: object } = {},
): Promise<string> {
  const [template, small] = [join(stage.folder, `next-${name}`), join(stage.folder, 'small')];
  await writeFile(small, 'MODULES=list\n');
  const additionalFiles = [
    { local: next.file, final: '/var/lib/next.deb', mode: '0644' },
    { local: small, final: '/etc/initramfs-tools/conf.d/small', mode: '0644', stage: 'pre-initramfs' },
  ];
  const drivers = { enableExtraModules: ['virtio_pci', 'virtio_blk', 'ext4'] };
  await writeFile(
    template,
    JSON.stringify({
      extends: example(name),
      systemConfig: { ...systemConfig, kernel: { ...drivers, ...kernel }, additionalFiles },
    }),
  );
  return template;
}

/** Milliseconds: to install a package, go down and come up in an emulated machine, on a host that is busy. */
const RESTARTING = 1_800_000;

/** Installs the package of the next kernel, without a word of how it is to be started, and restarts. */
async function installNext(machine: Machine): Promise<void> {
  // The initramfs is what takes its time.
  await say(machine, 'sudo -n dpkg --install /var/lib/next.deb', 900);
  machine.send('sudo -n systemctl reboot\n');
  await machine.waitFor(/Run \/init as init process/, 600);
  await logInAsUser(machine);
}

describe.skipIf(needs !== '')(`several kernels, whose boots are counted${needs}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await buildImage(stage.composer, example('several-kernels.yml'), stage.folder);
  });
  const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi' }), { logIn: logInAsUser });

  it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));

  it('starts the newest, and counts it as good', async () => {
    await expectWhole(machine());
    expect(await say(machine(), 'uname -r')).toMatch(/^6\.12\./);
    expect(await say(machine(), 'systemctl is-active systemd-bless-boot')).toBe('active');
    expect(await entries(machine())).toMatch(
      /^debian-6\.1\.0-\d+-cloud-amd64\+3\.conf\ndebian-6\.12\.\S+-cloud-amd64\.conf$/,
    );
  });

  it('has both in the menu', async () => {
    const menu = await say(machine(), 'sudo -n bootctl list --no-pager', 120);
    expect(menu.match(/^ +version: .*$/gm)?.map((line) => line.trim().split('.', 2).join('.'))).toEqual([
      'version: 6.12',
      'version: 6.1',
    ]);
  });
});

describe.skipIf(full !== '')(`a default among the kernels of systemd-boot${full}`, () => {
  describe.each([{ uki: false }, { uki: true }])('with uki: $uki', ({ uki }) => {
    let built: BuiltImage;
    beforeAll(async () => {
      const packages = JSON.stringify(['linux-image-cloud-amd64', 'linux-image-6.12-cloud-amd64']);
      const settings = [`packages=${packages}`, 'default=6.1.*', `uki=${uki}`];
      built = await buildImage(stage.composer, example('minimal-raw.yml'), join(stage.folder, String(uki)), {
        args: settings.flatMap((setting) => ['--set', `systemConfig.kernel.${setting}`]),
      });
    });
    const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi' }), { logIn: logInAsUser });

    it('is started, and not the newest', async () => {
      await expectWhole(machine());
      expect(await say(machine(), 'uname -r')).toMatch(/^6\.1\./);
      expect(await entries(machine())).toMatch(
        uki
          ? /^debian-6\.1\.0-\S+\.efi\ndebian-6\.12\.\S+\.efi$/
          : /^debian-6\.1\.0-\S+\.conf\ndebian-6\.12\.\S+\.conf$/,
      );
    });
  });
});

describe.skipIf(full !== '')(`the next kernel with systemd-boot${full}`, () => {
  let next: KernelPackage;
  let built: BuiltImage;
  beforeAll(async () => {
    const [newer = []] = await kernelPackages('6.12.');
    next = newer.at(-1) ?? expect.fail('the mirror has no kernel 6.12');
    const template = await withNextKernel('minimal-raw.yml', next, { bootloader: { bootCounting: 2 } });
    built = await buildImage(stage.composer, template, stage.folder, { args: ['--set', 'image.name=next'] });
  });
  const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi', restarts: true }), {
    logIn: logInAsUser,
  });

  it(
    'gets its entry by kernel-install, is started and counted',
    async () => {
      const before = await say(machine(), 'uname -r');
      expect(before).toMatch(/^6\.1\./);
      await installNext(machine());
      await expectWhole(machine());
      expect(await say(machine(), 'uname -r')).toBe(next.release);
      expect(await say(machine(), 'systemctl is-active systemd-bless-boot')).toBe('active');
      expect(await entries(machine())).toBe(`debian-${before}.conf\ndebian-${next.release}.conf`);
      const entry = await say(machine(), `sudo -n cat /boot/efi/loader/entries/debian-${next.release}.conf`);
      expect(entry).toMatch(
        /^options +root=PARTUUID=\S+ rw console=ttyS0,115200 console=tty0 loglevel=7 *$/m,
      );
    },
    RESTARTING,
  );
});

describe.skipIf(full !== '')(`the next kernel of an image with a unified one${full}`, () => {
  let next: KernelPackage;
  let built: BuiltImage;
  beforeAll(async () => {
    const [newer = []] = await kernelPackages('6.12.');
    next = newer.at(-1) ?? expect.fail('the mirror has no kernel 6.12');
    built = await buildImage(stage.composer, await withNextKernel('uki.yml', next), stage.folder);
  });
  const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi', restarts: true }), {
    logIn: logInAsUser,
  });

  it('is what binutils take for one, with the picture of the template', async () => {
    const [name] = (await fatFiles(built, '::EFI/Linux')).filter((one) => one.endsWith('.efi'));
    expect(name).toMatch(/^debian-6\.1\.0-\d+-cloud-amd64\.efi$/);
    const file = join(stage.folder, 'uki.efi');
    await exec('mcopy', ['-i', espOf(built), `::EFI/Linux/${name}`, file]);
    const { stdout } = await exec('objdump', ['-h', file]);
    const sections = [...stdout.matchAll(/^ +\d+ (\.\w+) /gm)].map(([, section]) => section);
    expect(sections.slice(-6)).toEqual(['.osrel', '.cmdline', '.uname', '.splash', '.linux', '.initrd']);
    const content = async (section: string) => {
      const out = join(stage.folder, 'section');
      await exec('objcopy', ['-O', 'binary', '--only-section', section, file, out]);
      return readFile(out);
    };
    const splash = await readFile(example('files/splash.bmp'));
    expect((await content('.splash')).subarray(0, splash.length).equals(splash)).toBe(true);
    expect((await content('.osrel')).toString()).toContain('\nID=debian\n');
    expect(`debian-${(await content('.uname')).toString().replace(/\0+$/, '')}.efi`).toBe(name);
  });

  it('is all that there is to start, and was', async () => {
    await expectWhole(machine());
    const release = await say(machine(), 'uname -r');
    expect(await say(machine(), 'sudo -n find /boot/efi -size +1M')).toBe(
      `/boot/efi/EFI/Linux/debian-${release}.efi`,
    );
    const variable = '/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
    expect(await say(machine(), `tr -cd '[:print:]' < ${variable}`)).toMatch(/^systemd-stub 252/);
    expect(await say(machine(), 'cat /proc/cmdline')).toMatch(
      /^root=PARTUUID=\S+ rw console=ttyS0,115200 console=tty0 loglevel=7$/,
    );
  });

  it(
    'gets an entry where the target has no ukify, and is started',
    async () => {
      await installNext(machine());
      await expectWhole(machine());
      expect(await say(machine(), 'uname -r')).toBe(next.release);
      expect(await entries(machine())).toContain(`debian-${next.release}.conf`);
    },
    RESTARTING,
  );
});

const secure = hasSecureBoot ? full : ' (skipped: there is no OVMF for Secure Boot)';

describe.skipIf(secure !== '')(`shim, GRUB and the next kernel under Secure Boot${secure}`, () => {
  let kernels: readonly KernelPackage[];
  let built: BuiltImage;
  beforeAll(async () => {
    const [older = [], newer = []] = await kernelPackages('6.1.0-', '6.12.');
    kernels = older.slice(-2);
    const [first, next] = kernels;
    if (first === undefined || next === undefined) expect.fail('the mirror has not two kernels 6.1');
    const kernel = { packages: [first.name, newer.at(-1)?.name], default: '6.1.*' };
    built = await buildImage(
      stage.composer,
      await withNextKernel('shim.yml', next, { kernel }),
      stage.folder,
    );
  });
  const machine = bootedMachine(() => ({ image: built.image, firmware: 'secure-boot', restarts: true }), {
    logIn: logInAsUser,
  });

  it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));

  it('starts the kernel that the template says, and not the newest', async () => {
    await expectWhole(machine());
    expect(await say(machine(), 'uname -r')).toBe(kernels[0]?.release);
    expect(await say(machine(), 'sudo -n mokutil --sb-state')).toContain('SecureBoot enabled');
    expect(await say(machine(), 'cat /sys/kernel/security/lockdown')).toContain('[integrity]');
  });

  it(
    'starts the next one that fits, by update-grub',
    async () => {
      await installNext(machine());
      await expectWhole(machine());
      expect(await say(machine(), 'uname -r')).toBe(kernels[1]?.release);
      expect(
        await say(machine(), 'sudo -n grep -c "^[[:space:]]*menuentry .*cloud" /boot/grub/grub.cfg'),
      ).toMatch(/^[1-9]/);
    },
    RESTARTING,
  );
});
