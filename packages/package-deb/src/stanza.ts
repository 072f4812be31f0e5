import { PackageError, type PackageErrorCode } from '@ic/package-core';
import { KEPT_FIELDS, type PackagesTable } from './packages-table.js';

/** One binary package of one suite of one repository. Its fields are single lines; an empty one counts as absent. */
export interface DebPackage {
  /** Name of the repository. */
  readonly repository: string;
  readonly suite: string;
  /** Of the repository, in apt's sense: a higher number wins. */
  readonly priority: number;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Path of the .deb below the repository's URL, without `./`; never leaves it. */
  readonly filename: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /** Of the .deb, lower-case hex. */
  readonly sha256: string;
  /** Bytes on the target (the index counts in KiB); 0 when the package does not say. */
  readonly installedSize: number;
  readonly essential: boolean;
  /** The Priority field: required, important, standard, optional, extra; `optional` when absent. */
  readonly importance: string;
  readonly depends?: string | undefined;
  readonly preDepends?: string | undefined;
  readonly recommends?: string | undefined;
  readonly conflicts?: string | undefined;
  readonly breaks?: string | undefined;
  readonly provides?: string | undefined;
  readonly replaces?: string | undefined;
  readonly multiArch?: 'same' | 'foreign' | 'allowed' | undefined;
  /** Source package, with its version in parentheses where that differs. */
  readonly source?: string | undefined;
}

/** One verified `Packages` file and where it belongs. */
export interface PackagesFile {
  readonly repository: string;
  readonly suite: string;
  readonly priority: number;
  readonly table: PackagesTable;
  /** Whether a package of this name may be seen; default all. */
  readonly accepts?: ((name: string) => boolean) | undefined;
}

type KeptField = (typeof KEPT_FIELDS)[number];

const PLACES = Object.fromEntries(KEPT_FIELDS.map((field, place) => [field, place])) as Record<
  KeptField,
  number
>;

/** A row of the table of a `Packages` file. */
export class Stanza implements DebPackage {
  readonly name: string;
  readonly #file: PackagesFile;
  readonly #row: number;
  /** In the order of `KEPT_FIELDS`. */
  #values: readonly string[] | undefined;

  constructor(file: PackagesFile, row: number) {
    const { strings, names } = file.table;
    const id = names[row] ?? 0;
    this.#file = file;
    this.#row = row;
    const [start = 0, end = 0] = [strings.offsets[id], strings.offsets[id + 1]];
    const { buffer, byteOffset } = strings.bytes;
    this.name = Buffer.from(buffer, byteOffset + start, end - start).toString('latin1');
  }

  get repository(): string {
    return this.#file.repository;
  }
  get suite(): string {
    return this.#file.suite;
  }
  get priority(): number {
    return this.#file.priority;
  }
  get version(): string {
    return this.#required('version', /^[\w.+:~-]+$/);
  }
  get architecture(): string {
    return this.#required('architecture', /^[a-z0-9-]+$/);
  }
  get filename(): string {
    const path = this.#required('filename', /^[^\p{Cc}\\?#]+$/u).replace(/^(?:\.\/+)+/, '');
    if (path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      throw this.#invalid('filename', path, 'LOCATION_ESCAPES');
    }
    return path;
  }
  get size(): number {
    return Number(this.#required('size', /^\d{1,15}$/));
  }
  get sha256(): string {
    return this.#required('sha256', /^[0-9a-f]{64}$/i).toLowerCase();
  }
  get installedSize(): number {
    return Number(this.#field('installed-size') ?? 0) * 1024 || 0;
  }
  get essential(): boolean {
    return this.#field('essential') === 'yes';
  }
  get importance(): string {
    return this.#field('priority') ?? 'optional';
  }
  get depends(): string | undefined {
    return this.#field('depends');
  }
  get preDepends(): string | undefined {
    return this.#field('pre-depends');
  }
  get recommends(): string | undefined {
    return this.#field('recommends');
  }
  get conflicts(): string | undefined {
    return this.#field('conflicts');
  }
  get breaks(): string | undefined {
    return this.#field('breaks');
  }
  get provides(): string | undefined {
    return this.#field('provides');
  }
  get replaces(): string | undefined {
    return this.#field('replaces');
  }
  get multiArch(): 'same' | 'foreign' | 'allowed' | undefined {
    const value = this.#field('multi-arch');
    return value === 'same' || value === 'foreign' || value === 'allowed' ? value : undefined;
  }
  get source(): string | undefined {
    return this.#field('source');
  }

  #field(name: KeptField): string | undefined {
    if (this.#values === undefined) {
      const { text, starts } = this.#file.table;
      this.#values = text.toString('utf8', starts[this.#row], starts[this.#row + 1]).split('\n');
    }
    return this.#values[PLACES[name]] || undefined;
  }

  #required(name: KeptField, form: RegExp): string {
    const value = this.#field(name);
    if (value === undefined || !form.test(value)) throw this.#invalid(name, value);
    return value;
  }

  #invalid(
    field: string,
    value: string | undefined,
    code: PackageErrorCode = 'REPOSITORY_INVALID',
  ): PackageError {
    const what = value === undefined ? `has no ${field}` : `has the ${field} ${JSON.stringify(value)}`;
    return new PackageError(
      code,
      `in the index of repository "${this.repository}" (${this.suite}) the package ${this.name} ${what}, which is not acceptable`,
      {
        hint: 'this is the fault of the repository; use another mirror of it, or leave the package out with allowPackages',
        details: { repository: this.repository, suite: this.suite, package: this.name, field },
      },
    );
  }
}
