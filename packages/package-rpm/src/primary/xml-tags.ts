/** Where and why a document is not sound. */
export class XmlDamage extends Error {
  /** Byte of the document. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const BANG = 0x21;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const COLON = 0x3a;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const QUESTION = 0x3f;
const AMPERSAND = 0x26;

/**
 * The tags of an XML 1.0 document in UTF-8, one after another, over its bytes: no tree, no strings until asked for.
 * Namespace prefixes are passed over, as repodata means only one thing by each local name. Document type declarations,
 * whose entities can blow up, are refused. That tags nest is the caller's to see.
 */
export class XmlTags {
  readonly bytes: Buffer;
  /** Of the current tag: its `<`, the byte after its `>`, and whether it is `</x>` or `<x/>`. */
  start = 0;
  end = 0;
  isEnd = false;
  isEmpty = false;
  /** Of the current attribute: where its name and its value, as written, begin and end. */
  readonly attribute = { nameStart: 0, nameEnd: 0, start: 0, end: 0 };
  #nameStart = 0;
  #nameEnd = 0;
  #attributeEnd = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.end = isMarked ? 3 : 0;
    const declared = /^<\?xml[^>]*encoding\s*=\s*["']([^"']*)/.exec(
      bytes.toString('latin1', this.end, this.end + 200),
    )?.[1];
    if (declared !== undefined && !/^(utf-8|us-ascii)$/i.test(declared)) {
      throw new XmlDamage(this.end, `it is written in ${declared}, not in UTF-8`);
    }
  }

  /** Goes to the next tag, past text, comments, CDATA and processing instructions; false at the end of the document. */
  next(): boolean {
    const { bytes } = this;
    let at = this.end;
    for (;;) {
      while (at < bytes.length && isSpace(bytes[at] as number)) at += 1;
      if (bytes[at] !== LESS) at = find(bytes, LESS, at);
      if (at === -1 || at >= bytes.length) return false;
      const after = bytes[at + 1];
      if (after !== BANG && after !== QUESTION) break;
      at = this.#passMarkup(at);
    }
    this.goTo(at);
    return true;
  }

  /** Reads the tag whose `<` is at `start`. */
  goTo(start: number): void {
    const { bytes } = this;
    this.start = start;
    this.isEnd = bytes[start + 1] === SLASH;
    const nameStart = start + (this.isEnd ? 2 : 1);
    let at = nameStart;
    this.#nameStart = nameStart;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte === COLON) this.#nameStart = at + 1;
      else if (isSpace(byte) || byte === GREATER || byte === SLASH || byte === LESS) break;
    }
    if (at === this.#nameStart) throw new XmlDamage(start, 'it has a tag without a name');
    this.#nameEnd = at;
    this.#attributeEnd = at;
    this.end = tagEnd(bytes, at, start);
    this.isEmpty = bytes[this.end - 2] === SLASH;
  }

