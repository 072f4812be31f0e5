import type { Random } from './random.js';

export interface MutateOptions {
  readonly random: Random;
  /** Other inputs, of which pieces are taken. */
  readonly seeds: readonly Buffer[];
  /** Pieces of the format that a reader looks for. */
  readonly words: readonly Buffer[];
  /** How many times as far as usual an input is blown up. */
  readonly scale: number;
}

/** Where counters overflow, sizes turn negative and fields are full. */
const NUMBERS = [
  '0',
  '1',
  '-1',
  '00000000000',
  '4294967295',
  '2147483648',
  '9007199254740993',
  '77777777777',
  '9999999999',
  '1e308',
  '18446744073709551616',
].map((text) => Buffer.from(text));
const INTEGERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Of inputs that are blown up: most, and one in a hundred. */
const PUMPED_BYTES = 64 * 1024;
const PUMPED_BYTES_SELDOM = 1024 * 1024;

type Mutation = (input: Buffer, options: MutateOptions) => Buffer;

/** A copy of the input with one to six things wrong, as seldom as once in fifty times blown up by repetition. */
export function mutate(input: Buffer, options: MutateOptions): Buffer {
  const { random } = options;
  let bytes: Buffer = Buffer.from(input);
  for (let left = 1 + random.below(3) * random.below(4); left > 0; left -= 1) {
    bytes = random.pick(MUTATIONS)(bytes, options);
  }
  return random.once(50) ? pump(bytes, options) : bytes;
}

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  function flip(input, { random }) {
    if (input.length > 0) {
      const at = random.below(input.length);
      input[at] = (input[at] ?? 0) ^ (1 << random.below(8));
    }
    return input;
  },
  function overwrite(input, { random }) {
    if (input.length > 0) input[random.below(input.length)] = random.below(256);
    return input;
  },
  function integer(input, { random }) {
    const size = random.pick([1, 2, 4, 8]);
    if (input.length < size) return input;
    // Fields of binary formats lie at multiples of their size, mostly.
    const at = random.below(input.length - size + 1);
    const value = random.pick(INTEGERS) ?? 0;
    const aligned = random.once(4) ? at : at - (at % size);
    const low = Math.min(size, 4);
    const kept = value % 2 ** (8 * low);
    if (random.once(4)) input.writeUIntLE(kept, aligned, low);
    else input.writeUIntBE(kept, aligned + size - low, low);
    return input;
  },
  function number(input, options) {
    const { random } = options;
    const digits = digitsNear(input, random.below(input.length + 1));
    return splice(input, digits, random.pick(NUMBERS) ?? Buffer.alloc(0));
  },
  function remove(input, { random }) {
    return splice(input, range(input, random), Buffer.alloc(0));
  },
  function repeat(input, { random }) {
    const { start, end } = range(input, random);
    return splice(input, { start, end: start }, input.subarray(start, end));
  },
  function insertWord(input, options) {
    const at = options.random.below(input.length + 1);
    return splice(input, { start: at, end: at }, word(options));
  },
  function overwriteWord(input, options) {
    word(options).copy(input, options.random.below(input.length + 1));
    return input;
  },
  function crossOver(input, { random, seeds }) {
    const other = random.pick(seeds) ?? input;
    const { start, end } = range(other, random);
    return splice(input, range(input, random), other.subarray(start, end));
  },
  function cut(input, { random }) {
    return input.subarray(0, random.below(input.length + 1));
  },
  function repeatLine(input, { random }) {
    const line = lineNear(input, random.below(input.length + 1));
    const at = lineNear(input, random.below(input.length + 1)).start;
    return splice(input, { start: at, end: at }, input.subarray(line.start, line.end));
  },
  function removeLine(input, { random }) {
    return splice(input, lineNear(input, random.below(input.length + 1)), Buffer.alloc(0));
  },
];

/** One piece again and again: what takes a reader more than its share of time, or memory. */
function pump(input: Buffer, options: MutateOptions): Buffer {
  const { random, scale } = options;
  const at = random.below(input.length + 1);
  const piece = random.pick([
    () => word(options),
    () => input.subarray(at, at + 1),
    () => input.subarray(at, at + 1 + random.below(64)),
    () => {
      const { start, end } = lineNear(input, at);
      return input.subarray(start, end);
    },
    () => input,
  ])();
  if (piece.length === 0) return input;
  const size = scale * (random.once(100) ? PUMPED_BYTES_SELDOM : PUMPED_BYTES);
  return splice(input, { start: at, end: at }, Buffer.alloc(size, piece));
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function splice(input: Buffer, { start, end }: Range, inserted: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, start), inserted, input.subarray(end)]);
}

/** Mostly short. */
function range(input: Buffer, random: Random): Range {
  const start = random.below(input.length + 1);
  const longest = random.once(4) ? input.length : 16;
  return { start, end: Math.min(input.length, start + random.below(longest + 1)) };
}

function word({ random, words }: MutateOptions): Buffer {
  return (random.once(3) ? undefined : random.pick(words)) ?? (random.pick(NUMBERS) as Buffer);
}

/** The next digits behind a place. */
function digitsNear(input: Buffer, from: number): Range {
  const isDigit = (at: number) => (input[at] ?? 0) >= 0x30 && (input[at] ?? 0) <= 0x39;
  let start = from;
  while (start < input.length && !isDigit(start)) start += 1;
  let end = start;
  while (isDigit(end)) end += 1;
  return { start, end };
}

/** With its newline. */
function lineNear(input: Buffer, at: number): Range {
  const before = at === 0 ? -1 : input.lastIndexOf(0x0a, at - 1);
  const after = input.indexOf(0x0a, at);
  return { start: before + 1, end: after === -1 ? input.length : after + 1 };
}
