/** For tests: a PE32+ image made from nothing, as small as one can be. */
export interface MadePe {
  readonly sections?: readonly { readonly name: string; readonly content: Buffer }[];
  readonly sectionAlignment?: number;
  readonly fileAlignment?: number;
  /** Room for this many more section headers; what the file alignment leaves when left out. */
  readonly freeHeaders?: number;
  /** A certificate table behind the sections. */
  readonly certificate?: Buffer;
  /** Address and size of a debug directory. */
  readonly debug?: readonly [address: number, size: number];
}

const HEADERS = 0x80 + 4 + 20;
const OPTIONAL_HEADER = 240;

export function makePe(made: MadePe = {}): Buffer {
  const { sections = [{ name: '.text', content: Buffer.from('code') }], fileAlignment = 512 } = made;
  const { sectionAlignment = 4096 } = made;
  const table = HEADERS + OPTIONAL_HEADER;
  const tight = table + 40 * (sections.length + (made.freeHeaders ?? 0));
  const headersEnd = made.freeHeaders === undefined ? up(tight, fileAlignment) : tight;
  const head = Buffer.alloc(headersEnd);
  head.write('MZ');
  head.writeUInt32LE(0x80, 0x3c);
  head.write('PE\0\0', 0x80);
  head.writeUInt16LE(0x8664, 0x84);
  head.writeUInt16LE(sections.length, 0x86);
  head.writeUInt16LE(OPTIONAL_HEADER, 0x94);
  head.writeUInt16LE(0x0206, 0x96);
  head.writeUInt16LE(0x20b, HEADERS);
  head.writeUInt32LE(up(Math.max(headersEnd, 0x1000), sectionAlignment), HEADERS + 16);
  head.writeUInt32LE(sectionAlignment, HEADERS + 32);
  head.writeUInt32LE(fileAlignment, HEADERS + 36);
  head.writeUInt32LE(headersEnd, HEADERS + 60);
  head.writeUInt32LE(0xdead, HEADERS + 64);
  head.writeUInt16LE(10, HEADERS + 68);
  head.writeUInt32LE(16, HEADERS + 108);
  const parts: Buffer[] = [head];
  let file = headersEnd;
  let memory = up(Math.max(headersEnd, 0x1000), sectionAlignment);
  sections.forEach(({ name, content }, index) => {
    const at = table + 40 * index;
    const padded = Buffer.alloc(up(content.length, fileAlignment));
    content.copy(padded);
    head.write(name, at, 8, 'latin1');
    head.writeUInt32LE(content.length, at + 8);
    head.writeUInt32LE(memory, at + 12);
    head.writeUInt32LE(padded.length, at + 16);
    head.writeUInt32LE(padded.length === 0 ? 0 : file, at + 20);
    head.writeUInt32LE(0x60000020, at + 36);
    parts.push(padded);
    file += padded.length;
    memory = up(memory + content.length, sectionAlignment);
  });
  head.writeUInt32LE(memory, HEADERS + 56);
  if (made.certificate !== undefined) {
    head.writeUInt32LE(file, HEADERS + 112 + 8 * 4);
    head.writeUInt32LE(made.certificate.length, HEADERS + 112 + 8 * 4 + 4);
    parts.push(made.certificate);
  }
  if (made.debug !== undefined) {
    head.writeUInt32LE(made.debug[0], HEADERS + 112 + 8 * 6);
    head.writeUInt32LE(made.debug[1], HEADERS + 112 + 8 * 6 + 4);
  }
  return Buffer.concat(parts);
}

function up(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
