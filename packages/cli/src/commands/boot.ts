import { constants } from 'node:fs';
import { access, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import type { Accelerator, Firmware, QemuDisk, QemuMachine } from '@ic/toolchain';
import { formatSize, parseSize } from '@ic/utils';
import { usageError } from '../errors.js';
import type { Session } from '../session.js';

export interface BootFlags {
  readonly firmware: 'uefi' | 'bios';
  /** A size as people write it. */
  readonly memory: string;
  readonly accel: 'auto' | Accelerator;
  readonly persist: boolean;
}

const FORMATS: Readonly<Record<string, QemuDisk['format']>> = {
  '.raw': 'raw',
  '.img': 'raw',
  '.qcow2': 'qcow2',
  '.vhd': 'vpc',
  '.vhdx': 'vhdx',
  '.vmdk': 'vmdk',
  '.vdi': 'vdi',
};

/** `ic boot`: starts an image in QEMU with its serial console on this terminal; the exit status is QEMU's. */
export async function boot(image: string, flags: BootFlags, session: Session): Promise<number> {
  const { reporter, context } = session;
  const { disks, kernel } = await sourceOf(image, flags.persist);
  const memory = parseSize(flags.memory);
  const room = await session.library.toolchain();
  room.requireHostPackages(await room.missingHostPackages(['boot']));
  const accelerator = await chooseAccelerator(flags.accel, session);
  const folder = await mkdtemp(join(tmpdir(), 'ic-boot-'));
  try {
    const args = room.qemuArguments({
      disks,
      kernel,
      firmware: flags.firmware === 'uefi' ? await ownFirmware(folder, session) : undefined,
      accelerator,
      memory,
      processors: Math.min(availableParallelism(), 4),
      serial: 'terminal',
      network: 'user',
    });
    const how = accelerator === 'kvm' ? 'with KVM' : 'by emulation';
    reporter.note(`booting ${image} ${how}, ${formatSize(memory)} of memory; Ctrl-a x leaves`);
    return await session.library.runOnTerminal('qemu-system-x86_64', args, context.signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sourceOf(image: string, persist: boolean): Promise<Pick<QemuMachine, 'disks' | 'kernel'>> {
  if (extname(image) === '.ipxe') return { disks: [], kernel: await kernelOf(image, persist) };
  const format = FORMATS[extname(image)];
  if (format === undefined) {
    throw usageError(
      `${image} does not end like a disk image (${Object.keys(FORMATS).join(' ')}), or .ipxe`,
      'decompress a compressed image first, for example with "gunzip --keep" or "unzstd"',
    );
  }
  const path = resolve(image);
  await requireAccess(image, persist ? 'written' : 'read');
  return { disks: [{ path, format, snapshot: !persist }] };
}

/** What the script of an `imageType: img` loads, from beside it. */
async function kernelOf(script: string, persist: boolean): Promise<QemuMachine['kernel']> {
  await requireAccess(script, 'read');
  const text = await readFile(script, 'utf8');
  const [, image, commandLine = ''] = /^kernel (\S+)(?: (.*))?$/m.exec(text) ?? [];
  const [, initramfs] = /^initrd (\S+)$/m.exec(text) ?? [];
  if (image === undefined || initramfs === undefined)
    throw usageError(`${script} is no script of an image: it names no kernel and initramfs`);
  if (persist) throw usageError('--persist needs a disk image: this one runs in memory');
  const beside = async (name: string) => {
    await requireAccess(join(dirname(script), name), 'read');
    return resolve(dirname(script), name);
  };
  return { image: await beside(image), initramfs: await beside(initramfs), commandLine };
}

async function requireAccess(path: string, how: 'read' | 'written'): Promise<void> {
  try {
    await access(path, how === 'written' ? constants.R_OK | constants.W_OK : constants.R_OK);
  } catch {
    throw usageError(`${path} cannot be ${how}`, '"ic build" prints where images are');
  }
}

async function chooseAccelerator(wanted: BootFlags['accel'], session: Session): Promise<Accelerator> {
  if (wanted !== 'auto') return wanted;
  const room = await session.library.toolchain();
  const kvm = await room.probeKvm(session.context.signal);
  if (!kvm.usable) session.reporter.note(`KVM is not used: ${kvm.problem}`);
  return kvm.usable ? 'kvm' : 'tcg';
}

/** The host's firmware with a variable store of this machine's own, which may be written to. */
async function ownFirmware(folder: string, session: Session): Promise<Firmware | undefined> {
  const room = await session.library.toolchain();
  const firmware = await room.findFirmware();
  if (firmware === undefined) return undefined;
  const variables = join(folder, 'variables.fd');
  await copyFile(firmware.variables, variables);
  return { code: firmware.code, variables };
}
