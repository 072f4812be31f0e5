import type { PackageIndex, PackageRef, RepositoryProof } from '@ic/package-core';
import { rowsNamed } from './packages-table.js';
import { type DebPackage, type PackagesFile, Stanza } from './stanza.js';

export type { DebPackage, PackagesFile } from './stanza.js';

/** A package that a repository has and that is not seen. */
export interface LeftOut {
  readonly name: string;
  readonly repository: string;
  readonly suite: string;
  /** The component that nobody asked for; absent when allowPackages leaves the package out. */
  readonly component?: string | undefined;
}

/** Looks for names among what is not seen. */
export type FindLeftOut = (names: Iterable<string>) => Promise<readonly LeftOut[]>;

/** The packages of all repositories, over their tables. A stanza is decoded when one of its fields is first read. */
export class DebIndex implements PackageIndex {
  readonly proofs: readonly RepositoryProof[];
  readonly size: number;
  readonly #files: readonly Stanzas[];
  readonly #findLeftOut: FindLeftOut;
  /** By name. */
  readonly #leftOut = new Map<string, readonly LeftOut[]>();

  constructor(
    files: readonly PackagesFile[],
    proofs: readonly RepositoryProof[] = [],
    findLeftOut: FindLeftOut = async () => [],
  ) {
    this.proofs = proofs;
    this.#findLeftOut = findLeftOut;
    this.#files = files.map((file) => new Stanzas(file));
    this.size = this.#files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Every version of a real package, in the order of the repositories. */
  packagesNamed(name: string): readonly DebPackage[] {
    return this.#files.flatMap((file) => file.named(name));
  }

  /** The packages whose Provides names a virtual package (with or without a version); real packages do not count. */
  providersOf(virtualName: string): readonly DebPackage[] {
    return this.#files.flatMap((file) => file.providing(virtualName));
  }

  /** The names of real packages. */
  names(): Iterable<string> {
    return new Set(this.#files.flatMap((file) => [...file.names()]));
  }

  /** Why packages of this name, which a repository has, are not seen; known after `findLeftOut`. */
  leftOut(name: string): readonly LeftOut[] {
    return this.#leftOut.get(name) ?? [];
  }

  /** Reads more lists for these names. What cannot be read is passed over. @throws UtilsError CANCELLED */
  async findLeftOut(names: Iterable<string>): Promise<void> {
    const unknown = [...new Set(names)].filter((name) => !this.#leftOut.has(name));
    const found = await this.#findLeftOut(unknown);
    for (const name of unknown) {
      this.#leftOut.set(
        name,
        found.filter((one) => one.name === name),
      );
    }
  }

  /** Every package, in the order of the files. */
  *all(): Iterable<DebPackage> {
    for (const file of this.#files) yield* file.all();
  }

  /** The packages with `Essential: yes` or `Priority: required`, in the order of the files. */
  *basePackages(): Iterable<DebPackage> {
    for (const file of this.#files) yield* file.base();
  }
}

/** What a resolution says of a package. @throws PackageError REPOSITORY_INVALID */
export function packageRef(pkg: DebPackage): PackageRef {
  return {
    name: pkg.name,
    version: pkg.version,
    architecture: pkg.architecture,
    repository: pkg.repository,
    location: pkg.filename,
    size: pkg.size,
    sha256: pkg.sha256,
    installedSize: pkg.installedSize,
  };
}

/** The packages of one file as far as they are seen; each row is one object. */
class Stanzas {
  readonly size: number;
  readonly #file: PackagesFile;
  readonly #stanzas: (Stanza | undefined)[];

  constructor(file: PackagesFile) {
    const { accepts, table } = file;
    this.#file = file;
    this.#stanzas = new Array(table.names.length);
    this.size = accepts === undefined ? table.names.length : this.all().length;
  }

  named(name: string): Stanza[] {
    const { table } = this.#file;
    return this.#seen(rowsNamed(table, name, table.byName));
  }

  providing(name: string): Stanza[] {
    const { table } = this.#file;
    return this.#seen(rowsNamed(table, name, table.byProvided));
  }

  base(): Stanza[] {
    return this.#seen(this.#file.table.base);
  }

  all(): Stanza[] {
    return this.#seen(Uint32Array.from(this.#file.table.names.keys()));
  }

  *names(): Iterable<string> {
    for (const { name } of this.all()) yield name;
  }

  #seen(rows: Uint32Array): Stanza[] {
    const { accepts } = this.#file;
    const stanzas: Stanza[] = [];
    for (let index = 0; index < rows.length; index += 1) {
      const stanza = this.#stanza(rows[index] as number);
      if (accepts === undefined || accepts(stanza.name)) stanzas.push(stanza);
    }
    return stanzas;
  }

  #stanza(row: number): Stanza {
    const known = this.#stanzas[row];
    if (known !== undefined) return known;
    const made = new Stanza(this.#file, row);
    this.#stanzas[row] = made;
    return made;
  }
}
