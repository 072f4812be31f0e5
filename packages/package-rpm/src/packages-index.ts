import type { PackageRef, RepositoryProof } from '@ic/package-core';
import { type RepositoryMetadata, RepositoryPackages } from './repository-packages.js';
import type { LeftOut, RpmIndex, RpmPackage } from './rpm-package.js';

/** The packages of all repositories, over their package tables. */
export class RpmPackagesIndex implements RpmIndex {
  readonly proofs: readonly RepositoryProof[];
  readonly size: number;
  readonly #repositories: readonly RepositoryPackages[];
  readonly #providers = new Map<string, readonly RpmPackage[]>();
  /** By path: what filelists say. */
  readonly #owners = new Map<string, readonly RpmPackage[]>();

  constructor(repositories: readonly RepositoryMetadata[], proofs: readonly RepositoryProof[] = []) {
    this.proofs = proofs;
    this.#repositories = repositories.map((metadata) => new RepositoryPackages(metadata));
    this.size = this.#repositories.reduce((sum, { size }) => sum + size, 0);
  }

  packagesNamed(name: string): readonly RpmPackage[] {
    return this.#repositories.flatMap((repository) => repository.named(name));
  }

  providersOf(name: string): readonly RpmPackage[] {
    const known = this.#providers.get(name);
    if (known !== undefined) return known;
    const found = this.#repositories.flatMap((repository) => repository.providing(name));
    this.#providers.set(name, found);
    return found;
  }

  ownersOf(path: string): readonly RpmPackage[] {
    return this.#owners.get(path) ?? this.#repositories.flatMap((repository) => repository.owning(path));
  }

  knowsOwnersOf(path: string): boolean {
    return isInPrimary(path) || this.#owners.has(path);
  }

  async findOwners(paths: Iterable<string>): Promise<void> {
    const wanted = [...new Set(paths)].filter((path) => !this.knowsOwnersOf(path));
    if (wanted.length === 0) return;
    const found = await Promise.all(this.#repositories.map(({ metadata }) => metadata.findOwners(wanted)));
    for (const path of wanted) {
      const owners = this.#repositories.flatMap((repository, index) => [
        ...new Set([...repository.owning(path), ...repository.withChecksums(found[index]?.get(path) ?? [])]),
      ]);
      this.#owners.set(path, owners);
    }
  }

  *names(): Iterable<string> {
    const seen = new Set<string>();
    for (const repository of this.#repositories) {
      for (const name of repository.names()) {
        if (seen.has(name)) continue;
        seen.add(name);
        yield name;
      }
    }
  }

  leftOut(name: string): readonly LeftOut[] {
    return this.#repositories.flatMap((repository) => repository.leftOut(name));
  }

  /** Of each repository, how many packages are not seen, by reason. */
  allLeftOut(): readonly LeftOut[] {
    return this.#repositories.flatMap((repository) => repository.leftOut());
  }

  supplementing(): readonly RpmPackage[] {
    return this.#repositories.flatMap((repository) => [...repository.supplementing()]);
  }

  *all(): Iterable<RpmPackage> {
    for (const repository of this.#repositories) yield* repository.all();
  }
}

/** What a resolution says of a package. @throws PackageError REPOSITORY_INVALID */
export function packageRef(pkg: RpmPackage): PackageRef {
  return {
    name: pkg.name,
    version: pkg.version,
    architecture: pkg.architecture,
    repository: pkg.repository,
    location: pkg.location,
    size: pkg.size,
    sha256: pkg.sha256,
    installedSize: pkg.installedSize,
  };
}

/** The files that createrepo lists in primary metadata. */
function isInPrimary(path: string): boolean {
  return path.startsWith('/etc/') || path.includes('bin/') || path === '/usr/lib/sendmail';
}
