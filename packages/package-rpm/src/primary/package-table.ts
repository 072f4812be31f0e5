import {
  decodeTable as decodeSections,
  encodeTable as encodeSections,
  type RowsByString,
  type Section,
  type Strings,
  type TableFormat,
} from '@ic/package-core';

/** The lists of a package, in the order in which the table has them. */
export const LISTS = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'recommends',
  'suggests',
  'supplements',
  'enhances',
  'files',
] as const;
export type ListName = (typeof LISTS)[number];

/** Numbers of a relation in `relations`: strings by number, `flags` as below. */
export const RELATION_WIDTH = 5;
export const RELATION = { name: 0, flags: 1, epoch: 2, version: 3, release: 4 } as const;
/** The operators of a relation's flags; `PRE` is added to it. No operator: 0. */
export const OPERATORS = ['', '<', '<=', '=', '>=', '>'] as const;
export const PRE = 8;

/** Numbers of a package in `packages`: strings by number, but for the last. */
export const PACKAGE_WIDTH = 10;
export const PACKAGE = {
  name: 0,
  architecture: 1,
  epoch: 2,
  version: 3,
  release: 4,
  /** Where the file is, `xml:base` put before it; the empty string when it does not say. */
  location: 5,
  sourceRpm: 6,
  /** What kind of checksum it has, and that in hex. */
  checksumType: 7,
  checksum: 8,
  /** Not a string: 1 for what belongs to a module stream, else 0. */
  isModular: 9,
} as const;

/** Numbers of a package in `sizes`; NaN where it does not say. */
export const SIZE_WIDTH = 3;
export const SIZE = { file: 0, installed: 1, time: 2 } as const;

/**
 * What is kept of a `primary.xml` (and of which packages are modular): every distinct string and relation once, packages as rows of numbers. With what finds
 * them by string a quarter of the XML in size, and read back without parsing.
 */
export interface PackageTable {
  /** Packages. */
  readonly count: number;
  readonly strings: Strings;
  readonly relations: Uint32Array;
  readonly packages: Uint32Array;
  readonly sizes: Float64Array;
  /** List `kind` of package `row` is `lists` from `starts[row * LISTS.length + kind]` to the next start: relations, or for files strings. */
  readonly starts: Uint32Array;
  readonly lists: Uint32Array;
  readonly byName: RowsByString;
  /** What a package provides, its own name too. */
  readonly byProvided: RowsByString;
  readonly byFile: RowsByString;
}

const FORMAT: TableFormat = { magic: 'ic-rpm\n', version: 2, sections: 14 };

/** The table as bytes to be kept. */
export function encodeTable(table: PackageTable): Buffer {
  return encodeSections(FORMAT, sectionsOf(table));
}

/** The table of stored bytes, which it keeps; undefined when they are of another format or damaged. */
export function decodeTable(bytes: Buffer): PackageTable | undefined {
  const stored = decodeSections(FORMAT, bytes);
  if (stored === undefined) return undefined;
  const packages = stored.words(4);
  return {
    count: packages.length / PACKAGE_WIDTH,
    strings: { offsets: stored.words(0), bytes: stored.bytes(1), slots: stored.words(2) },
    relations: stored.words(3),
    packages,
    sizes: stored.numbers(5),
    starts: stored.words(6),
    lists: stored.words(7),
    byName: { starts: stored.words(8), rows: stored.words(9) },
    byProvided: { starts: stored.words(10), rows: stored.words(11) },
    byFile: { starts: stored.words(12), rows: stored.words(13) },
  };
}

function sectionsOf(table: PackageTable): readonly Section[] {
  const { strings, relations, packages, sizes, starts, lists } = table;
  const groups = [table.byName, table.byProvided, table.byFile];
  return [
    ...[strings.offsets, strings.bytes, strings.slots],
    ...[relations, packages, sizes, starts, lists],
    ...groups.flatMap((group) => [group.starts, group.rows]),
  ];
}
