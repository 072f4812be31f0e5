/** Says each (number of a string, row) in the order of rows; is called twice and must say the same. */
export type Visit = (take: (id: number, row: number) => void) => void;

/** The rows that go with each string, each once, in their order. */
export class RowsByString {
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;

  /** @param strings how many there are */
  constructor(strings: number, visit: Visit) {
    const starts = new Uint32Array(strings + 1);
    const last = new Uint32Array(strings);
    visit((id, row) => {
      if (last[id] === row + 1) return;
      last[id] = row + 1;
      starts[id + 1] = (starts[id + 1] as number) + 1;
    });
    for (let id = 0; id < strings; id += 1)
      starts[id + 1] = (starts[id + 1] as number) + (starts[id] as number);
    const rows = new Uint32Array(starts[strings] as number);
    const next = starts.slice(0, strings);
    last.fill(0);
    visit((id, row) => {
      if (last[id] === row + 1) return;
      last[id] = row + 1;
      const at = next[id] as number;
      rows[at] = row;
      next[id] = at + 1;
    });
    this.#starts = starts;
    this.#rows = rows;
  }

  of(id: number): Uint32Array {
    return this.#rows.subarray(this.#starts[id], this.#starts[id + 1]);
  }

  has(id: number): boolean {
    return (this.#starts[id] as number) < (this.#starts[id + 1] as number);
  }
}
