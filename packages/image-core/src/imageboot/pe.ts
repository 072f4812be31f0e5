import { ImageError } from '../errors.js';

/** A section of a PE image; addresses are relative to the image base. */
export interface PeSection {
  readonly name: string;
  readonly virtualAddress: number;
  /** Bytes in memory: what counts as the content, padding left out. */
  readonly virtualSize: number;
  /** Where the content lies in the file, and how many bytes of it are there. */
  readonly fileOffset: number;
  readonly fileSize: number;
}

/** What of a PE image's headers is needed to read its sections and to add to them; offsets into the file in bytes. */
export interface PeImage {
  readonly coffHeader: number;
  readonly optionalHeader: number;
  readonly sectionTable: number;
  /** Offset of the data directories, eight bytes each, and their number. */
  readonly directories: number;
  readonly directoryCount: number;
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly sections: readonly PeSection[];
}

export const SECTION_HEADER_BYTES = 40;
/** Powers of two; more than 2 MiB, a large page, is a damaged header. */
const ALIGNMENTS: ReadonlySet<number> = new Set(Array.from({ length: 22 }, (_, power) => 2 ** power));
const DIRECTORIES_AT: Readonly<Record<number, number>> = { 267: 96, 523: 112 };

/**
 * Reads the headers of a PE image (Microsoft's "PE Format": PE32 and PE32+). Pure.
 *
 * @throws ImageError IMAGE_FAILED when `bytes` is none; `what` names it in the message
 */
export function readPe(bytes: Buffer, what: string): PeImage {
  const fail = (why: string) => new ImageError('IMAGE_FAILED', `${what} is no UEFI program: ${why}`);
  const need = (end: number) => {
    if (end > bytes.length) throw fail('it ends within its headers');
  };
  need(0x40);
  if (bytes.toString('latin1', 0, 2) !== 'MZ') throw fail('it does not begin with "MZ"');
  const signature = bytes.readUInt32LE(0x3c);
  const coffHeader = signature + 4;
  const optionalHeader = coffHeader + 20;
  need(optionalHeader + 2);
  if (bytes.toString('latin1', signature, coffHeader) !== 'PE\0\0') throw fail('it has no PE header');
  const magic = bytes.readUInt16LE(optionalHeader);
  const directoriesAt = DIRECTORIES_AT[magic];
  if (directoriesAt === undefined) throw fail(`its kind 0x${magic.toString(16)} is not known`);
  const sectionTable = optionalHeader + bytes.readUInt16LE(coffHeader + 16);
  const directories = optionalHeader + directoriesAt;
  need(directories);
  const directoryCount = bytes.readUInt32LE(directories - 4);
  if (directories + 8 * directoryCount > sectionTable) throw fail('its data directories have no room');
  const count = bytes.readUInt16LE(coffHeader + 2);
  need(sectionTable + SECTION_HEADER_BYTES * count);
  const sections = Array.from({ length: count }, (_, index) =>
    readSection(bytes, sectionTable + SECTION_HEADER_BYTES * index),
  );
  for (const { name, fileOffset, fileSize } of sections) {
    if (fileOffset + fileSize > bytes.length) throw fail(`its section ${name} ends behind the file`);
  }
  const sectionAlignment = bytes.readUInt32LE(optionalHeader + 32);
  const fileAlignment = bytes.readUInt32LE(optionalHeader + 36);
  for (const alignment of [sectionAlignment, fileAlignment]) {
    if (!ALIGNMENTS.has(alignment)) throw fail(`it cannot be aligned to ${alignment} bytes`);
  }
  return {
    coffHeader,
    optionalHeader,
    sectionTable,
    directories,
    directoryCount,
    sectionAlignment,
    fileAlignment,
    sections,
  };
}

function readSection(bytes: Buffer, at: number): PeSection {
  return {
    name: bytes.toString('latin1', at, at + 8).replace(/\0+$/, ''),
    virtualSize: bytes.readUInt32LE(at + 8),
    virtualAddress: bytes.readUInt32LE(at + 12),
    fileSize: bytes.readUInt32LE(at + 16),
    fileOffset: bytes.readUInt32LE(at + 20),
  };
}

/** The content of a section; undefined where the image has none of that name. Pure. */
export function sectionContent(bytes: Buffer, image: PeImage, name: string): Buffer | undefined {
  const section = image.sections.find((each) => each.name === name);
  if (section === undefined) return undefined;
  const size = Math.min(section.virtualSize, section.fileSize);
  return bytes.subarray(section.fileOffset, section.fileOffset + size);
}
