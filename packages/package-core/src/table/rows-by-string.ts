import { GrowingArray } from './growing-array.js';

/** The rows that go with each string, each once, in their order. */
export interface RowsByString {
  /** Those of string `id` are `rows` from `starts[id]` to `starts[id + 1]`. */
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

/** How many there are. */
export interface Sizes {
  readonly strings: number;
  readonly rows: number;
}

/** Puts the numbers of the strings that go with a row into an array; is called twice for each and must do the same. */
export type Collect = (row: number, into: GrowingArray) => void;

export function rowsByString(sizes: Sizes, collect: Collect): RowsByString {
  const starts = new Uint32Array(sizes.strings + 1);
  forEachPair(sizes, collect, (id) => {
    starts[id + 1] = (starts[id + 1] as number) + 1;
  });
  for (let id = 0; id < sizes.strings; id += 1) {
    starts[id + 1] = (starts[id + 1] as number) + (starts[id] as number);
  }
  const rows = new Uint32Array(starts[sizes.strings] as number);
  const next = starts.slice();
  forEachPair(sizes, collect, (id, row) => {
    const at = next[id] as number;
    rows[at] = row;
    next[id] = at + 1;
  });
  return { starts, rows };
}

/** Each row with each of its strings, once. */
function forEachPair(sizes: Sizes, collect: Collect, take: (id: number, row: number) => void): void {
  const last = new Uint32Array(sizes.strings);
  const ids = new GrowingArray();
  for (let row = 0; row < sizes.rows; row += 1) {
    ids.length = 0;
    collect(row, ids);
    for (let index = 0; index < ids.length; index += 1) {
      const id = ids.at(index);
      if (last[id] === row + 1) continue;
      last[id] = row + 1;
      take(id, row);
    }
  }
}
