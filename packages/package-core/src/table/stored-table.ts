import { crc32 } from 'node:zlib';

/** A part of a table. */
export type Section = Uint8Array | Uint32Array | Float64Array;

/** What a stored table is, and how many sections it has. */
export interface TableFormat {
  /** Seven bytes of ASCII. */
  readonly magic: string;
  /** Below 256. To be raised whenever the stored form, or what is read into it, changes. */
  readonly version: number;
  readonly sections: number;
}

const MAGIC_BYTES = 7;
const CHECKSUM = MAGIC_BYTES + 1;
const CHECKED = CHECKSUM + 4;

/**
 * A table as bytes to be kept: magic, version, CRC-32 of what follows, byte lengths of the sections, sections aligned
 * to 8 bytes. In this machine's byte order. The checksum is against damage: against intent no hash would help that lies
 * in the same file, and nobody but the user can write there.
 */
export function encodeTable(format: TableFormat, sections: readonly Section[]): Buffer {
  const start = headBytes(format);
  const size = sections.reduce((sum, section) => sum + aligned(section.byteLength), start);
  const encoded = Buffer.alloc(size);
  encoded.write(format.magic, 'latin1');
  encoded[MAGIC_BYTES] = format.version;
  let at = start;
  for (const [index, section] of sections.entries()) {
    encoded.writeDoubleLE(section.byteLength, CHECKED + index * 8);
    encoded.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), at);
    at += aligned(section.byteLength);
  }
  encoded.writeUInt32LE(checksumOf(encoded), CHECKSUM);
  return encoded;
}

/** The sections of stored bytes, which they keep. */
export interface StoredTable {
  bytes(section: number): Uint8Array;
  words(section: number): Uint32Array;
  numbers(section: number): Float64Array;
}

/** Undefined when the bytes are of another format or damaged. */
export function decodeTable(format: TableFormat, stored: Buffer): StoredTable | undefined {
  const start = headBytes(format);
  if (stored.length < start || stored.toString('latin1', 0, MAGIC_BYTES) !== format.magic) return undefined;
  if (stored[MAGIC_BYTES] !== format.version) return undefined;
  if (!isWholeTable(stored)) return undefined;
  // Typed arrays must begin at a multiple of their element's size.
  const bytes = stored.byteOffset % 8 === 0 ? stored : Buffer.from(Uint8Array.from(stored).buffer);
  let at = start;
  const places: { readonly start: number; readonly length: number }[] = [];
  for (let index = 0; index < format.sections; index += 1) {
    const length = bytes.readDoubleLE(CHECKED + index * 8);
    if (!Number.isInteger(length) || length < 0 || length > bytes.length - at) return undefined;
    places.push({ start: bytes.byteOffset + at, length });
    at += aligned(length);
  }
  const place = (section: number) => places[section] ?? { start: 0, length: 0 };
  return {
    bytes: (section) => new Uint8Array(bytes.buffer, place(section).start, place(section).length),
    words: (section) =>
      new Uint32Array(bytes.buffer, place(section).start, Math.floor(place(section).length / 4)),
    numbers: (section) =>
      new Float64Array(bytes.buffer, place(section).start, Math.floor(place(section).length / 8)),
  };
}

/** Whether stored bytes are those that were encoded, of whatever format. */
export function isWholeTable(stored: Buffer): boolean {
  return stored.length >= CHECKED && checksumOf(stored) === stored.readUInt32LE(CHECKSUM);
}

function headBytes({ sections }: TableFormat): number {
  return aligned(CHECKED + sections * 8);
}

function checksumOf(encoded: Buffer): number {
  return crc32(encoded.subarray(CHECKED));
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}
