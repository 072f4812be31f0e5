/** Strings as UTF-8 bytes one after another; number 0 is the empty string. */
export interface Strings {
  /** String `id` lies between `offsets[id]` and `offsets[id + 1]`. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
  /** Open addressing over `hashBytes`; its length is a power of two, 0 is an empty slot. */
  readonly slots: Uint32Array;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, folded so that the low bits depend on all: they choose the slot. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The number of a string, or undefined when it is not among them. */
export function findString({ offsets, bytes, slots }: Strings, text: string): number | undefined {
  if (text === '') return 0;
  const wanted = Buffer.from(text);
  const mask = slots.length - 1;
  for (let slot = hashBytes(wanted, 0, wanted.length) & mask; ; slot = (slot + 1) & mask) {
    const id = slots[slot] as number;
    if (id === 0) return undefined;
    const [start, end] = [offsets[id] as number, offsets[id + 1] as number];
    if (end - start === wanted.length && isSame(bytes, start, wanted, 0, wanted.length)) return id;
  }
}

/** Gives each distinct string a number. */
export class StringPool {
  #bytes = Buffer.allocUnsafe(1 << 12);
  #offsets = new Uint32Array(1 << 10);
  #slots = new Uint32Array(1 << 11);
  #count = 1;

  /** The number of the string in `source` from `start` to `end`. */
  add(source: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return 0;
    const mask = this.#slots.length - 1;
    const offsets = this.#offsets;
    const bytes = this.#bytes;
    let slot = hashBytes(source, start, end) & mask;
    for (let id = this.#slots[slot] as number; id !== 0; id = this.#slots[slot] as number) {
      const at = offsets[id] as number;
      if ((offsets[id + 1] as number) - at === length && isSame(bytes, at, source, start, length)) return id;
      slot = (slot + 1) & mask;
    }
    return this.#append(source, start, end, slot);
  }

  finish(): Strings {
    return {
      offsets: this.#offsets.slice(0, this.#count + 1),
      bytes: this.#bytes.subarray(0, this.#offsets[this.#count]),
      slots: this.#slots,
    };
  }

  #append(source: Uint8Array, start: number, end: number, slot: number): number {
    const id = this.#count;
    const from = this.#offsets[id] as number;
    const to = from + end - start;
    if (to > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], Math.max(to, this.#bytes.length * 2));
    const bytes = this.#bytes;
    for (let at = start; at < end; at += 1) bytes[from + at - start] = source[at] as number;
    if (id + 2 > this.#offsets.length) {
      const larger = new Uint32Array(this.#offsets.length * 2);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[id + 1] = to;
    this.#slots[slot] = id;
    this.#count += 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id < this.#count; id += 1) {
      const [start, end] = [this.#offsets[id] as number, this.#offsets[id + 1] as number];
      let slot = hashBytes(this.#bytes, start, end) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function isSame(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) if (a[atA + at] !== b[atB + at]) return false;
  return true;
}
