import { nameGlob, PackageError, type Repository, type RowsByString } from '@ic/package-core';
import { PACKAGE, type PackageTable, SIZE } from './primary/package-table.js';
import { TableReader } from './primary/table-reader.js';
import { LEFT_OUT_REASONS, type LeftOut, type LeftOutReason } from './rpm-package.js';
import { TablePackage } from './table-package.js';

/** One repository's proven metadata. */
export interface RepositoryMetadata {
  readonly repository: Repository;
  readonly table: PackageTable;
  /**
   * The checksums of the packages that have each of these paths, of filelists.
   * @throws PackageError as reading metadata
   */
  readonly findOwners: (paths: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
}

/** The packages of one repository as far as they are seen, with what finds them. */
export class RepositoryPackages {
  readonly metadata: RepositoryMetadata;
  /** Packages that are seen. */
  readonly size: number;
  readonly #reader: TableReader;
  readonly #packages: (TablePackage | undefined)[];
  /** Of each row: 0, or one more than the place in LEFT_OUT_REASONS. */
  readonly #leftOut: Uint8Array;
  #byChecksum: ReadonlyMap<string, number> | undefined;

  constructor(metadata: RepositoryMetadata) {
    this.metadata = metadata;
    const { count } = metadata.table;
    this.#reader = new TableReader(metadata.table);
    this.#packages = new Array(count);
    this.#leftOut = leftOutRows(this.#reader, metadata);
    let size = 0;
    for (const reason of this.#leftOut) if (reason === 0) size += 1;
    this.size = size;
  }

  named(name: string): TablePackage[] {
    return this.#with(name, this.metadata.table.byName);
  }

  providing(name: string): TablePackage[] {
    return this.#with(name, this.metadata.table.byProvided);
  }

  /** Of what primary metadata lists. */
  owning(path: string): TablePackage[] {
    return this.#with(path, this.metadata.table.byFile);
  }

  /** The packages that are seen of those with these checksums. */
  withChecksums(checksums: readonly string[]): TablePackage[] {
    this.#byChecksum ??= new Map(
      Array.from(this.#rows(), (row) => [this.#reader.text(row, PACKAGE.checksum).toLowerCase(), row]),
    );
    const byChecksum = this.#byChecksum;
    return checksums.flatMap((checksum) => {
      const row = byChecksum.get(checksum);
      return row === undefined ? [] : [this.#package(row)];
    });
  }

  *all(): Iterable<TablePackage> {
    for (const row of this.#rows()) yield this.#package(row);
  }

  *names(): Iterable<string> {
    for (const row of this.#rows()) yield this.#reader.text(row, PACKAGE.name);
  }

  *supplementing(): Iterable<TablePackage> {
    for (const row of this.#rows()) {
      const isSupplementing =
        this.#reader.list(row, 'supplements').length > 0 || this.#reader.list(row, 'enhances').length > 0;
      if (isSupplementing) yield this.#package(row);
    }
  }

  /** Why packages are not seen: those of a name, or all. */
  leftOut(name?: string): LeftOut[] {
    const named = name === undefined ? undefined : this.#reader.rowsWith(name, this.metadata.table.byName);
    const counts = new Map<LeftOutReason, number>();
    for (const row of named ?? this.#leftOut.keys()) {
      const reason = LEFT_OUT_REASONS[(this.#leftOut[row] ?? 0) - 1];
      if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    const repository = this.metadata.repository.name;
    return [...counts].map(([reason, count]) => ({ repository, reason, count }));
  }

  *#rows(): Iterable<number> {
    for (let row = 0; row < this.#leftOut.length; row += 1) if (this.#leftOut[row] === 0) yield row;
  }

  #with(text: string, group: RowsByString): TablePackage[] {
    const seen = this.#reader.rowsWith(text, group).filter((row) => this.#leftOut[row] === 0);
    return Array.from(seen, (row) => this.#package(row));
  }

  #package(row: number): TablePackage {
    const known = this.#packages[row];
    if (known !== undefined) return known;
    const { name, url, priority } = this.metadata.repository;
    const made = new TablePackage(this.#reader, row, { repository: name, url, priority });
    this.#packages[row] = made;
    return made;
  }
}

function leftOutRows(reader: TableReader, { repository, table }: RepositoryMetadata): Uint8Array {
  const { allowPackages, excludePackages, snapshotTime } = repository;
  const isAllowed = allowPackages && nameGlob(allowPackages);
  const isExcluded = excludePackages && nameGlob(excludePackages);
  const latest = snapshotTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(snapshotTime) / 1000;
  if (Number.isNaN(latest)) {
    throw new PackageError(
      'REPOSITORY_INVALID',
      `the snapshot time of repository "${repository.name}", ${JSON.stringify(snapshotTime)}, is not a time`,
      { fault: 'request', hint: 'write it as in 2026-03-01T12:00:00Z' },
    );
  }
  const number = (reason: LeftOutReason) => LEFT_OUT_REASONS.indexOf(reason) + 1;
  const [src, nosrc] = [reader.find('src'), reader.find('nosrc')];
  const leftOut = new Uint8Array(table.count);
  for (let row = 0; row < table.count; row += 1) {
    const architecture = reader.field(row, PACKAGE.architecture);
    if (architecture === src || architecture === nosrc) leftOut[row] = number('source');
    else if (reader.field(row, PACKAGE.isModular) === 1) leftOut[row] = number('modular');
    else if (isAllowed?.(reader.text(row, PACKAGE.name)) === false) leftOut[row] = number('not allowed');
    else if (isExcluded?.(reader.text(row, PACKAGE.name)) === true) leftOut[row] = number('excluded');
    else if (reader.size(row, SIZE.time) > latest) leftOut[row] = number('too new');
  }
  return leftOut;
}
