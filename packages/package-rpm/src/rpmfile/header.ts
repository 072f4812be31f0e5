import { malformed } from './malformed.js';
import { SIGNATURE_TAG } from './tags.js';

/** One of the two headers of a package: a region of typed values by tag, checked whole when it was read. */
export interface Header {
  /** The header as it stands in the file, its magic included: what digests and signatures cover. */
  readonly bytes: Uint8Array;
  has(tag: number): boolean;
  /** One string; the first of an internationalized one. Undefined when the tag is absent, as with the others. */
  string(tag: number): string | undefined;
  /** A string array; one string counts as an array of it. */
  strings(tag: number): readonly string[] | undefined;
  /** Whole numbers of 8, 16, 32 or 64 bits, unsigned. */
  numbers(tag: number): readonly number[] | undefined;
  number(tag: number): number | undefined;
  binary(tag: number): Uint8Array | undefined;
}

/** The limits of rpm (lib/header.cc, hdrblobVerifyLengths). */
export interface HeaderLimits {
  readonly entries: number;
  readonly bytes: number;
}

export const MAIN_LIMITS: HeaderLimits = { entries: 0xffff, bytes: 0x0fffffff };
export const SIGNATURE_LIMITS: HeaderLimits = { entries: 32, bytes: 64 * 1024 * 1024 };

const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
const INTRO_BYTES = 16;
const ENTRY_BYTES = 16;
/** Tags below are regions. */
const FIRST_TAG = 100;
/** rpm allows no longer arrays, but of bytes. */
const MAX_ARRAY = 0x0fffff;
/** Old signature regions end with the tag of another region. */
const HEADER_IMAGE = 61;

const TYPE = { int64: 5, string: 6, binary: 7, stringArray: 8, i18nString: 9 } as const;
/** Bytes of a value by type; 0 for strings, which end with a NUL. */
const SIZES = [undefined, 1, 1, 2, 4, 8, 0, 1, 0, 0] as const;

interface Entry {
  readonly tag: number;
  readonly type: number;
  /** In the store. */
  readonly offset: number;
  readonly count: number;
}

interface CheckedEntry extends Entry {
  /** Where its data ends in the store. */
  readonly end: number;
}

/**
 * Reads the header at `start` and checks all of it as rpm does: one immutable region that spans the header, known
 * types, offsets aligned and rising without overlap, values and strings inside the store. Whatever it says, memory is
 * bounded by the size of the file. Format: rpm, docs/manual/format_header.md.
 *
 * @throws PackageError PACKAGE_INVALID
 */
export function readHeader(
  file: Uint8Array,
  start: number,
  { region, limits }: { readonly region: number; readonly limits: HeaderLimits },
): Header {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (start + INTRO_BYTES > buffer.length) throw malformed('it is cut off before a header');
  if (!buffer.subarray(start, start + MAGIC.length).equals(MAGIC)) throw malformed('a header has no magic');
  const entryCount = buffer.readUInt32BE(start + 8);
  const storeBytes = buffer.readUInt32BE(start + 12);
  if (entryCount < 1 || entryCount > limits.entries || storeBytes > limits.bytes) {
    throw malformed(`a header claims ${entryCount} entries and ${storeBytes} bytes, more than rpm allows`);
  }
  const storeStart = start + INTRO_BYTES + entryCount * ENTRY_BYTES;
  const end = storeStart + storeBytes;
  if (end > buffer.length) throw malformed('a header is longer than the file');
  const store = buffer.subarray(storeStart, end);
  const index = buffer.subarray(start + INTRO_BYTES, storeStart);
  checkRegion(index, store, region);
  return headerOf(buffer.subarray(start, end), store, readIndex(index, store));
}

function entryAt(bytes: Buffer, at: number): Entry {
  return {
    tag: bytes.readUInt32BE(at),
    type: bytes.readUInt32BE(at + 4),
    offset: bytes.readInt32BE(at + 8),
    count: bytes.readUInt32BE(at + 12),
  };
}

