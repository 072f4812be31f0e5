import { constants } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, freemem, release, userInfo } from 'node:os';
import { exec, messageOf, throwIfCancelled } from '@ic/utils';
import { type HostUser, type NamespaceReport, tryBuildNamespaces } from './build-namespaces.js';
import { type Firmware, findFirmware } from './find-firmware.js';
import { findProgram, usable } from './find-program.js';
import type { HostPackage, HostPurpose, PackageManager } from './host-packages.js';
import { hostPackagesFor, missingHostPackages } from './missing-host-packages.js';
import { type OsRelease, parseOsRelease } from './os-release.js';
import { type KvmReport, probeKvm } from './probe-kvm.js';
import { programVersion } from './program-version.js';

export interface HostProgram {
  readonly name: string;
  /** Absolute; undefined when it is not installed. */
  readonly path: string | undefined;
  /** Undefined when it is not installed or does not say. */
  readonly version: string | undefined;
}

/** What one machine can and cannot do. */
export interface HostReport {
  readonly os: OsRelease;
  /** Release of the running kernel. */
  readonly kernel: string;
  /** Node's word: x64, arm64. */
  readonly architecture: string;
  readonly processors: number;
  readonly user: HostUser;
  /** Undefined when this host's package manager is none that we know. */
  readonly packageManager: PackageManager | undefined;
  readonly programs: readonly HostProgram[];
  readonly missing: readonly HostPackage[];
  readonly namespaces: NamespaceReport;
  readonly loopDevices: { readonly usable: boolean; readonly problem?: string | undefined };
  /** Bytes that a tmpfs could take now (MemAvailable). */
  readonly memoryAvailable: number;
  /** Tried only for the purpose `boot`. */
  readonly kvm: KvmReport | undefined;
  readonly firmware: Firmware | undefined;
  /** Bytes that this user may still write at each place that was asked about. */
  readonly space: readonly { readonly path: string; readonly available: number }[];
}

export interface InspectOptions {
  readonly purposes: readonly HostPurpose[];
  /** Existing folders whose free space is wanted. */
  readonly places?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at this machine, and tries what can only be known by trying: private namespaces, a loop device, a KVM guest.
 * Changes nothing. Takes a fraction of a second, with the purpose `boot` up to 15 s where KVM hangs.
 *
 * @throws UtilsError CANCELLED
 */
export async function inspectHost(options: InspectOptions): Promise<HostReport> {
  const { purposes, signal } = options;
  const { uid, username } = userInfo();
  const user = { uid, name: username };
  const [os, programs, missing, namespaces, loopDevices, kvm, firmware, memoryAvailable, space] =
    await Promise.all([
      readFile('/etc/os-release', 'utf8').then(parseOsRelease, () => parseOsRelease('')),
      findPrograms(purposes, signal),
      missingHostPackages(purposes),
      tryBuildNamespaces(user, signal),
      tryLoopDevices(user, signal),
      purposes.includes('boot') ? probeKvm(signal) : undefined,
      findFirmware(),
      availableMemory(),
      Promise.all((options.places ?? []).map(spaceAt)),
    ]);
  return {
    os,
    kernel: release(),
    architecture: arch(),
    processors: availableParallelism(),
    user,
    packageManager: (await findProgram('apt-get')) === undefined ? undefined : 'apt',
    programs,
    missing,
    namespaces,
    loopDevices,
    memoryAvailable,
    kvm,
    firmware,
    space,
  };
}

function findPrograms(purposes: readonly HostPurpose[], signal?: AbortSignal): Promise<HostProgram[]> {
  const names = hostPackagesFor(purposes).flatMap((entry) => entry.programs ?? []);
  return Promise.all(
    names.map(async (name) => {
      const path = await findProgram(name);
      return { name, path, version: path === undefined ? undefined : await versionOf(path, signal) };
    }),
  );
}

async function versionOf(path: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await exec(path, ['--version'], { signal, timeout: 5000 });
    return programVersion(`${stdout}\n${stderr}`);
  } catch {
    throwIfCancelled(signal);
    return undefined;
  }
}

async function tryLoopDevices(user: HostUser, signal?: AbortSignal): Promise<HostReport['loopDevices']> {
  if (user.uid !== 0) return { usable: false, problem: 'loop devices need root; --assembly direct does not' };
  if (!(await usable('/dev/loop-control', constants.W_OK))) {
    return { usable: false, problem: '/dev/loop-control does not exist; the kernel module "loop" brings it' };
  }
  try {
    await exec('losetup', ['--find'], { signal, timeout: 5000 });
    return { usable: true };
  } catch (error) {
    throwIfCancelled(signal);
    return { usable: false, problem: messageOf(error).split('\n').join(' ') };
  }
}

async function availableMemory(): Promise<number> {
  const meminfo = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s*(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
}

async function spaceAt(path: string): Promise<{ path: string; available: number }> {
  const { bavail, bsize } = await statfs(path);
  return { path, available: bavail * bsize };
}
