import { createHash } from 'node:crypto';
import type { RowsByString } from './rows-by-string.js';
import type { Strings } from './string-pool.js';

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

/** Of the stored form. To be raised whenever that, or what is read from the XML, changes. */
const TABLE_FORMAT = 2;

const MAGIC = 'ic-rpm\n';
const DIGEST_BYTES = 32;
const SECTIONS = 14;
const HEAD_BYTES = aligned(8 + DIGEST_BYTES + SECTIONS * 8);

/**
 * The table as bytes to be kept: magic, SHA-256 of what follows, byte lengths of the sections, sections aligned to
 * 8 bytes. In this machine's byte order.
 */
export function encodeTable(table: PackageTable): Buffer {
  const parts = sectionsOf(table);
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  head[7] = TABLE_FORMAT;
  let size = HEAD_BYTES;
  parts.forEach((part, index) => {
    head.writeDoubleLE(part.byteLength, 8 + DIGEST_BYTES + index * 8);
    size += aligned(part.byteLength);
  });
  const encoded = Buffer.alloc(size);
  head.copy(encoded);
  let at = HEAD_BYTES;
  for (const part of parts) {
    encoded.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += aligned(part.byteLength);
  }
  digestOf(encoded).copy(encoded, 8);
  return encoded;
}

/** The table of stored bytes, which it keeps; undefined when they are of another format or damaged. */
export function decodeTable(stored: Buffer): PackageTable | undefined {
  if (stored.length < HEAD_BYTES || stored.toString('latin1', 0, 7) !== MAGIC || stored[7] !== TABLE_FORMAT) {
    return undefined;
  }
  if (!digestOf(stored).equals(stored.subarray(8, 8 + DIGEST_BYTES))) return undefined;
  // Typed arrays must begin at a multiple of their element's size.
  const bytes = stored.byteOffset % 8 === 0 ? stored : Buffer.from(Uint8Array.from(stored).buffer);
  let at = HEAD_BYTES;
  const sections = Array.from({ length: SECTIONS }, (_, index) => {
    const length = bytes.readDoubleLE(8 + DIGEST_BYTES + index * 8);
    const section = { start: bytes.byteOffset + at, length };
    at += aligned(length);
    return section;
  });
  const words = (index: number) => {
    const { start, length } = sections[index] ?? { start: 0, length: 0 };
    return new Uint32Array(bytes.buffer, start, length / 4);
  };
  const [, text, , , , sizes] = sections;
  const packages = words(4);
  return {
    count: packages.length / PACKAGE_WIDTH,
    strings: {
      offsets: words(0),
      bytes: new Uint8Array(bytes.buffer, text?.start ?? 0, text?.length ?? 0),
      slots: words(2),
    },
    relations: words(3),
    packages,
    sizes: new Float64Array(bytes.buffer, sizes?.start ?? 0, (sizes?.length ?? 0) / 8),
    starts: words(6),
    lists: words(7),
    byName: { starts: words(8), rows: words(9) },
    byProvided: { starts: words(10), rows: words(11) },
    byFile: { starts: words(12), rows: words(13) },
  };
}

function sectionsOf(table: PackageTable): readonly (Uint8Array | Uint32Array | Float64Array)[] {
  const { strings, relations, packages, sizes, starts, lists } = table;
  const groups = [table.byName, table.byProvided, table.byFile].flatMap((group) => [
    group.starts,
    group.rows,
  ]);
  return [
    strings.offsets,
    strings.bytes,
    strings.slots,
    relations,
    packages,
    sizes,
    starts,
    lists,
    ...groups,
  ];
}

function digestOf(encoded: Buffer): Buffer {
  return createHash('sha256')
    .update(encoded.subarray(8 + DIGEST_BYTES))
    .digest();
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}
