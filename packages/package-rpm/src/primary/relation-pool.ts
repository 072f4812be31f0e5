import { GrowingArray, type StringPool } from '@ic/package-core';
import { PRE } from './package-table.js';
import { decodeReferences, hasReference, XmlDamage, type XmlTags } from './xml-tags.js';

/** The words of `flags` and their places in OPERATORS. */
const FLAGS = ['LT', 'LE', 'EQ', 'GE', 'GT'].map((word) => Buffer.from(word));
const NAME = Buffer.from('name');
const FLAGS_ATTRIBUTE = Buffer.from('flags');
const EPOCH = Buffer.from('epoch');
const VERSION = Buffer.from('ver');
const RELEASE = Buffer.from('rel');
const PRE_ATTRIBUTE = Buffer.from('pre');

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const GREATER = 0x3e;
const ONE = 0x31;

/** Of FNV-1a, as for strings. */
const FNV_PRIME = 0x01000193;

/**
 * Gives each distinct relation a number. Two thirds of all `entry` tags repeat an earlier one to the byte: those are
 * known by their bytes, and their attributes are not looked at again.
 */
export class RelationPool {
  readonly #tags: XmlTags;
  readonly #strings: StringPool;
  readonly #relations = new GrowingArray();
  /** Three numbers for each: where in the document its first tag begins, how long that is, its hash. */
  readonly #known = new GrowingArray();
  #slots = new Uint32Array(1 << 11);
  #count = 0;

  constructor(tags: XmlTags, strings: StringPool) {
    this.#tags = tags;
    this.#strings = strings;
  }

  /** The number of the relation whose `entry` tag begins at `start`; goes to the end of that tag. */
  add(start: number): number {
    const { bytes } = this.#tags;
    let hash = 0;
    let end = start;
    for (let byte = 0; byte !== GREATER; ) {
      if (++end >= bytes.length) throw new XmlDamage(start, 'it ends within a tag');
      byte = bytes[end] as number;
      hash = Math.imul(hash ^ byte, FNV_PRIME);
      if (byte !== QUOTE && byte !== APOSTROPHE) continue;
      const quote = byte;
      do {
        if (++end >= bytes.length) throw new XmlDamage(start, 'it ends within a tag');
        byte = bytes[end] as number;
        hash = Math.imul(hash ^ byte, FNV_PRIME);
      } while (byte !== quote);
    }
    end += 1;
    this.#tags.end = end;
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const slots = this.#slots;
    const known = this.#known;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let id = slots[slot] as number; id !== 0; id = slots[slot] as number) {
      const from = known.at(id * 3 - 3);
      const isLike = known.at(id * 3 - 1) === hash && known.at(id * 3 - 2) === end - start;
      if (isLike && isSame(bytes, from, start, end)) return id - 1;
      slot = (slot + 1) & mask;
    }
    this.#count += 1;
    this.#slots[slot] = this.#count;
    known.push(start);
    known.push(end - start);
    known.push(hash);
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    this.#read(start);
    return this.#count - 1;
  }

  /** RELATION_WIDTH numbers for each. */
  finish(): Uint32Array {
    return this.#relations.values();
  }

  #read(start: number): void {
    const tags = this.#tags;
    tags.goTo(start);
    const { bytes } = tags;
    let [name, operator, epoch, version, release, pre] = [0, 0, 0, 0, 0, 0];
    while (tags.nextAttribute()) {
      const { attribute } = tags;
      if (tags.isAttribute(NAME)) name = this.#value();
      else if (tags.isAttribute(VERSION)) version = this.#value();
      else if (tags.isAttribute(RELEASE)) release = this.#value();
      else if (tags.isAttribute(EPOCH)) epoch = this.#value();
      else if (tags.isAttribute(FLAGS_ATTRIBUTE))
        operator = operatorAt(bytes, attribute.start, attribute.end);
      else if (tags.isAttribute(PRE_ATTRIBUTE)) pre = bytes[attribute.start] === ONE ? PRE : 0;
    }
    if (name === 0) throw new XmlDamage(start, 'it has a dependency without a name');
    const isVersioned = operator !== 0 && version !== 0;
    this.#relations.push(name);
    this.#relations.push((isVersioned ? operator : 0) + pre);
    for (const part of [epoch, version, release]) this.#relations.push(isVersioned ? part : 0);
  }

  #value(): number {
    const { bytes } = this.#tags;
    const { start, end } = this.#tags.attribute;
    if (!hasReference(bytes, start, end)) return this.#strings.add(bytes, start, end);
    const decoded = Buffer.from(decodeReferences(bytes, start, end));
    return this.#strings.add(decoded, 0, decoded.length);
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id <= this.#count; id += 1) {
      let slot = this.#known.at(id * 3 - 1) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function isSame(bytes: Uint8Array, a: number, b: number, endB: number): boolean {
  for (let from = a, to = b; to < endB; from += 1, to += 1) if (bytes[from] !== bytes[to]) return false;
  return true;
}

function operatorAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 2) return 0;
  return FLAGS.findIndex((word) => bytes[start] === word[0] && bytes[start + 1] === word[1]) + 1;
}
