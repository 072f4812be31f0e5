import { archiveInvalid, decodeName } from './archive-path.js';

export interface ArMember {
  readonly name: string;
  /** Of the member's bytes from the start of the archive. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** A view of the archive, not a copy. */
  readonly data: Uint8Array;
}

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;

/**
 * The members of an ar archive in their order: System V names (`name/`, as binutils writes them), plain names
 * (as dpkg-deb writes them) and the GNU table of long names. Symbol tables are left out.
 * Format: ar(5); for .deb files deb(5).
 *
 * @throws UtilsError ARCHIVE_INVALID
 */
export function readAr(bytes: Uint8Array): ArMember[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw archiveInvalid('it does not begin as an ar archive');
  const members: ArMember[] = [];
  let longNames: Uint8Array | undefined;
  let position = MAGIC.length;
  while (position < buffer.length) {
    const header = buffer.toString('latin1', position, position + HEADER_BYTES);
    if (header.length < HEADER_BYTES || !header.endsWith('`\n')) {
      throw archiveInvalid(`there is no ar header at byte ${position}`);
    }
    const size = decimal(header.slice(48, 58), position);
    const offset = position + HEADER_BYTES;
    if (offset + size > buffer.length) throw archiveInvalid(`the ar member at byte ${position} is cut off`);
    const data = bytes.subarray(offset, offset + size);
    const rawName = header.slice(0, 16).trimEnd();
    if (rawName === '//') longNames = data;
    else if (rawName !== '/' && rawName !== '/SYM64/') {
      members.push({ name: memberName(rawName, longNames, position), offset, size, data });
    }
    position = offset + size + (size % 2);
  }
  return members;
}

function memberName(rawName: string, longNames: Uint8Array | undefined, position: number): string {
  const reference = /^\/(\d+)$/.exec(rawName)?.[1];
  const name =
    reference === undefined ? rawName.replace(/\/$/, '') : longName(longNames, Number(reference), position);
  if (/^\.{0,2}$/.test(name) || name.includes('/') || name.includes('\0')) {
    throw archiveInvalid(`the ar member at byte ${position} has no usable name`);
  }
  return name;
}

/** Linux's NAME_MAX. Were names unlimited, an archive could name one of half its size in each of its headers. */
const LONGEST_NAME = 255;

/** Names in the table end with `/` and a newline. */
function longName(table: Uint8Array | undefined, start: number, position: number): string {
  const rest = table?.subarray(start, start + LONGEST_NAME + 2);
  const end = rest?.indexOf(0x0a) ?? -1;
  if (rest === undefined || end < 0) {
    throw archiveInvalid(`the ar member at byte ${position} refers to a long name that is not there`);
  }
  return decodeName(rest.subarray(0, end)).replace(/\/$/, '');
}

function decimal(field: string, position: number): number {
  const digits = field.trimEnd();
  if (!/^\d+$/.test(digits)) throw archiveInvalid(`the ar header at byte ${position} has no valid size`);
  return Number(digits);
}
