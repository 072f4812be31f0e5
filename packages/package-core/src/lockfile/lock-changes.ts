import type { LockedPackage, Lockfile, LockRole } from './lockfile.js';

/** What became of one package between two lockfiles. One of `before` and `after` is absent when it was added or removed. */
export interface LockChange {
  readonly name: string;
  readonly architecture: string;
  readonly before?: LockedFile | undefined;
  readonly after?: LockedFile | undefined;
  /** Where it happened. */
  readonly roles: readonly LockRole[];
}

/** Which file of a package: a version may be there twice, from two repositories. */
export type LockedFile = Pick<LockedPackage, 'version' | 'repository' | 'sha256'>;

/** The packages that differ between two lockfiles, by name; what image and chroot environment share is told once. Pure. */
export function lockChanges(before: Lockfile, after: Lockfile): LockChange[] {
  const changes = new Map<string, LockChange>();
  for (const role of ['chroot', 'image'] as const) {
    const [old, young] = [filesOf(before, role), filesOf(after, role)];
    for (const key of [...new Set([...old.keys(), ...young.keys()])].sort()) {
      const [from, to] = [old.get(key), young.get(key)];
      const one = to ?? from;
      if (one === undefined || from?.sha256 === to?.sha256) continue;
      const { name, architecture } = one;
      const id = [key, from?.sha256, to?.sha256].join(' ');
      const roles = [...(changes.get(id)?.roles ?? []), role];
      changes.set(id, { name, architecture, before: fileOf(from), after: fileOf(to), roles });
    }
  }
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
}

function filesOf({ packages }: Lockfile, role: LockRole): Map<string, LockedPackage> {
  const ofRole = packages.filter(({ roles }) => roles.includes(role));
  return new Map(ofRole.map((pkg) => [`${pkg.name} ${pkg.architecture}`, pkg]));
}

function fileOf(pkg: LockedPackage | undefined): LockedFile | undefined {
  return pkg && { version: pkg.version, repository: pkg.repository, sha256: pkg.sha256 };
}
