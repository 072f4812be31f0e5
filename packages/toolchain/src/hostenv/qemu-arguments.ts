import type { Firmware } from './find-firmware.js';

export type Accelerator = 'kvm' | 'tcg';

/** A disk given to a virtual machine. */
export interface QemuDisk {
  /** Absolute path. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2' | 'vpc' | 'vhdx' | 'vmdk' | 'vdi';
  /** Writes go to a temporary file and are lost when the machine ends. */
  readonly snapshot: boolean;
}

export interface QemuMachine {
  /** The first one is what the firmware boots. */
  readonly disks: readonly QemuDisk[];
  /** OVMF's code, read only, and a variable store of this machine's own, which is written to; undefined boots by BIOS. */
  readonly firmware?: Firmware | undefined;
  /** The firmware checks signatures and lets no one but itself write to its variables. Default false. */
  readonly secureBoot?: boolean | undefined;
  /** A kernel that QEMU starts by itself, without the firmware's boot order; absolute paths. */
  readonly kernel?:
    | { readonly image: string; readonly initramfs: string; readonly commandLine: string }
    | undefined;
  readonly accelerator: Accelerator;
  /** Bytes. */
  readonly memory: number;
  readonly processors: number;
  /**
   * Where the first serial port is: `terminal` shares standard input and output with QEMU's monitor (Ctrl-a x leaves),
   * `stdio` is those alone, `none` is nowhere, `file:PATH` is a file.
   */
  readonly serial: 'terminal' | 'stdio' | 'none' | `file:${string}`;
  /** `isolated` answers DHCP but leads nowhere; `user` reaches what the host reaches; `none` has no card. */
  readonly network: 'none' | 'isolated' | 'user';
  /** TCP ports of the host's loopback that lead into the machine. */
  readonly forward?: readonly { readonly host: number; readonly guest: number }[] | undefined;
  /** A restart ends the machine; for tests. Default false. */
  readonly endOnReboot?: boolean | undefined;
}

/**
 * The arguments for qemu-system-x86_64: a Q35 machine without a screen, with virtio disks, network card and random
 * numbers. Pure.
 */
export function qemuArguments(machine: QemuMachine): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', machine.secureBoot === true ? 'q35,smm=on' : 'q35', ...accelerated(machine.accelerator)],
    ...['-m', `${Math.ceil(machine.memory / 1024 ** 2)}M`, '-smp', String(machine.processors)],
    ...firmware(machine.firmware),
    ...(machine.secureBoot === true ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    ...kernel(machine.kernel),
    ...machine.disks.flatMap(disk),
    ...['-device', 'virtio-rng-pci'],
    ...network(machine),
    ...(machine.serial === 'none' ? [] : ['-serial', serial(machine.serial)]),
    ...(machine.endOnReboot === true ? ['-no-reboot'] : []),
  ];
}

/** Under emulation the widest processor but for cmpxchg16b, which QEMU 7.2 gets wrong now and then (a double fault). */
function accelerated(accelerator: Accelerator): string[] {
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16'];
}

function firmware(files: Firmware | undefined): string[] {
  if (files === undefined) return [];
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escaped(files.code)}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${escaped(files.variables)}`],
  ];
}

function kernel(files: QemuMachine['kernel']): string[] {
  if (files === undefined) return [];
  return ['-kernel', files.image, '-initrd', files.initramfs, '-append', files.commandLine];
}

function disk({ path, format, snapshot }: QemuDisk, index: number): string[] {
  const id = `disk${index}`;
  return [
    '-drive',
    `if=none,id=${id},format=${format},snapshot=${snapshot ? 'on' : 'off'},cache=${snapshot ? 'unsafe' : 'writeback'},file=${escaped(path)}`,
    '-device',
    `virtio-blk-pci,drive=${id},bootindex=${index}`,
  ];
}

function network({ network: kind, forward = [] }: QemuMachine): string[] {
  if (kind === 'none') return ['-nic', 'none'];
  const options = [
    'user',
    'model=virtio-net-pci',
    ...(kind === 'isolated' ? ['restrict=on'] : []),
    ...forward.map((port) => `hostfwd=tcp:127.0.0.1:${port.host}-:${port.guest}`),
  ];
  return ['-nic', options.join(',')];
}

function serial(where: Exclude<QemuMachine['serial'], 'none'>): string {
  return where === 'terminal' ? 'mon:stdio' : escaped(where);
}

/** QEMU separates options by commas and takes a doubled one for itself. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}
