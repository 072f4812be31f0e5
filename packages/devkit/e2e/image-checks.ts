import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exec } from '@ic/utils';
import { afterAll, beforeAll, expect } from 'vitest';
import { $ } from 'zx';
import type { BuiltImage } from '../src/build-image.js';
import { debugfs, readDisk } from '../src/read-disk.js';
import { type Machine, type MachineOptions, startLoggedIn } from '../src/virtual-machine.js';

/** What a test of disks and boots stands on, beside the program that it tests. */
export const REFERENCE_PACKAGES = [
  'qemu-system-x86',
  'ovmf',
  'fdisk',
  'gdisk',
  'e2fsprogs',
  'dosfstools',
  'openssl',
];

export const MIB = 1024 ** 2;

/** A file of this checkout. */
export function checkoutFile(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

/** The partition that the template calls `id`, as the manifest has it. */
export function partition({ manifest }: BuiltImage, id: string) {
  const found = manifest.disk.partitions.find((one) => one.id === id);
  if (found === undefined) throw new Error(`the image has no partition ${id}`);
  return found;
}

/** That reference programs find on the disk what the manifest tells, and nothing to complain about. */
export async function expectDiskOfManifest({ image, manifest }: BuiltImage): Promise<void> {
  const { disk, complaints } = await readDisk(image);
  expect(complaints).toEqual([]);
  const partitions = manifest.disk.partitions.map(({ id: _, mountPoint: __, ...rest }) => rest);
  expect(disk).toEqual({ ...manifest.disk, partitions });
}

/** The image without its gzip around it, sparse, beside the compressed file. */
export async function decompressed({ image: compressed, manifest }: BuiltImage): Promise<BuiltImage> {
  const image = compressed.replace(/\.gz$/, '');
  await $({
    quiet: true,
  })`gzip --decompress --stdout ${compressed} | dd of=${image} bs=1M iflag=fullblock conv=sparse status=none`;
  return { image, manifest };
}

const ROOT_PASSWORD = 'image';

/** Nobody can log in to most defaults: writes a password of root into the finished image. */
async function openRootAccount(built: BuiltImage): Promise<void> {
  const { start } = partition(built, 'rootfs');
  const { stdout: hash } = await exec('openssl', ['passwd', '-6', ROOT_PASSWORD]);
  const before = await debugfs(built.image, start, 'cat /etc/shadow');
  const folder = await mkdtemp(join(tmpdir(), 'ic-shadow-'));
  const [shadow, commands] = [join(folder, 'shadow'), join(folder, 'debugfs')];
  await writeFile(shadow, before.replace(/^root:[*!]+:/m, `root:${hash.trim()}:`), { mode: 0o600 });
  await writeFile(commands, `rm /etc/shadow\nwrite ${shadow} /etc/shadow\n`);
  await exec('debugfs', ['-w', '-f', commands, `${built.image}?offset=${start}`]);
  await rm(folder, { recursive: true });
}

/** Boots an image for the tests of one `describe`; `ready` makes it ready before, or logs in afterwards. */
export function bootedMachine(
  options: () => MachineOptions,
  ready: {
    readonly before?: () => Promise<void>;
    readonly logIn: (machine: Machine) => Promise<void>;
  },
): () => Machine {
  let machine: Machine | undefined;
  beforeAll(async () => {
    await ready.before?.();
    machine = await startLoggedIn(options(), ready.logIn);
  });
  afterAll(() => machine?.close());
  return () => {
    if (machine === undefined) throw new Error('the machine did not start');
    return machine;
  };
}

/** Logs in as the user of the examples, who may then use sudo without a password. */
export async function logInAsUser(machine: Machine): Promise<void> {
  await machine.logIn('user', 'image');
  const sudo = await machine.run('echo image | sudo -S -p "" dmesg --console-off');
  expect(sudo).toMatchObject({ status: 0 });
}

/** Boots an image whose root account is locked, and logs in as root on the serial console. */
export function bootedAsRoot(
  built: () => BuiltImage,
  options: Pick<MachineOptions, 'memory'> = {},
): () => Machine {
  return bootedMachine(() => ({ ...options, image: built().image, firmware: 'uefi' }), {
    before: () => openRootAccount(built()),
    logIn: (machine) => machine.logIn('root', ROOT_PASSWORD),
  });
}

/** What a command says in the machine; one that fails is an error. */
export async function say(machine: Machine, command: string, seconds?: number): Promise<string> {
  const { status, output } = await machine.run(command, seconds);
  if (status !== 0) throw new Error(`"${command}" ended with status ${status}: ${output}`);
  return output;
}

/** That the system is up, no unit of it failed, and it was started by UEFI. */
export async function expectWhole(machine: Machine): Promise<void> {
  const state = await machine.run('systemctl is-system-running --wait', 300);
  const failed = await say(machine, 'systemctl --failed --no-legend --plain');
  expect([state.output, failed]).toEqual(['running', '']);
}
