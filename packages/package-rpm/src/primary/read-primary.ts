import { GrowingArray, rowsByString, StringPool } from '@ic/package-core';
import {
  LISTS,
  PACKAGE,
  PACKAGE_WIDTH,
  type PackageTable,
  RELATION,
  RELATION_WIDTH,
  SIZE,
  SIZE_WIDTH,
} from './package-table.js';
import { RelationPool } from './relation-pool.js';
import { decodeReferences, hasReference, XmlDamage, XmlTags } from './xml-tags.js';

/**
 * Reads an uncompressed `primary.xml`, as createrepo writes it, in one pass over its bytes. Packages of all
 * architectures are in the table, source packages too.
 *
 * @throws XmlDamage with the place where the document is not what it should be
 */
export function readPrimary(bytes: Buffer): PackageTable {
  return new PrimaryReader(bytes).read();
}

const METADATA = Buffer.from('metadata');
const PACKAGE_ELEMENT = Buffer.from('package');
const FORMAT = Buffer.from('format');
const ENTRY = Buffer.from('entry');
const SOURCE_RPM = Buffer.from('sourcerpm');
const FILE = Buffer.from('file');
const RELATION_LISTS = LISTS.filter((name) => name !== 'files').map((name) => Buffer.from(name));
const FIELDS = ['name', 'arch', 'version', 'checksum', 'time', 'size', 'location', 'format'] as const;
const FIELD_NAMES = FIELDS.map((name) => Buffer.from(name));
const ATTRIBUTES = {
  base: Buffer.from('xml:base'),
  epoch: Buffer.from('epoch'),
  file: Buffer.from('file'),
  href: Buffer.from('href'),
  installed: Buffer.from('installed'),
  package: Buffer.from('package'),
  release: Buffer.from('rel'),
  type: Buffer.from('type'),
  version: Buffer.from('ver'),
};
/** How createrepo writes it: seen without looking for the tag's name. */
const ENTRY_TAG = Buffer.from('<rpm:entry ');

const SPACE = 0x20;
const ZERO = 0x30;
const LESS = 0x3c;

class PrimaryReader {
  readonly #tags: XmlTags;
  readonly #strings = new StringPool();
  readonly #relations: RelationPool;
  readonly #rows = new GrowingArray();
  readonly #sizes: number[] = [];
  readonly #starts = new GrowingArray();
  readonly #lists = new GrowingArray();
  /** Of the package being read. */
  readonly #row = new Uint32Array(PACKAGE_WIDTH);
  readonly #size = new Float64Array(SIZE_WIDTH);
  readonly #list = LISTS.map(() => new GrowingArray());
  #count = 0;

  constructor(bytes: Buffer) {
    this.#tags = new XmlTags(bytes);
    this.#relations = new RelationPool(this.#tags, this.#strings);
  }

