import { redactUrl } from '@ic/utils';
import type { IndexChain, PackageRef, RepositoryProof } from '../contract.js';
import { SOLVER_VERSION } from '../solver/solver-version.js';
import { requestHash } from './locked-request.js';
import type { LockedIndex, LockedPackage, LockedRequest, Lockfile, LockRole } from './lockfile.js';

export interface LockfileInput {
  readonly request: LockedRequest;
  readonly proofs: readonly RepositoryProof[];
  readonly packages: Readonly<Record<LockRole, readonly PackageRef[]>>;
}

/** The lockfile of what was chosen: the same for the same content, in whatever order it comes. Pure. */
export function buildLockfile({ request, proofs, packages }: LockfileInput): Lockfile {
  return {
    lockfileVersion: 1,
    solverVersion: SOLVER_VERSION,
    requestSha256: requestHash(request),
    request,
    indexes: proofs
      .map(lockedIndex)
      .sort((a, b) => compare(a.repository, b.repository) || compare(a.suite, b.suite)),
    packages: mergedPackages(packages),
  };
}

/** The bytes of a lockfile. */
export function formatLockfile(lockfile: Lockfile): string {
  return `${JSON.stringify(lockfile, null, 2)}\n`;
}

function lockedIndex(proof: RepositoryProof): LockedIndex {
  const { repository, suite, indexSha256: sha256, signedBy, date, validUntil, chain } = proof;
  return {
    repository,
    suite,
    sha256,
    ...(signedBy !== undefined && { signedBy }),
    ...(date !== undefined && { date }),
    ...(validUntil !== undefined && { validUntil }),
    ...(chain !== undefined && { chain: lockedChain(chain) }),
  };
}

function lockedChain({ index, weakness, lists, openLists }: IndexChain): IndexChain {
  return { index, ...(weakness !== undefined && { weakness }), lists, openLists };
}

function mergedPackages(packages: LockfileInput['packages']): LockedPackage[] {
  const merged = new Map<string, LockedPackage>();
  for (const role of ['chroot', 'image'] as const) {
    for (const pkg of packages[role].map(plainPackage)) {
      const key = JSON.stringify(pkg);
      const roles = merged.get(key)?.roles ?? [];
      merged.set(key, { ...pkg, roles: [...roles, role] });
    }
  }
  return [...merged.values()].sort(
    (a, b) =>
      compare(a.name, b.name) || compare(a.architecture, b.architecture) || compare(a.version, b.version),
  );
}

/** Picks the fields by hand: what the solver carries beside them stays out. */
function plainPackage(pkg: PackageRef): PackageRef {
  const { name, version, architecture, repository, size, sha256, installedSize } = pkg;
  // rpm: a location may be a URL.
  const location = redactUrl(pkg.location);
  return { name, version, architecture, repository, location, size, sha256, installedSize };
}

/** By code units: the order does not depend on anybody's locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
