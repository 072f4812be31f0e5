import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFirmware, type QemuMachine, qemuArguments } from '@ic/toolchain';

export interface MachineOptions {
  /** Absolute path of a raw disk image; it is not changed. */
  readonly image?: string | undefined;
  /** Of further disks, in their order; not changed either. */
  readonly moreImages?: readonly string[] | undefined;
  /** What is started without a disk. */
  readonly kernel?: QemuMachine['kernel'];
  /** `secure-boot` is UEFI with Microsoft's keys. */
  readonly firmware: 'uefi' | 'bios' | 'secure-boot';
  /** A restart starts it again, with the disk as it was left, in place of ending it. */
  readonly restarts?: boolean | undefined;
  /** Bytes; default 1 GiB. */
  readonly memory?: number | undefined;
}

/** A machine that is running, and its first serial port. */
export interface Machine {
  /** All that the serial port said, escape sequences taken out. */
  readonly transcript: () => string;
  /** Waits until the text after the last thing waited for matches; rejects with the transcript's end. */
  waitFor(pattern: RegExp, seconds: number): Promise<string>;
  send(text: string): void;
  /** Logs in on the serial console. */
  logIn(user: string, password: string): Promise<void>;
  /** Runs a command line in the shell that is logged in. */
  run(command: string, seconds?: number): Promise<{ readonly status: number; readonly output: string }>;
  close(): Promise<void>;
}

/**
 * Boots an image in QEMU by emulation (half a minute to a minute and a half to a login prompt), without a network
 * beyond a DHCP server that leads nowhere.
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'ic-machine-'));
  const firmware = options.firmware === 'bios' ? undefined : await copyFirmware(options.firmware, folder);
  const child = spawn(
    'qemu-system-x86_64',
    qemuArguments({
      disks: [options.image ?? [], options.moreImages ?? []].flat().map((path) => ({
        ...{ path, format: 'raw', snapshot: true },
      })),
      kernel: options.kernel,
      firmware,
      secureBoot: options.firmware === 'secure-boot',
      accelerator: 'tcg',
      memory: options.memory ?? 1024 ** 3,
      processors: 2,
      serial: 'stdio',
      network: 'isolated',
      endOnReboot: options.restarts !== true,
    }),
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let text = '';
  let read = 0;
  let ended = false;
  const listeners = new Set<() => void>();
  const heard = (chunk: Buffer) => {
    text += plain(chunk.toString('utf8'));
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  child.stdin.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      for (const listener of listeners) listener();
      resolve();
    });
  });

  const waitFor = (pattern: RegExp, seconds: number) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => finish(new Error(`no ${pattern} within ${seconds} s`)), seconds * 1000);
      const finish = (error?: Error, found = '') => {
        clearTimeout(timer);
        listeners.delete(look);
        if (error === undefined) resolve(found);
        else reject(new Error(`${error.message}; the serial port said last:\n${text.slice(-3000)}`));
      };
      const look = () => {
        const match = pattern.exec(text.slice(read));
        if (match !== null) {
          const end = read + match.index + match[0].length;
          const before = text.slice(read, end);
          read = end;
          finish(undefined, before);
        } else if (ended) finish(new Error(`the machine ended before ${pattern}`));
      };
      listeners.add(look);
      look();
    });

  const send = (line: string) => {
    child.stdin.write(line);
  };

  let commands = 0;
  const run = async (command: string, seconds = 60) => {
    commands += 1;
    // The markers are written split, so that no echo of the command line is taken for them: there may be two, one by
    // the terminal and one by the shell, when the line comes before the prompt.
    send(`echo "IC-""BEGIN-${commands}"; ${command}; echo "IC-""END-${commands}-$?"\n`);
    const end = new RegExp(`IC-END-${commands}-(\\d+)\\r?\\n`);
    const said = await waitFor(end, seconds);
    const begin = `IC-BEGIN-${commands}`;
    const output = said
      .slice(said.indexOf(begin) + begin.length)
      .replace(end, '')
      .replaceAll('\r', '');
    return { status: Number(end.exec(said)?.[1]), output: output.trim() };
  };

  return {
    transcript: () => text,
    waitFor,
    send,
    run,
    async logIn(user, password) {
      await waitFor(/login: /, 300);
      send(`${user}\n`);
      await waitFor(/[Pp]assword: /, 60);
      send(`${password}\n`);
      await waitFor(/[$#] $/, 60);
      // Wide enough that no line wraps, and no colours.
      await run('export TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0; stty cols 1000; PS1="$ "');
      // What the kernel has to say, of a slow clock above all, would come between what commands say. Root can ask it not to.
      await run('{ echo 1 > /proc/sys/kernel/printk; } 2> /dev/null');
    },
    async close() {
      child.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Boots an image and logs in. What the emulator does to a machine once in some hundred boots is said, and the machine
 * started once more; a kernel that does not start fails again.
 */
export async function startLoggedIn(
  options: MachineOptions,
  logIn: (machine: Machine) => Promise<void>,
): Promise<Machine> {
  for (let isSecond = false; ; isSecond = true) {
    const machine = await startMachine(options);
    try {
      await logIn(machine);
      return machine;
    } catch (error) {
      await machine.close();
      const fault = emulatorsFault(machine.transcript());
      if (isSecond || fault === undefined) throw error;
      console.warn(`${fault}; once more, after: ${(error as Error).message}`);
    }
  }
}

/**
 * What is taken for the emulator's doing. QEMU 7.2 and 8.0 are known to err where one of two processors rewrites code
 * that the other runs: a kernel then stops at a breakpoint that it has taken out already. A machine of one processor
 * would not, and takes half as long again to boot.
 */
function emulatorsFault(transcript: string): string | undefined {
  if (!/Linux version/.test(transcript)) return 'no kernel said anything';
  if (/\bint3: 0000 /.test(transcript)) return 'the kernel stopped at a breakpoint of its own';
  return undefined;
}

/** Debian's OVMF that checks signatures, and variables with Microsoft's keys in them. */
export const SECURE_BOOT_FIRMWARE = {
  code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
  variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
} as const;

async function copyFirmware(
  kind: 'uefi' | 'secure-boot',
  folder: string,
): Promise<{ code: string; variables: string }> {
  const found = kind === 'uefi' ? await findFirmware() : SECURE_BOOT_FIRMWARE;
  if (found === undefined)
    throw new Error('there is no OVMF firmware on this machine: install the package ovmf');
  const variables = join(folder, 'variables.fd');
  await copyFile(found.variables, variables);
  return { code: found.code, variables };
}

/** Terminal escape sequences (ECMA-48 CSI, OSC and two-byte ones) say nothing to a test. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, '');
}
