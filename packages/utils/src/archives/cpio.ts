import { archiveInvalid, decodeName, normaliseArchivePath } from './archive-path.js';

/** One member of a newc archive. Hard links share `inode`, and only the last of them carries the data. */
export interface CpioEntry {
  /** Relative to the root, without `./`, `..` or a trailing slash; empty for the root directory itself. */
  readonly path: string;
  /** File type and permission bits as in stat(2). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly inode: number;
  readonly links: number;
  /** Of a device; otherwise 0. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** A file's bytes, a symbolic link's target; a view of the archive when read from one. */
  readonly data: Uint8Array;
}

/** What `writeCpio` needs to know; the rest has defaults: root's, 1970, one link, an inode of its own. */
export type CpioInput = Pick<CpioEntry, 'path' | 'mode'> & Partial<Omit<CpioEntry, 'path' | 'mode'>>;

const HEADER_BYTES = 110;
const TRAILER = 'TRAILER!!!';
const FIELDS = 13;

/**
 * The members of the newc archive (`070701`, or `070702` with checksums) that `bytes` begins with, up to its
 * trailer. Format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 *
 * @throws UtilsError ARCHIVE_INVALID
 */
export function* readCpio(bytes: Uint8Array): Generator<CpioEntry, void, undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;
  for (;;) {
    const header = buffer.toString('latin1', position, position + HEADER_BYTES);
    if (!/^07070[12][0-9a-fA-F]{104}$/.test(header))
      throw archiveInvalid(`there is no cpio header at byte ${position}`);
    const field = (index: number) => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
    const nameEnd = position + HEADER_BYTES + field(11);
    const start = aligned(nameEnd);
    const end = start + field(6);
    if (end > buffer.length || buffer[nameEnd - 1] !== 0) {
      throw archiveInvalid(`the cpio member at byte ${position} is cut off`);
    }
    const name = decodeName(buffer.subarray(position + HEADER_BYTES, nameEnd - 1));
    if (name === TRAILER) return;
    const data = bytes.subarray(start, end);
    if (header[5] === '2' && sumOf(data) !== field(12)) {
      throw archiveInvalid(`the cpio member ${JSON.stringify(name)} has a wrong checksum`);
    }
    yield {
      path: normaliseArchivePath(name),
      inode: field(0),
      mode: field(1),
      uid: field(2),
      gid: field(3),
      links: field(4),
      mtime: field(5),
      deviceMajor: field(9),
      deviceMinor: field(10),
      data,
    };
    position = aligned(end);
  }
}

/**
 * A newc archive of these members in their order, as the kernel reads it for an initramfs. Parents must come
 * before what is in them.
 *
 * @throws UtilsError ARCHIVE_INVALID for a path that leaves the root, or a number beyond 32 bits
 */
export function writeCpio(entries: Iterable<CpioInput>): Buffer {
  const pieces: Uint8Array[] = [];
  let count = 0;
  const append = (name: string, fields: readonly number[], data: Uint8Array) => {
    const bytes = Buffer.from(`${name}\0`);
    const numbers = fields.with(11, bytes.length).with(6, data.length).map(hex).join('');
    const head = HEADER_BYTES + bytes.length;
    pieces.push(Buffer.from(`070701${numbers}`), bytes, padding(head), data, padding(data.length));
  };
  for (const entry of entries) {
    count += 1;
    const numbers = Array.from({ length: FIELDS }, () => 0);
    numbers.splice(
      0,
      6,
      entry.inode ?? count,
      entry.mode,
      entry.uid ?? 0,
      entry.gid ?? 0,
      entry.links ?? 1,
      entry.mtime ?? 0,
    );
    numbers.splice(9, 2, entry.deviceMajor ?? 0, entry.deviceMinor ?? 0);
    append(normaliseArchivePath(entry.path) || '.', numbers, entry.data ?? new Uint8Array());
  }
  append(
    TRAILER,
    Array.from({ length: FIELDS }, (_, index) => (index === 4 ? 1 : 0)),
    new Uint8Array(),
  );
  return Buffer.concat(pieces);
}

function hex(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw archiveInvalid(`a cpio header cannot hold the number ${value}`);
  }
  return value.toString(16).padStart(8, '0');
}

/** Members begin at multiples of four bytes. */
function aligned(position: number): number {
  return Math.ceil(position / 4) * 4;
}

function padding(length: number): Uint8Array {
  return new Uint8Array(aligned(length) - length);
}

function sumOf(data: Uint8Array): number {
  let sum = 0;
  for (const byte of data) sum = (sum + byte) >>> 0;
  return sum;
}
