import {
  decodeTable,
  encodeTable,
  findString,
  PackageError,
  type RowsByString,
  rowsByString,
  StringPool,
  type Strings,
  type TableFormat,
} from '@ic/package-core';

/**
 * What is kept of a `Packages` file, and read back without parsing: of each stanza the fields that count (half of the
 * bytes), and what finds stanzas by name. Packages are rows, numbered in the order of the file.
 */
export interface PackagesTable {
  /**
   * Package `row` has the lines of `text` from `starts[row]` to `starts[row + 1]`: one for each of `KEPT_FIELDS`, in that
   * order, with the value alone; empty where the stanza has none.
   */
  readonly text: Buffer;
  readonly starts: Uint32Array;
  /** The names of packages in the order in which they first come, then those that are only provided. */
  readonly strings: Strings;
  /** By row, the number of its name. */
  readonly names: Uint32Array;
  readonly byName: RowsByString;
  /** By what Provides names; a package's own name does not count. */
  readonly byProvided: RowsByString;
  /** The rows with `Essential: yes` or `Priority: required`. */
  readonly base: Uint32Array;
}

/** Where a `Packages` file belongs; for messages. */
export interface PackagesOrigin {
  readonly repository: string;
  readonly suite: string;
}

/** The fields that are kept; the rest (descriptions, tags, other hashes) is most of the bytes. */
export const KEPT_FIELDS = [
  'version',
  'architecture',
  'filename',
  'size',
  'sha256',
  'installed-size',
  'essential',
  'priority',
  'depends',
  'pre-depends',
  'recommends',
  'conflicts',
  'breaks',
  'provides',
  'replaces',
  'multi-arch',
  'source',
] as const;

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const CARRIAGE_RETURN = 0x0d;
const PACKAGE = Buffer.from('Package:');
/** Package names as Debian policy §5.6.7 allows them, and a little more: other repositories are laxer. */
const NAME = /^[A-Za-z0-9][\w.+-]*$/;
const PLACES: ReadonlyMap<string, number> = new Map(KEPT_FIELDS.map((field, place) => [field, place]));
const PROVIDES = KEPT_FIELDS.indexOf('provides');
const ESSENTIAL = KEPT_FIELDS.indexOf('essential');
const PRIORITY = KEPT_FIELDS.indexOf('priority');
const LONGEST_FIELD = Math.max(...KEPT_FIELDS.map((field) => field.length));

/**
 * Reads an uncompressed `Packages` file. Stanzas end with an empty line, as every writer makes them
 * (https://wiki.debian.org/DebianRepository/Format).
 *
 * @throws PackageError REPOSITORY_INVALID when a stanza does not begin with a Package field
 */
export function readPackagesTable(bytes: Buffer, origin: PackagesOrigin): PackagesTable {
  // A stanza may gain an empty line for each field that it lacks, and loses the names of those that it has.
  let text = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  const starts: number[] = [];
  const names: string[] = [];
  const provided: string[][] = [];
  const base: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === NEWLINE) {
      at += 1;
      continue;
    }
    const row = starts.length;
    starts.push(length);
    const nameEnd = lineEnd(bytes, at);
    names.push(packageName(bytes, { start: at, end: nameEnd }, origin));
    at = nameEnd + 1;
    const values = emptyValues();
    while (at < bytes.length && bytes[at] !== NEWLINE) {
      const end = fieldEnd(bytes, at);
      const place = keptPlace(bytes, at, end);
      if (place !== undefined) values[place] = trimmed(bytes, bytes.indexOf(COLON, at) + 1, end);
      at = end + 1;
    }
    const size = values.reduce((sum, value) => sum + value.length + 1, 0);
    if (length + size > text.length) text = Buffer.concat([text], text.length * 2 + size);
    for (const value of values) {
      length += copyAsLine(value, text, length);
      text[length] = NEWLINE;
      length += 1;
    }
    const textOf = (place: number) => values[place]?.toString('latin1') ?? '';
    provided.push(providedNames(textOf(PROVIDES)));
    if (textOf(ESSENTIAL) === 'yes' || textOf(PRIORITY) === 'required') base.push(row);
  }
  starts.push(length);
  return {
    text: text.subarray(0, length),
    starts: Uint32Array.from(starts),
    base: Uint32Array.from(base),
    ...named(names, provided),
  };
}

function packageName(
  bytes: Buffer,
  { start, end }: { start: number; end: number },
  { repository, suite }: PackagesOrigin,
): string {
  if (bytes.subarray(start, start + PACKAGE.length).equals(PACKAGE)) {
    const name = bytes.toString('latin1', start + PACKAGE.length, end).trim();
    if (NAME.test(name)) return name;
  }
  throw new PackageError(
    'REPOSITORY_INVALID',
    `the index of repository "${repository}" (${suite}) has a stanza that does not begin with a valid Package field at byte ${start}`,
    {
      hint: 'this is the fault of the repository; use another mirror of it',
      details: { repository, suite, offset: start },
    },
  );
}

