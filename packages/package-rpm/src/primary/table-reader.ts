import { findString, type RowsByString } from '@ic/package-core';
import type { Dependency } from '../dependency.js';
import {
  LISTS,
  type ListName,
  OPERATORS,
  PACKAGE_WIDTH,
  type PackageTable,
  PRE,
  RELATION,
  RELATION_WIDTH,
  SIZE_WIDTH,
} from './package-table.js';

const NO_ROWS = new Uint32Array();

/** A package table in the words of RpmPackage: each string and each dependency is made once, when it is asked for. */
export class TableReader {
  readonly table: PackageTable;
  readonly #strings: (string | undefined)[] = [];
  readonly #dependencies: (Dependency | undefined)[] = [];

  constructor(table: PackageTable) {
    this.table = table;
  }

  /** The number of a string that some package has. */
  find(text: string): number | undefined {
    return findString(this.table.strings, text);
  }

  string(id: number): string {
    const known = this.#strings[id];
    if (known !== undefined) return known;
    const { offsets, bytes } = this.table.strings;
    const [start = 0, end = 0] = [offsets[id], offsets[id + 1]];
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    this.#strings[id] = text;
    return text;
  }

  /** The number of a field (see PACKAGE) of a package. */
  field(row: number, field: number): number {
    return this.table.packages[row * PACKAGE_WIDTH + field] ?? 0;
  }

  text(row: number, field: number): string {
    return this.string(this.field(row, field));
  }

  /** A number (see SIZE) of a package; NaN where it does not say. */
  size(row: number, field: number): number {
    return this.table.sizes[row * SIZE_WIDTH + field] ?? Number.NaN;
  }

  /** The members of a list of a package: numbers of relations, or for files of strings. */
  list(row: number, list: ListName): Uint32Array {
    const at = row * LISTS.length + LISTS.indexOf(list);
    return this.table.lists.subarray(this.table.starts[at], this.table.starts[at + 1]);
  }

  /** The rows that go with a string, of one of the table's groups. */
  rowsWith(text: string, group: RowsByString): Uint32Array {
    const id = findString(this.table.strings, text);
    return id === undefined ? NO_ROWS : group.rows.subarray(group.starts[id], group.starts[id + 1]);
  }

  dependencies(row: number, list: Exclude<ListName, 'files'>): readonly Dependency[] {
    return Array.from(this.list(row, list), (relation) => this.#dependency(relation));
  }

  #dependency(relation: number): Dependency {
    const known = this.#dependencies[relation];
    if (known !== undefined) return known;
    const field = (index: number) => this.table.relations[relation * RELATION_WIDTH + index] ?? 0;
    const name = this.string(field(RELATION.name));
    const flags = field(RELATION.flags);
    const operator = OPERATORS[flags & ~PRE] || undefined;
    const made: Dependency = {
      name,
      ...(operator === undefined
        ? {}
        : {
            operator,
            evr: {
              epoch: Number(this.string(field(RELATION.epoch))) || 0,
              version: this.string(field(RELATION.version)),
              release: this.string(field(RELATION.release)) || undefined,
            },
          }),
      ...((flags & PRE) === 0 ? {} : { pre: true }),
    };
    this.#dependencies[relation] = made;
    return made;
  }
}
