import { archiveInvalid, decodeName } from './archive-path.js';

/** What a PAX extended header overrides in the entry after it; an undefined key falls back to the header block. */
export interface PaxRecords {
  readonly path?: Uint8Array | undefined;
  readonly linkpath?: Uint8Array | undefined;
  readonly size?: number | undefined;
  readonly mtime?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
}

const XATTR = 'SCHILY.xattr.';
const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/**
 * The records (`length key=value\n`) of a PAX extended header, POSIX.1-2017 pax "pax Extended Header". Keys that
 * do not concern unpacking are skipped.
 *
 * @throws UtilsError ARCHIVE_INVALID
 */
export function readPax(data: Uint8Array): PaxRecords {
  const records: { -readonly [Key in keyof PaxRecords]: PaxRecords[Key] } = {};
  let xattrs: Map<string, Uint8Array> | undefined;
  for (const [key, value] of pairs(data)) {
    if (key === 'path') records.path = value.length === 0 ? undefined : value;
    else if (key === 'linkpath') records.linkpath = value.length === 0 ? undefined : value;
    else if (key === 'size') records.size = integer(value, key);
    else if (key === 'uid') records.uid = integer(value, key);
    else if (key === 'gid') records.gid = integer(value, key);
    else if (key === 'mtime') records.mtime = seconds(value);
    else if (key.startsWith('GNU.sparse.')) throw archiveInvalid('sparse tar entries are not supported');
    else if (key.startsWith(XATTR)) {
      xattrs ??= new Map();
      xattrs.set(key.slice(XATTR.length), value);
    }
  }
  if (xattrs !== undefined) records.xattrs = xattrs;
  return records;
}

function* pairs(data: Uint8Array): Generator<[string, Uint8Array]> {
  let position = 0;
  while (position < data.length && data[position] !== 0) {
    const space = data.indexOf(SPACE, position);
    const length = space < 0 ? Number.NaN : (integer(data.subarray(position, space), 'length') ?? Number.NaN);
    const end = position + length;
    const equals = data.indexOf(EQUALS, space + 1);
    if (!(end <= data.length) || equals < 0 || equals >= end - 1 || data[end - 1] !== NEWLINE) {
      throw archiveInvalid('a PAX record is malformed');
    }
    yield [decodeName(data.subarray(space + 1, equals)), data.subarray(equals + 1, end - 1)];
    position = end;
  }
}

function integer(value: Uint8Array, key: string): number | undefined {
  if (value.length === 0) return undefined;
  const number = value.length > 16 ? Number.NaN : parseDecimal(value);
  if (!Number.isSafeInteger(number)) throw archiveInvalid(`the PAX ${key} is not a number`);
  return number;
}

function parseDecimal(value: Uint8Array): number {
  let number = 0;
  for (const byte of value) {
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function seconds(value: Uint8Array): number | undefined {
  if (value.length === 0) return undefined;
  const text = decodeName(value.subarray(0, 40));
  if (!/^-?\d{1,12}(?:\.\d*)?$/.test(text)) throw archiveInvalid('the PAX mtime is not a time');
  return Number(text);
}