/** The end of a field's last line. Lines that begin with a space or a tab belong to the field before them. */
function fieldEnd(bytes: Buffer, start: number): number {
  let end = lineEnd(bytes, start);
  while (bytes[end + 1] === SPACE || bytes[end + 1] === TAB) end = lineEnd(bytes, end + 1);
  return end;
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

/** Which of the kept fields it is, if any. */
function keptPlace(bytes: Buffer, start: number, end: number): number | undefined {
  const last = Math.min(end, start + LONGEST_FIELD + 1);
  let colon = start;
  while (colon < last && bytes[colon] !== COLON) colon += 1;
  return colon === last ? undefined : PLACES.get(bytes.toString('latin1', start, colon).toLowerCase());
}

const NO_VALUE = Buffer.alloc(0);

function emptyValues(): Buffer[] {
  return KEPT_FIELDS.map(() => NO_VALUE);
}

/** Without white space at both ends. */
function trimmed(bytes: Buffer, start: number, end: number): Buffer {
  let [first, last] = [start, end];
  while (first < last && isBlank(bytes[first])) first += 1;
  while (last > first && isBlank(bytes[last - 1])) last -= 1;
  return bytes.subarray(first, last);
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || (byte !== undefined && byte >= TAB && byte <= CARRIAGE_RETURN);
}

/** Copies a value; where it goes on in a new line, a space comes in the place of the end of the line. */
function copyAsLine(value: Buffer, into: Buffer, at: number): number {
  value.copy(into, at);
  for (let end = value.indexOf(NEWLINE); end !== -1; end = value.indexOf(NEWLINE, end + 1))
    into[at + end] = SPACE;
  return value.length;
}

function providedNames(provides: string): string[] {
  return provides
    .split(',')
    .map((item) => /^\s*([^\s(:]+)/.exec(item)?.[1] ?? '')
    .filter((name) => name !== '');
}

function named(
  names: readonly string[],
  provided: readonly (readonly string[])[],
): Pick<PackagesTable, 'strings' | 'names' | 'byName' | 'byProvided'> {
  const pool = new StringPool();
  const add = (name: string) => {
    const bytes = Buffer.from(name, 'latin1');
    return pool.add(bytes, 0, bytes.length);
  };
  const nameOf = Uint32Array.from(names, add);
  const providedBy = provided.map((list) => list.map(add));
  const strings = pool.finish();
  const sizes = { strings: strings.offsets.length - 1, rows: names.length };
  return {
    strings,
    names: nameOf,
    byName: rowsByString(sizes, (row, into) => into.push(nameOf[row] ?? 0)),
    byProvided: rowsByString(sizes, (row, into) => {
      for (const id of providedBy[row] ?? []) into.push(id);
    }),
  };
}

/** The rows that go with a name, of one of the table's groups. */
export function rowsNamed({ strings }: PackagesTable, name: string, group: RowsByString): Uint32Array {
  const id = findString(strings, name) ?? 0;
  return group.rows.subarray(group.starts[id], group.starts[id + 1]);
}

/** Whether the list has a package of this name. */
export function hasPackage(table: PackagesTable, name: string): boolean {
  return rowsNamed(table, name, table.byName).length > 0;
}

const FORMAT: TableFormat = { magic: 'ic-deb\n', version: 2, sections: 11 };

/** The table as bytes to be kept. */
export function encodePackagesTable(table: PackagesTable): Buffer {
  const { text, starts, strings, names, byName, byProvided, base } = table;
  return encodeTable(FORMAT, [
    ...[text, starts, names, base],
    ...[strings.offsets, strings.bytes, strings.slots],
    ...[byName, byProvided].flatMap((group) => [group.starts, group.rows]),
  ]);
}

/** The table of stored bytes, which it keeps; undefined when they are of another format or damaged. */
export function decodePackagesTable(bytes: Buffer): PackagesTable | undefined {
  const stored = decodeTable(FORMAT, bytes);
  if (stored === undefined) return undefined;
  const text = stored.bytes(0);
  return {
    text: Buffer.from(text.buffer, text.byteOffset, text.byteLength),
    starts: stored.words(1),
    names: stored.words(2),
    base: stored.words(3),
    strings: { offsets: stored.words(4), bytes: stored.bytes(5), slots: stored.words(6) },
    byName: { starts: stored.words(7), rows: stored.words(8) },
    byProvided: { starts: stored.words(9), rows: stored.words(10) },
  };
}