/** The first entry is the region; its data, at the end of the store, points back over the whole index. */
function checkRegion(index: Buffer, store: Buffer, region: number): void {
  const first = entryAt(index, 0);
  if (first.tag !== region || !isRegion(first)) throw malformed('a header has no immutable region');
  if (first.offset < 0 || first.offset + ENTRY_BYTES !== store.length) {
    throw malformed('the immutable region of a header does not end where the header does');
  }
  const trailer = entryAt(store, first.offset);
  const named = trailer.tag === region || (region === SIGNATURE_TAG.region && trailer.tag === HEADER_IMAGE);
  if (!named || !isRegion(trailer) || -trailer.offset !== index.length) {
    throw malformed('the immutable region of a header does not begin where the header does');
  }
}

function isRegion({ type, count }: Entry): boolean {
  return type === TYPE.binary && count === ENTRY_BYTES;
}

function readIndex(index: Buffer, store: Buffer): Map<number, CheckedEntry> {
  const entries = new Map<number, CheckedEntry>();
  const storeEnd = store.length - ENTRY_BYTES;
  let previousEnd = 0;
  for (let at = ENTRY_BYTES; at < index.length; at += ENTRY_BYTES) {
    const entry = entryAt(index, at);
    const { tag, offset, count } = entry;
    const size = SIZES[entry.type];
    if (tag < FIRST_TAG || size === undefined) throw bad(entry, 'is of no known kind');
    if (entries.has(tag)) throw bad(entry, 'is there twice');
    if (count < 1 || (count > MAX_ARRAY && entry.type !== TYPE.binary)) throw bad(entry, 'has a wrong count');
    if (offset < previousEnd || (size > 1 && offset % size !== 0))
      throw bad(entry, 'overlaps or is not aligned');
    const end = size === 0 ? stringsEnd(store, entry, storeEnd) : offset + size * count;
    if (end > storeEnd) throw bad(entry, 'does not fit into its header');
    entries.set(tag, { ...entry, end });
    previousEnd = end;
  }
  return entries;
}

/** Behind the NUL of the last of `count` strings; each byte is looked at once since entries do not overlap. */
function stringsEnd(store: Buffer, entry: Entry, storeEnd: number): number {
  if (entry.type === TYPE.string && entry.count !== 1) throw bad(entry, 'has a wrong count');
  let at = entry.offset;
  for (let left = entry.count; left > 0; left -= 1) {
    const nul = at < storeEnd ? store.indexOf(0, at) : -1;
    if (nul === -1) throw bad(entry, 'has a string without an end');
    at = nul + 1;
  }
  return at;
}

function bad(entry: Entry, what: string): Error {
  return malformed(`tag ${entry.tag} of a header (type ${entry.type}, count ${entry.count}) ${what}`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function headerOf(bytes: Buffer, store: Buffer, entries: ReadonlyMap<number, CheckedEntry>): Header {
  const strings = (tag: number) => {
    const entry = entries.get(tag);
    if (entry === undefined) return undefined;
    if (SIZES[entry.type] !== 0) throw bad(entry, 'is no string');
    try {
      return utf8.decode(store.subarray(entry.offset, entry.end - 1)).split('\0');
    } catch {
      throw bad(entry, 'is not UTF-8');
    }
  };
  const numbers = (tag: number) => {
    const entry = entries.get(tag);
    return entry === undefined ? undefined : numbersOf(entry, store);
  };
  return {
    bytes,
    has: (tag) => entries.has(tag),
    strings,
    string: (tag) => strings(tag)?.[0],
    numbers,
    number: (tag) => numbers(tag)?.[0],
    binary(tag) {
      const entry = entries.get(tag);
      if (entry === undefined) return undefined;
      if (entry.type !== TYPE.binary) throw bad(entry, 'is not binary');
      return store.subarray(entry.offset, entry.end);
    },
  };
}

function numbersOf(entry: CheckedEntry, store: Buffer): readonly number[] {
  const size = SIZES[entry.type] ?? 0;
  if (size === 0 || entry.type === TYPE.binary) throw bad(entry, 'is no number');
  const numbers: number[] = [];
  for (let at = entry.offset; at < entry.end; at += size) {
    const value = size === 8 ? Number(store.readBigUInt64BE(at)) : store.readUIntBE(at, size);
    if (!Number.isSafeInteger(value)) throw bad(entry, 'is larger than we can count');
    numbers.push(value);
  }
  return numbers;
}
