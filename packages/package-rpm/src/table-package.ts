import { PackageError } from '@ic/package-core';
import type { Dependency } from './dependency.js';
import { type Evr, formatEvr } from './evr.js';
import { type ListName, PACKAGE, SIZE } from './primary/package-table.js';
import type { TableReader } from './primary/table-reader.js';
import type { RpmPackage } from './rpm-package.js';
import { rpmPackageUrl } from './rpm-package-url.js';

type RelationList = Exclude<ListName, 'files'>;

/** Where the packages of a table belong. */
export interface TableOrigin {
  readonly repository: string;
  readonly url: string;
  readonly priority: number;
}

/** A row of a package table. What it says is looked at, and judged, when it is asked for. */
export class TablePackage implements RpmPackage {
  readonly row: number;
  readonly #table: TableReader;
  readonly #origin: TableOrigin;
  #name: string | undefined;
  #evr: Evr | undefined;
  readonly #lists: { [list in RelationList]?: readonly Dependency[] } = {};

  constructor(table: TableReader, row: number, origin: TableOrigin) {
    this.#table = table;
    this.row = row;
    this.#origin = origin;
  }

  get repository(): string {
    return this.#origin.repository;
  }
  get priority(): number {
    return this.#origin.priority;
  }
  get name(): string {
    this.#name ??= this.#required('name', this.#text(PACKAGE.name), NAME);
    return this.#name;
  }
  get evr(): Evr {
    this.#evr ??= {
      epoch: Number(this.#required('epoch', this.#text(PACKAGE.epoch) || '0', /^\d{1,10}$/)),
      version: this.#required('version', this.#text(PACKAGE.version), VERSION),
      release: this.#required('release', this.#text(PACKAGE.release), VERSION),
    };
    return this.#evr;
  }
  get version(): string {
    return formatEvr(this.evr);
  }
  get architecture(): string {
    return this.#required('architecture', this.#text(PACKAGE.architecture), /^\w+$/);
  }
  get location(): string {
    const location = this.#text(PACKAGE.location).replace(/^(?:\.\/+)+/, '');
    const { repository, url } = this.#origin;
    rpmPackageUrl({ location }, { name: repository, url });
    return location;
  }
  get size(): number {
    const size = this.#table.size(this.row, SIZE.file);
    if (Number.isNaN(size)) throw this.#invalid('size', '');
    return size;
  }
  get installedSize(): number {
    return this.#table.size(this.row, SIZE.installed) || 0;
  }
  get sha256(): string {
    const checksum = this.#text(PACKAGE.checksum).toLowerCase();
    const type = this.#text(PACKAGE.checksumType).toLowerCase();
    if (type !== 'sha256') throw this.#invalid('checksum type', type, 'only sha256 is');
    return this.#required('checksum', checksum, /^[0-9a-f]{64}$/);
  }
  get fileTime(): number {
    return this.#table.size(this.row, SIZE.time) || 0;
  }
  get sourceRpm(): string {
    return this.#text(PACKAGE.sourceRpm);
  }
  get provides(): readonly Dependency[] {
    return this.#list('provides');
  }
  get requires(): readonly Dependency[] {
    return this.#list('requires');
  }
  get conflicts(): readonly Dependency[] {
    return this.#list('conflicts');
  }
  get obsoletes(): readonly Dependency[] {
    return this.#list('obsoletes');
  }
  get recommends(): readonly Dependency[] {
    return this.#list('recommends');
  }
  get suggests(): readonly Dependency[] {
    return this.#list('suggests');
  }
  get supplements(): readonly Dependency[] {
    return this.#list('supplements');
  }
  get enhances(): readonly Dependency[] {
    return this.#list('enhances');
  }

  #text(field: number): string {
    return this.#table.text(this.row, field);
  }

  #list(list: RelationList): readonly Dependency[] {
    const known = this.#lists[list];
    if (known !== undefined) return known;
    const read = this.#table.dependencies(this.row, list);
    this.#lists[list] = read;
    return read;
  }

  #required(field: string, value: string, form: RegExp): string {
    if (!form.test(value)) throw this.#invalid(field, value);
    return value;
  }

  #invalid(field: string, value: string, why = 'which is not acceptable'): PackageError {
    const { repository } = this.#origin;
    const name = this.#text(PACKAGE.name);
    const what = value === '' ? `has no ${field}` : `has the ${field} ${JSON.stringify(value)}`;
    return new PackageError(
      'REPOSITORY_INVALID',
      `in the index of repository "${repository}" the package ${JSON.stringify(name)} ${what}, ${why}`,
      {
        hint: 'this is the fault of the repository; use another mirror of it, or leave the package out with allowPackages',
        details: { repository, package: name, field },
      },
    );
  }
}

/** As rpmbuild allows them, and a little more. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._+~^-]*$/u;
const VERSION = /^[\p{L}\p{N}._+~^]+$/u;