  read(): PackageTable {
    const tags = this.#tags;
    if (!tags.next() || tags.isEnd || !tags.isNamed(METADATA)) {
      throw new XmlDamage(tags.start, 'it does not begin with a metadata element');
    }
    this.#children(METADATA, () => {
      if (tags.isNamed(PACKAGE_ELEMENT)) this.#package();
      else tags.skip();
    });
    this.#starts.push(this.#lists.length);
    const strings = this.#strings.finish();
    const rows = {
      count: this.#count,
      relations: this.#relations.finish(),
      packages: this.#rows.values(),
      sizes: Float64Array.from(this.#sizes),
      starts: this.#starts.values(),
      lists: this.#lists.values(),
    };
    return { strings, ...rows, ...groups(rows, strings.offsets.length - 1) };
  }

  /** Calls `read` at each start tag within the current element, which goes to its end; ends at that of the element. */
  #children(name: Buffer, read: () => void): void {
    const tags = this.#tags;
    if (tags.isEmpty) return;
    const { start } = tags;
    for (;;) {
      if (!tags.next()) throw new XmlDamage(start, `it ends within the element ${name}`);
      if (!tags.isEnd) read();
      else if (tags.isNamed(name)) return;
      else throw new XmlDamage(tags.start, `it has the end of ${tags.name()} within ${name}`);
    }
  }

  #package(): void {
    const { start } = this.#tags;
    this.#row.fill(0);
    this.#size.fill(Number.NaN);
    for (const list of this.#list) list.length = 0;
    this.#children(PACKAGE_ELEMENT, () => this.#packageField());
    for (const field of ['name', 'architecture', 'version'] as const) {
      if (this.#row[PACKAGE[field]] === 0) throw new XmlDamage(start, `it has a package without a ${field}`);
    }
    for (const value of this.#row) this.#rows.push(value);
    this.#sizes.push(...this.#size);
    for (const list of this.#list) {
      this.#starts.push(this.#lists.length);
      this.#lists.pushAll(list);
    }
    this.#count += 1;
  }

  #packageField(): void {
    const tags = this.#tags;
    const row = this.#row;
    switch (FIELDS[tags.nameAmong(FIELD_NAMES)]) {
      case 'name':
        row[PACKAGE.name] = this.#text();
        return;
      case 'arch':
        row[PACKAGE.architecture] = this.#text();
        return;
      case 'version':
        while (tags.nextAttribute()) {
          if (tags.isAttribute(ATTRIBUTES.epoch)) row[PACKAGE.epoch] = this.#value();
          else if (tags.isAttribute(ATTRIBUTES.version)) row[PACKAGE.version] = this.#value();
          else if (tags.isAttribute(ATTRIBUTES.release)) row[PACKAGE.release] = this.#value();
        }
        break;
      case 'checksum':
        while (tags.nextAttribute()) {
          if (tags.isAttribute(ATTRIBUTES.type)) row[PACKAGE.checksumType] = this.#value();
        }
        row[PACKAGE.checksum] = this.#text();
        return;
      case 'time':
        while (tags.nextAttribute()) {
          if (tags.isAttribute(ATTRIBUTES.file)) this.#size[SIZE.time] = this.#number();
        }
        break;
      case 'size':
        while (tags.nextAttribute()) {
          if (tags.isAttribute(ATTRIBUTES.package)) this.#size[SIZE.file] = this.#number();
          else if (tags.isAttribute(ATTRIBUTES.installed)) this.#size[SIZE.installed] = this.#number();
        }
        break;
      case 'location':
        row[PACKAGE.location] = this.#location();
        break;
      case 'format':
        this.#children(FORMAT, () => this.#formatField());
        return;
    }
    tags.skip();
  }

  #formatField(): void {
    const tags = this.#tags;
    const kind = tags.nameAmong(RELATION_LISTS);
    if (kind !== -1) this.#entries(RELATION_LISTS[kind] as Buffer, this.#list[kind] as GrowingArray);
    else if (tags.isNamed(FILE)) this.#list[LISTS.indexOf('files')]?.push(this.#text());
    else if (tags.isNamed(SOURCE_RPM)) this.#row[PACKAGE.sourceRpm] = this.#text();
    else tags.skip();
  }

  /** The `entry` elements of a list of relations. They are most of the document. */
  #entries(section: Buffer, list: GrowingArray): void {
    const tags = this.#tags;
    const { bytes } = tags;
    if (tags.isEmpty) return;
    const { start } = tags;
    for (;;) {
      let at = tags.end;
      while (at < bytes.length && (bytes[at] as number) <= SPACE) at += 1;
      if (bytes[at] === LESS && startsWith(bytes, at, ENTRY_TAG)) {
        list.push(this.#relations.add(at));
        continue;
      }
      if (!tags.next()) throw new XmlDamage(start, `it ends within the element ${section}`);
      if (tags.isNamed(ENTRY)) {
        if (!tags.isEnd) list.push(this.#relations.add(tags.start));
      } else if (!tags.isEnd) tags.skip();
      else if (tags.isNamed(section)) return;
      else throw new XmlDamage(tags.start, `it has the end of ${tags.name()} within ${section}`);
    }
  }

  /** The `href`, with the `xml:base` before it where there is one. */
  #location(): number {
    const tags = this.#tags;
    let [href, base] = ['', ''];
    while (tags.nextAttribute()) {
      const { start, end } = tags.attribute;
      if (tags.isAttribute(ATTRIBUTES.href)) href = decodeReferences(tags.bytes, start, end);
      else if (tags.isAttribute(ATTRIBUTES.base)) base = decodeReferences(tags.bytes, start, end);
    }
    if (base === '') return this.#add(href);
    // A base is a URL or a path; a location is always a path, whose special characters are to be encoded in a URL.
    const path = base.includes('://') ? href.split('/').map(encodeURIComponent).join('/') : href;
    return this.#add(`${base.replace(/(?<!\/)\/+$/, '')}/${path}`);
  }

  #text(): number {
    const tags = this.#tags;
    const plain = tags.plainText();
    if (plain !== undefined) return this.#strings.add(tags.bytes, plain.start, plain.end);
    return this.#add(tags.mixedText());
  }

  /** Of the current attribute. */
  #value(): number {
    const { bytes, attribute } = this.#tags;
    return hasReference(bytes, attribute.start, attribute.end)
      ? this.#add(decodeReferences(bytes, attribute.start, attribute.end))
      : this.#strings.add(bytes, attribute.start, attribute.end);
  }

  /** The number that the current attribute is; NaN for what is none, or more than anything has. */
  #number(): number {
    const { bytes, attribute } = this.#tags;
    const digits = attribute.end - attribute.start;
    if (digits === 0 || digits > 15) return Number.NaN;
    let number = 0;
    for (let at = attribute.start; at < attribute.end; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) return Number.NaN;
      number = number * 10 + digit;
    }
    return number;
  }

  #add(text: string): number {
    const bytes = Buffer.from(text);
    return this.#strings.add(bytes, 0, bytes.length);
  }
}

type Rows = Omit<PackageTable, 'strings' | 'byName' | 'byProvided' | 'byFile'>;

function groups(rows: Rows, strings: number): Pick<PackageTable, 'byName' | 'byProvided' | 'byFile'> {
  const { count, relations, packages, starts, lists } = rows;
  const sizes = { strings, rows: count };
  const [provides, files] = [LISTS.indexOf('provides'), LISTS.indexOf('files')];
  const nameOf = (row: number) => packages[row * PACKAGE_WIDTH + PACKAGE.name] as number;
  return {
    byName: rowsByString(sizes, (row, into) => into.push(nameOf(row))),
    byProvided: rowsByString(sizes, (row, into) => {
      const list = row * LISTS.length + provides;
      into.push(nameOf(row));
      for (let at = starts[list] as number; at < (starts[list + 1] as number); at += 1) {
        into.push(relations[(lists[at] as number) * RELATION_WIDTH + RELATION.name] as number);
      }
    }),
    byFile: rowsByString(sizes, (row, into) => {
      const list = row * LISTS.length + files;
      for (let at = starts[list] as number; at < (starts[list + 1] as number); at += 1) {
        into.push(lists[at] as number);
      }
    }),
  };
}

function startsWith(bytes: Buffer, start: number, prefix: Buffer): boolean {
  for (let at = 0; at < prefix.length; at += 1) if (bytes[start + at] !== prefix[at]) return false;
  return true;
}