  /** Whether the local name of the current tag is this one (ASCII). */
  isNamed(name: Uint8Array): boolean {
    return isAt(this.bytes, this.#nameStart, this.#nameEnd, name);
  }

  /** The local name of the current tag. */
  name(): string {
    return this.bytes.toString('utf8', this.#nameStart, this.#nameEnd);
  }

  /** Which of these the local name of the current tag is; -1 when it is none of them. */
  nameAmong(names: readonly Uint8Array[]): number {
    for (let index = 0; index < names.length; index += 1) {
      if (this.isNamed(names[index] as Uint8Array)) return index;
    }
    return -1;
  }

  /** Goes to the next attribute of the current tag, whose name and value are then at `attribute`; false after the last. */
  nextAttribute(): boolean {
    const { bytes, attribute } = this;
    const last = this.end - (this.isEmpty ? 2 : 1);
    let at = this.#attributeEnd;
    while (at < last && isSpace(bytes[at] as number)) at += 1;
    if (at >= last) return false;
    attribute.nameStart = at;
    while (at < last && bytes[at] !== EQUALS && !isSpace(bytes[at] as number)) at += 1;
    attribute.nameEnd = at;
    while (at < last && isSpace(bytes[at] as number)) at += 1;
    if (bytes[at] !== EQUALS) throw new XmlDamage(attribute.nameStart, 'it has an attribute without a value');
    at += 1;
    while (at < last && isSpace(bytes[at] as number)) at += 1;
    const quote = bytes[at] as number;
    const close = quote === QUOTE || quote === APOSTROPHE ? find(bytes, quote, at + 1) : -1;
    if (close === -1 || close >= last) {
      throw new XmlDamage(attribute.nameStart, 'it has an attribute without quotes');
    }
    attribute.start = at + 1;
    attribute.end = close;
    this.#attributeEnd = close + 1;
    return true;
  }

  /** Whether the name of the current attribute, with its prefix, is this one (ASCII). */
  isAttribute(name: Uint8Array): boolean {
    return isAt(this.bytes, this.attribute.nameStart, this.attribute.nameEnd, name);
  }

  /**
   * Where the text after a start tag lies, when nothing but plain text stands before its end tag; goes to that.
   * Undefined when there are comments, CDATA or character references in it: `mixedText` reads that.
   */
  plainText(): { start: number; end: number } | undefined {
    if (this.isEmpty) return { start: this.end, end: this.end };
    const { bytes, end: start } = this;
    const end = find(bytes, LESS, start);
    if (end === -1) throw new XmlDamage(this.start, 'it ends within an element');
    if (bytes[end + 1] !== SLASH || hasReference(bytes, start, end)) return undefined;
    this.goTo(end);
    return { start, end };
  }

  /** The text up to the end tag, decoded; goes to that tag. */
  mixedText(): string {
    if (this.isEmpty) return '';
    const text = this.textBeforeTag();
    if (this.isEnd) return text;
    throw new XmlDamage(this.start, `it has an element ${this.name()} where only text may be`);
  }

  /** The text up to the next tag, decoded; goes to that tag. */
  textBeforeTag(): string {
    const { bytes } = this;
    let at = this.end;
    let text = '';
    for (;;) {
      const end = bytes.indexOf(LESS, at);
      if (end === -1) throw new XmlDamage(at, 'it ends within an element');
      text += decodeReferences(bytes, at, end);
      if (bytes[end + 1] !== BANG && bytes[end + 1] !== QUESTION) {
        this.goTo(end);
        return text;
      }
      at = this.#passMarkup(end);
      if (startsWith(bytes, end, CDATA_START))
        text += bytes.toString('utf8', end + CDATA_START.length, at - 3);
    }
  }

  /** After a start tag: goes to its end tag, past all that is within. */
  skip(): void {
    if (this.isEmpty) return;
    const { start } = this;
    for (let depth = 1; depth > 0; ) {
      if (!this.next()) throw new XmlDamage(start, 'it ends within an element');
      if (this.isEnd) depth -= 1;
      else if (!this.isEmpty) depth += 1;
    }
  }

  #passMarkup(at: number): number {
    const { bytes } = this;
    const [start, close] =
      bytes[at + 1] === QUESTION
        ? [2, '?>']
        : startsWith(bytes, at, COMMENT_START)
          ? [COMMENT_START.length, '-->']
          : startsWith(bytes, at, CDATA_START)
            ? [CDATA_START.length, ']]>']
            : [0, ''];
    if (start === 0)
      throw new XmlDamage(at, 'it has a document type declaration or other markup that no repository has');
    const end = bytes.indexOf(close, at + start, 'latin1');
    if (end === -1) throw new XmlDamage(at, `it has no "${close}" to what begins there`);
    return end + close.length;
  }
}

const COMMENT_START = Buffer.from('<!--');
const CDATA_START = Buffer.from('<![CDATA[');

function startsWith(bytes: Buffer, at: number, prefix: Buffer): boolean {
  return bytes.subarray(at, at + prefix.length).equals(prefix);
}

function isAt(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let at = 0; at < name.length; at += 1) if (bytes[start + at] !== name[at]) return false;
  return true;
}

/** As `indexOf`, which costs more than the first bytes do. */
function find(bytes: Buffer, byte: number, from: number): number {
  const near = Math.min(bytes.length, from + 64);
  for (let at = from; at < near; at += 1) if (bytes[at] === byte) return at;
  return bytes.indexOf(byte, near);
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === TAB || byte === RETURN;
}

/** The byte after the `>` of a tag; a `>` within quotes does not count. */
function tagEnd(bytes: Buffer, from: number, start: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === GREATER) return at + 1;
    if (byte === QUOTE || byte === APOSTROPHE) {
      at = find(bytes, byte, at + 1);
      if (at === -1) break;
    }
  }
  throw new XmlDamage(start, 'it ends within a tag');
}

export function hasReference(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === AMPERSAND) return true;
  return false;
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Text with its character references (XML 1.0 §4.1, §4.6) put in. */
export function decodeReferences(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));|&/gi, (whole, hex, decimal, name) => {
    const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (code > 0 && code <= 0x10ffff && !isSurrogate) return String.fromCodePoint(code);
    const named = NAMED.get(name ?? '');
    if (named === undefined)
      throw new XmlDamage(start, `it has the character reference "${whole}", which nothing defines`);
    return named;
  });
}
