import { constants } from 'node:fs';
import { findProgram, usable } from './find-program.js';
import { HOST_PACKAGES, type HostPackage, type HostPurpose } from './host-packages.js';

/** The packages of the host that the purposes need and that are not there. Looks at files only; takes milliseconds. */
export async function missingHostPackages(purposes: readonly HostPurpose[]): Promise<HostPackage[]> {
  const wanted = hostPackagesFor(purposes);
  const installed = await Promise.all(wanted.map(isInstalled));
  return wanted.filter((_, index) => installed[index] === false);
}

export function hostPackagesFor(purposes: readonly HostPurpose[]): HostPackage[] {
  return HOST_PACKAGES.filter((entry) => entry.purposes.some((purpose) => purposes.includes(purpose)));
}

async function isInstalled(entry: HostPackage): Promise<boolean> {
  const programs = await Promise.all((entry.programs ?? []).map(findProgram));
  if (programs.includes(undefined)) return false;
  if (entry.anyFile === undefined) return true;
  const files = await Promise.all(entry.anyFile.map((path) => usable(path, constants.R_OK)));
  return files.includes(true);
}
