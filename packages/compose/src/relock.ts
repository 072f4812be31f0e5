import {
  isNameGlob,
  type Lockfile,
  lockedPackages,
  nameGlob,
  PackageError,
  type PackageRef,
  type Resolution,
  type ResolveRequest,
} from '@ic/package-core';
import { nearest } from '@ic/utils';

export interface RelockOptions {
  /** What is locked now. */
  readonly before: readonly PackageRef[];
  /** Names and globs of packages that are to be as new as they can be. */
  readonly update: readonly string[];
  readonly resolve: (request: ResolveRequest) => Promise<Resolution>;
  /** The item of a request that means this package alone. */
  readonly pin: (pkg: PackageRef) => string;
}

/**
 * Chooses anew and changes only what it must: packages to update become what they would be without a lockfile, all
 * others stay at their locked version where that is possible.
 */
export async function relock(
  request: ResolveRequest,
  { before, update, resolve, pin }: RelockOptions,
): Promise<readonly PackageRef[]> {
  const isUpdated = nameGlob(update);
  const prefer = before.filter(({ name }) => !isUpdated(name));
  if (prefer.length === before.length) return (await resolve({ ...request, prefer })).packages;
  const fresh = await resolve(request);
  const pins = fresh.packages.filter(({ name }) => isUpdated(name)).map(pin);
  const pinned = await resolve({ ...request, packages: [...pins, ...request.packages], prefer });
  // Without the pins: what nothing needs any more goes.
  return (await resolve({ ...request, prefer: pinned.packages })).packages;
}

/** @throws PackageError PACKAGE_UNKNOWN for what means no package of the lockfile; the fault is the request's */
export function requireLocked(update: readonly string[], lockfile: Lockfile): void {
  const names = lockfile.packages.map(({ name }) => name);
  const unknown = update.filter((item) => !names.some(nameGlob([item])));
  if (unknown.length === 0) return;
  const near = unknown.flatMap((item) => (isNameGlob(item) ? [] : nearest(item, names).slice(0, 1)));
  throw new PackageError('PACKAGE_UNKNOWN', `the lockfile has no package ${unknown.join(', ')}`, {
    fault: 'request',
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'name packages that are locked',
    details: { packages: unknown },
  });
}

/** The packages that a lockfile has for both roles, or none. */
export function lockedBefore(lockfile: Lockfile | undefined): Record<'image' | 'chroot', PackageRef[]> {
  const of = (role: 'image' | 'chroot') => (lockfile === undefined ? [] : lockedPackages(lockfile, role));
  return { image: of('image'), chroot: of('chroot') };
}
