import { ImageError } from '../errors.js';
import { type PeImage, readPe, SECTION_HEADER_BYTES } from './pe.js';

/** A section to add: read-only data of the image. */
export interface NewSection {
  /** At most eight bytes of ASCII. */
  readonly name: string;
  readonly content: Buffer;
  readonly isCode?: boolean | undefined;
}

/** Pages of x86 and of arm64 with small pages; some stubs align to less, firmware that protects memory wants as much. */
const PAGE = 4096;
/** Sizes and places have 32 bits; with the last alignment. */
const LARGEST = 2 ** 32 - 2 ** 22;
const CODE = 0x20;
const INITIALIZED_DATA = 0x40;
const READABLE = 0x4000_0000;
const SECURITY_DIRECTORY = 4;
const DEBUG_DIRECTORY = 6;
const DEBUG_ENTRY_BYTES = 28;

/**
 * A PE image with more sections behind those that it has, in the order given (Microsoft's "PE Format"). A signature in it
 * would no longer hold and is left out, the optional checksum with it. Where the headers have no room for the new ones, what
 * follows them in the file moves back; addresses in memory stay. Nothing but the arguments shows in the result. Pure.
 *
 * @throws ImageError IMAGE_FAILED when the image is none, has a section of that name or can take no more; `what` names it
 */
export function addPeSections(original: Buffer, added: readonly NewSection[], what: string): Buffer {
  const unsigned = withoutSignature(original, readPe(original, what));
  const bytes = withRoom(unsigned, added.length, what);
  const image = readPe(bytes, what);
  const align = { memory: Math.max(image.sectionAlignment, PAGE), file: image.fileAlignment };
  const parts: Buffer[] = [bytes];
  let fileEnd = bytes.length;
  let memoryEnd = Math.max(...image.sections.map((one) => one.virtualAddress + one.virtualSize), 0);
  let data = 0;
  added.forEach((section, index) => {
    if (image.sections.some(({ name }) => name === section.name)) {
      throw new ImageError('IMAGE_FAILED', `${what} has a section ${section.name} already`);
    }
    const fileOffset = ceil(fileEnd, align.file);
    const fileSize = ceil(section.content.length, align.file);
    const virtualAddress = ceil(memoryEnd, align.memory);
    const virtualSize = section.content.length;
    if (Math.max(fileOffset + fileSize, virtualAddress + virtualSize) > LARGEST) {
      throw new ImageError(
        'IMAGE_FAILED',
        `${what} would have more than 4 GiB with its section ${section.name}`,
      );
    }
    const at = image.sectionTable + SECTION_HEADER_BYTES * (image.sections.length + index);
    bytes.fill(0, at, at + SECTION_HEADER_BYTES);
    bytes.write(section.name, at, 8, 'latin1');
    bytes.writeUInt32LE(virtualSize, at + 8);
    bytes.writeUInt32LE(virtualAddress, at + 12);
    bytes.writeUInt32LE(fileSize, at + 16);
    bytes.writeUInt32LE(fileOffset, at + 20);
    bytes.writeUInt32LE((READABLE | (section.isCode === true ? CODE : INITIALIZED_DATA)) >>> 0, at + 36);
    parts.push(Buffer.alloc(fileOffset - fileEnd), section.content);
    parts.push(Buffer.alloc(fileSize - section.content.length));
    fileEnd = fileOffset + fileSize;
    memoryEnd = virtualAddress + virtualSize;
    if (section.isCode !== true) data += fileSize;
  });
  const { coffHeader, optionalHeader } = image;
  bytes.writeUInt16LE(image.sections.length + added.length, coffHeader + 2);
  bytes.writeUInt32LE((bytes.readUInt32LE(optionalHeader + 8) + data) >>> 0, optionalHeader + 8);
  bytes.writeUInt32LE(ceil(memoryEnd, align.memory), optionalHeader + 56);
  bytes.writeUInt32LE(0, optionalHeader + 64);
  return Buffer.concat(parts);
}

/** A copy without the certificate table, which lies behind everything else. */
function withoutSignature(original: Buffer, image: PeImage): Buffer {
  const at = directoryAt(image, SECURITY_DIRECTORY);
  if (at === undefined || original.readUInt32LE(at) === 0) return Buffer.from(original);
  const bytes = Buffer.from(original.subarray(0, original.readUInt32LE(at)));
  bytes.fill(0, at, at + 8);
  return bytes;
}

/** The image with `count` free headers behind its section table. */
function withRoom(bytes: Buffer, count: number, what: string): Buffer {
  const image = readPe(bytes, what);
  const present = image.sections.filter(({ fileSize }) => fileSize > 0);
  const contentStart = Math.min(...present.map(({ fileOffset }) => fileOffset), bytes.length);
  const headerEnd = image.sectionTable + SECTION_HEADER_BYTES * (image.sections.length + count);
  const moved = ceil(Math.max(0, headerEnd - contentStart), image.fileAlignment);
  const size = contentStart + moved;
  if (image.sections.some(({ virtualAddress }) => virtualAddress < size)) {
    throw new ImageError('IMAGE_FAILED', `${what} has no room for ${count} more sections`);
  }
  const result = Buffer.concat([
    bytes.subarray(0, contentStart),
    Buffer.alloc(moved),
    bytes.subarray(contentStart),
  ]);
  result.writeUInt32LE(size, image.optionalHeader + 60);
  const move = (at: number) => {
    const offset = result.readUInt32LE(at);
    if (offset >= contentStart && offset < bytes.length) result.writeUInt32LE(offset + moved, at);
  };
  move(image.coffHeader + 8);
  image.sections.forEach((_, index) => {
    move(image.sectionTable + SECTION_HEADER_BYTES * index + 20);
  });
  for (const at of debugEntries(result, readPe(result, what))) move(at + 24);
  return result;
}

/** File offsets of the entries of the debug directory, each of which names a place in the file. */
function debugEntries(bytes: Buffer, image: PeImage): number[] {
  const at = directoryAt(image, DEBUG_DIRECTORY);
  if (at === undefined) return [];
  const [address, size] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
  const section = image.sections.find(
    (each) => address >= each.virtualAddress && address + size <= each.virtualAddress + each.fileSize,
  );
  if (section === undefined) return [];
  const start = section.fileOffset + address - section.virtualAddress;
  return Array.from(
    { length: Math.floor(size / DEBUG_ENTRY_BYTES) },
    (_, i) => start + DEBUG_ENTRY_BYTES * i,
  );
}

function directoryAt(image: PeImage, index: number): number | undefined {
  return index < image.directoryCount ? image.directories + 8 * index : undefined;
}

function ceil(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
