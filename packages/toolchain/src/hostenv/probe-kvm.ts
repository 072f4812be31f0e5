import { constants } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec, messageOf, throwIfCancelled } from '@ic/utils';
import { findFirmware } from './find-firmware.js';
import { usable } from './find-program.js';
import { qemuArguments } from './qemu-arguments.js';

export interface KvmReport {
  readonly usable: boolean;
  /** Why not. */
  readonly problem?: string | undefined;
}

/** Milliseconds; where KVM works, OVMF gets this far in less than two seconds. */
const PATIENCE = 15_000;

/**
 * Finds out whether KVM runs a guest by running one: OVMF, until its boot manager speaks on the serial port. A device
 * node alone proves little: nested or filtered KVM can open and still not execute firmware.
 */
export async function probeKvm(signal?: AbortSignal): Promise<KvmReport> {
  if (!(await usable('/dev/kvm', constants.F_OK))) return no('/dev/kvm does not exist');
  if (!(await usable('/dev/kvm', constants.R_OK | constants.W_OK))) {
    return no('/dev/kvm may not be opened by this user; members of the group "kvm" may');
  }
  const firmware = await findFirmware();
  if (firmware === undefined) return no('not tried: there is no OVMF firmware to start');
  const folder = await mkdtemp(join(tmpdir(), 'ic-kvm-'));
  try {
    const variables = join(folder, 'variables.fd');
    await copyFile(firmware.variables, variables);
    return await tryGuest({ code: firmware.code, variables }, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tryGuest(
  firmware: { readonly code: string; readonly variables: string },
  signal: AbortSignal | undefined,
): Promise<KvmReport> {
  let verdict: KvmReport | undefined;
  const decided = new AbortController();
  const decide = (report: KvmReport) => {
    verdict ??= report;
    decided.abort();
  };
  const args = qemuArguments({
    disks: [],
    firmware,
    accelerator: 'kvm',
    memory: 256 * 1024 ** 2,
    processors: 1,
    serial: 'stdio',
    network: 'none',
    endOnReboot: true,
  });
  try {
    await exec('qemu-system-x86_64', args, {
      signal: signal === undefined ? decided.signal : AbortSignal.any([signal, decided.signal]),
      timeout: PATIENCE,
      onLine: (line) => {
        const report = judgeLine(line);
        if (report !== undefined) decide(report);
      },
    });
    return no('the guest ended before its firmware had started');
  } catch (error) {
    throwIfCancelled(signal);
    return verdict ?? no(messageOf(error).split('\n').slice(0, 2).join(' '));
  }
}

/** What a line of QEMU or of the guest decides: OVMF's boot manager is up, or KVM has given in. */
export function judgeLine(line: string): KvmReport | undefined {
  if (line.includes('BdsDxe')) return { usable: true };
  if (line.includes('KVM internal error')) return no(`a guest does not run: ${line.trim()}`);
  return undefined;
}

function no(problem: string): KvmReport {
  return { usable: false, problem };
}
