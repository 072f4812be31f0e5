import { archiveInvalid, decodeName, normaliseArchivePath } from './archive-path.js';
import { type PaxRecords, readPax } from './pax.js';

export type TarEntryType =
  | 'file'
  | 'hardlink'
  | 'symlink'
  | 'character-device'
  | 'block-device'
  | 'directory'
  | 'fifo';

export interface TarEntry {
  /** Relative to the root, without `./`, `..` or a trailing slash; empty for the root directory itself. */
  readonly path: string;
  readonly type: TarEntryType;
  /** Permission, set-id and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of `data`. */
  readonly size: number;
  /** Seconds since 1970; with a fraction when a PAX record gives one. */
  readonly mtime: number;
  /** symlink: the target as it stands. hardlink: the path of the other entry, as `path`. Otherwise empty. */
  readonly linkTarget: string;
  /** Of a device; otherwise 0. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Extended attributes (SCHILY.xattr.*), raw bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
  /** A view of the archive, not a copy. */
  readonly data: Uint8Array;
}

const BLOCK = 512;
const NO_RECORDS: PaxRecords = {};

const TYPES: Readonly<Record<string, TarEntryType | undefined>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
};

/**
 * The entries of an uncompressed tar archive in memory: V7, ustar (POSIX.1-1988), GNU (long names, base-256
 * numbers), PAX (POSIX.1-2001: path, linkpath, size, mtime, uid, gid, SCHILY.xattr.*). Nothing is copied. As dpkg
 * and GNU tar do, a missing end marker is accepted. Sparse files and unknown entry types are refused. An entry can
 * still lie behind a symbolic link that an earlier one made: whoever unpacks must not follow it.
 *
 * @throws UtilsError ARCHIVE_INVALID
 */
export function* readTar(bytes: Uint8Array): Generator<TarEntry, void, undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let defaults = NO_RECORDS;
  let records = NO_RECORDS;
  let position = 0;
  while (position < buffer.length) {
    if (position + BLOCK > buffer.length)
      throw archiveInvalid(`the tar header at byte ${position} is cut off`);
    if (!hasHeader(buffer, position)) return;
    const flag = String.fromCharCode(buffer[position + 156] ?? 0);
    const isMeta = flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K';
    const size = isMeta ? numberAt(buffer, position + 124, 12) : sizeOf(buffer, position, flag, records);
    const start = position + BLOCK;
    if (size < 0 || start + size > buffer.length) {
      throw archiveInvalid(`the tar entry at byte ${position} is cut off`);
    }
    const data = bytes.subarray(start, start + size);
    if (flag === 'g') defaults = { ...defaults, ...readPax(data) };
    else if (flag === 'x') records = { ...records, ...readPax(data) };
    else if (flag === 'L') records = { ...records, path: withoutTrailingNul(data) };
    else if (flag === 'K') records = { ...records, linkpath: withoutTrailingNul(data) };
    else {
      const all = defaults === NO_RECORDS ? records : { ...defaults, ...records };
      yield entryAt(buffer, position, data, all);
      records = NO_RECORDS;
    }
    position = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function entryAt(buffer: Buffer, position: number, data: Uint8Array, records: PaxRecords): TarEntry {
  const flag = String.fromCharCode(buffer[position + 156] ?? 0);
  const name = records.path === undefined ? headerName(buffer, position) : decodeName(records.path);
  let type = TYPES[flag];
  if (type === undefined) {
    throw archiveInvalid(
      `the tar entry ${JSON.stringify(name)} has the unknown type ${JSON.stringify(flag)}`,
    );
  }
  // Before ustar, a directory was a file whose name ended with a slash.
  if (type === 'file' && name.endsWith('/')) type = 'directory';
  const path = normaliseArchivePath(name);
  if (path === '' && type !== 'directory') throw archiveInvalid(`a ${type} has no name`);
  const isDevice = type === 'character-device' || type === 'block-device';
  return {
    path,
    type,
    mode: numberAt(buffer, position + 100, 8) & 0o7777,
    uid: positive(records.uid ?? numberAt(buffer, position + 108, 8)),
    gid: positive(records.gid ?? numberAt(buffer, position + 116, 8)),
    size: type === 'file' ? data.length : 0,
    mtime: records.mtime ?? numberAt(buffer, position + 136, 12),
    linkTarget: type === 'symlink' || type === 'hardlink' ? linkTarget(buffer, position, type, records) : '',
    deviceMajor: isDevice ? positive(numberAt(buffer, position + 329, 8)) : 0,
    deviceMinor: isDevice ? positive(numberAt(buffer, position + 337, 8)) : 0,
    xattrs: records.xattrs,
    data: type === 'file' ? data : data.subarray(0, 0),
  };
}

function linkTarget(
  buffer: Buffer,
  position: number,
  type: 'symlink' | 'hardlink',
  records: PaxRecords,
): string {
  const raw =
    records.linkpath === undefined ? textAt(buffer, position + 157, 100) : decodeName(records.linkpath);
  const target = type === 'hardlink' ? normaliseArchivePath(raw) : raw;
  if (target === '' || target.includes('\0')) throw archiveInvalid(`a ${type} has no valid target`);
  return target;
}

/** Only ustar has a prefix; GNU tar keeps other things at its place. */
function headerName(buffer: Buffer, position: number): string {
  const name = textAt(buffer, position, 100);
  const isUstar = buffer[position + 257] === 0x75 && buffer[position + 262] === 0;
  if (!isUstar || buffer[position + 345] === 0) return name;
  return `${textAt(buffer, position + 345, 155)}/${name}`;
}

/** A hard link brings no data, whatever its size says (old tars wrote the file's size there). */
function sizeOf(buffer: Buffer, position: number, flag: string, records: PaxRecords): number {
  return flag === '1' ? 0 : (records.size ?? numberAt(buffer, position + 124, 12));
}

/** False at a block of zeros, which ends the archive. */
function hasHeader(buffer: Buffer, position: number): boolean {
  let sum = 0;
  for (let index = position; index < position + BLOCK; index += 1) sum += buffer[index] ?? 0;
  if (sum === 0) return false;
  const stored = numberAt(buffer, position + 148, 8);
  // The checksum counts as eight spaces. Some old tars added signed bytes.
  let unsigned = sum + 8 * 0x20;
  for (let index = position + 148; index < position + 156; index += 1) unsigned -= buffer[index] ?? 0;
  if (stored === unsigned || stored === signedSum(buffer, position)) return true;
  throw archiveInvalid(`the tar header at byte ${position} has a wrong checksum`);
}

function signedSum(buffer: Buffer, position: number): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < BLOCK; index += 1) {
    if (index < 148 || index >= 156) sum += buffer.readInt8(position + index);
  }
  return sum;
}

