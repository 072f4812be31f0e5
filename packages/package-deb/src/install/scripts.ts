import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackageError } from '@ic/package-core';
import { UtilsError } from '@ic/utils';
import { ADMIN_DIRECTORY, type ControlFile } from './database.js';
import { hostPath } from './root-files.js';
import type { PackageRunner } from './runner.js';

const ENVIRONMENT: Readonly<Record<string, string>> = {
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
  DPKG_ROOT: '',
  DPKG_ADMINDIR: '/var/lib/dpkg',
};

export interface ScriptPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly controlFiles: readonly ControlFile[];
}

/** How maintainer scripts are run in one root. */
export interface ScriptRunner {
  readonly runner: PackageRunner;
  /** The target's dpkg, as scripts are told. */
  readonly dpkgVersion: string;
  /** Host path of a program that does nothing … */
  readonly standIn: string;
  /** … and absolute paths in the root where it stands in. */
  readonly deferred: readonly string[];
  readonly onLine: (line: string) => void;
}

/**
 * Runs a package's preinst for a first installation, as dpkg does before it unpacks: from a full control directory
 * (debconf reads the templates beside the script), with dpkg's environment. Packages without one cost nothing.
 *
 * @throws PackageError INSTALL_FAILED with the script's last lines
 */
export async function runPreinst(scripts: ScriptRunner, pkg: ScriptPackage): Promise<void> {
  if (!pkg.controlFiles.some((file) => file.name === 'preinst')) return;
  const folder = hostPath(scripts.runner.root, `${ADMIN_DIRECTORY}/tmp.ci`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const file of pkg.controlFiles) writeFileSync(join(folder, file.name), file.data, { mode: file.mode });
  try {
    await run(scripts, `/${ADMIN_DIRECTORY}/tmp.ci/preinst`, ['install'], {
      DPKG_MAINTSCRIPT_PACKAGE: pkg.name,
      DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT: '1',
      DPKG_MAINTSCRIPT_ARCH: pkg.architecture,
      DPKG_MAINTSCRIPT_NAME: 'preinst',
      DPKG_RUNNING_VERSION: scripts.dpkgVersion,
    });
  } catch (error) {
    throw failed(error, `the preinst script of ${pkg.name} ${pkg.version} failed`);
  } finally {
    const left = hostPath(scripts.runner.root, `${ADMIN_DIRECTORY}/tmp.ci`);
    rmSync(left, { recursive: true, force: true });
  }
}

/**
 * Lets the target's own dpkg configure all that is unpacked, then run each pending trigger once.
 *
 * @param options.forceDepends for the essential set, whose packages count on each other in circles
 * @throws PackageError INSTALL_FAILED with dpkg's last lines
 */
export async function configureAll(
  scripts: ScriptRunner,
  options: { readonly forceDepends: boolean },
): Promise<void> {
  const force = [
    '--force-unsafe-io',
    '--force-confold',
    ...(options.forceDepends ? ['--force-depends'] : []),
  ];
  try {
    await run(scripts, 'dpkg', [...force, '--no-triggers', '--configure', '-a']);
    await run(scripts, 'dpkg', [...force, '--triggers-only', '-a']);
  } catch (error) {
    throw failed(error, 'configuring the packages failed');
  }
}

/** Marks file triggers as activated, for packages that were configured before the files came. */
export async function activateTriggers(scripts: ScriptRunner, triggers: readonly string[]): Promise<void> {
  for (const trigger of triggers)
    await run(scripts, 'dpkg-trigger', ['--no-await', '--by-package=dpkg', trigger]);
}

function run(
  { runner, standIn, deferred, onLine }: ScriptRunner,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const binds = deferred
    .filter((path) => isFile(hostPath(runner.root, path.slice(1))))
    .map((path) => ({ host: standIn, inside: path, readOnly: true }));
  return runner.run(program, args, { env: { ...ENVIRONMENT, ...env }, binds, onLine });
}

/** A link is not: bubblewrap would follow it. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function failed(error: unknown, what: string): unknown {
  if (!(error instanceof UtilsError) || error.code !== 'EXEC_FAILED') return error;
  return new PackageError('INSTALL_FAILED', `${what}: ${error.message}`, {
    cause: error,
    details: error.details,
    hint: 'run the build with -v to see all that the scripts printed',
  });
}
