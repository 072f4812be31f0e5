import { type ExecOptions, exec, SYSTEM_PATH } from '@ic/utils';
import { ToolchainError } from '../errors.js';
import { findProgram } from './find-program.js';
import type { HostPackage, PackageManager } from './host-packages.js';

export interface InstallHostPackagesOptions {
  /** Called once before anything is changed, with the names to be installed. */
  readonly announce: (packages: readonly string[], packageManager: PackageManager) => void;
  /** Environment variables handed on, such as `https_proxy`. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Effective user id; anything but 0 goes through sudo. */
  readonly uid: number;
  readonly onLine?: ExecOptions['onLine'];
  readonly signal?: AbortSignal | undefined;
}

/** The command line that installs these packages, for people. */
export function installCommand(missing: readonly HostPackage[]): string {
  return ['sudo apt-get install --yes', ...missing.map((entry) => entry.names.apt)].join(' ');
}

/**
 * Installs packages with the host's own package manager, without questions. Nothing happens when none is missing.
 *
 * @throws ToolchainError HOST_UNFIT when there is no package manager we know, no sudo, or the package manager fails
 */
export async function installHostPackages(
  missing: readonly HostPackage[],
  options: InstallHostPackagesOptions,
): Promise<void> {
  if (missing.length === 0) return;
  if ((await findProgram('apt-get')) === undefined) {
    throw new ToolchainError('HOST_UNFIT', 'this host has no package manager that we know (apt-get)', {
      hint: `install what these Debian packages bring: ${missing.map((entry) => entry.names.apt).join(' ')}`,
    });
  }
  if (options.uid !== 0 && (await findProgram('sudo')) === undefined) {
    throw new ToolchainError('HOST_UNFIT', 'packages must be installed and this user has no sudo', {
      hint: `as root, run: ${installCommand(missing).replace(/^sudo /, '')}`,
    });
  }
  const names = missing.map((entry) => entry.names.apt);
  options.announce(names, 'apt');
  for (const [program, ...args] of aptCommands(names, options)) {
    await run(program, args, missing, options);
  }
}

/** The two commands, index first. Pure; a caller that is not root gets them through sudo. */
export function aptCommands(
  names: readonly string[],
  options: Pick<InstallHostPackagesOptions, 'uid' | 'environment'>,
): [string, ...string[]][] {
  const variables = { DEBIAN_FRONTEND: 'noninteractive', ...options.environment };
  const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  // sudo drops the environment, so it is set behind it.
  const front: [string, ...string[]] =
    options.uid === 0 ? ['env', ...environment] : ['sudo', 'env', ...environment];
  const patient = ['-o', 'DPkg::Lock::Timeout=300'];
  return [
    [...front, 'apt-get', ...patient, 'update'],
    [...front, 'apt-get', ...patient, 'install', '--yes', '--no-install-recommends', ...names],
  ];
}

async function run(
  program: string,
  args: readonly string[],
  missing: readonly HostPackage[],
  options: InstallHostPackagesOptions,
): Promise<void> {
  try {
    await exec(program, args, {
      env: { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8' },
      onLine: options.onLine,
      signal: options.signal,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ToolchainError(
      'HOST_UNFIT',
      `host packages could not be installed: ${(cause as Error).message}`,
      {
        cause,
        hint: `run "${installCommand(missing)}" and see what it says`,
      },
    );
  }
}