/** Octal digits between spaces and NULs, or GNU base-256 when the first bit is set. */
function numberAt(buffer: Buffer, position: number, length: number): number {
  const first = buffer[position] ?? 0;
  if (first >= 0x80) return base256(buffer.subarray(position, position + length));
  let value = 0;
  let index = position;
  const end = position + length;
  while (index < end && buffer[index] === 0x20) index += 1;
  for (; index < end; index += 1) {
    const digit = (buffer[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; index < end; index += 1) {
    const byte = buffer[index];
    if (byte === 0) break;
    if (byte !== 0x20) throw archiveInvalid(`there is no number at byte ${position}`);
  }
  return value;
}

/** Big-endian two's complement; the first bit is the marker, the second the sign. */
function base256(field: Uint8Array): number {
  const first = field[0] ?? 0;
  let value = first & 0x40 ? (first & 0x7f) - 0x80 : first & 0x3f;
  for (let index = 1; index < field.length; index += 1) value = value * 256 + (field[index] ?? 0);
  if (!Number.isSafeInteger(value)) throw archiveInvalid('a number is too large');
  return value;
}

function positive(value: number): number {
  if (value < 0) throw archiveInvalid('an id or device number is negative');
  return value;
}

function textAt(buffer: Buffer, position: number, length: number): string {
  let end = position;
  let isAscii = true;
  for (; end < position + length; end += 1) {
    const byte = buffer[end] ?? 0;
    if (byte === 0) break;
    if (byte >= 0x80) isAscii = false;
  }
  return isAscii ? buffer.toString('latin1', position, end) : decodeName(buffer.subarray(position, end));
}

function withoutTrailingNul(data: Uint8Array): Uint8Array {
  let end = data.length;
  while (end > 0 && data[end - 1] === 0) end -= 1;
  return data.subarray(0, end);
}
