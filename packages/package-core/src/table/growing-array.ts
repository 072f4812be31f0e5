/** Unsigned 32-bit numbers, appended one by one. */
export class GrowingArray {
  #values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) this.#grow(this.length + 1);
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }

  pushAll(other: GrowingArray): void {
    const length = this.length + other.length;
    if (length > this.#values.length) this.#grow(length);
    this.#values.set(other.values(), this.length);
    this.length = length;
  }

  /** A view of what is in it now. */
  values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }

  #grow(least: number): void {
    const larger = new Uint32Array(Math.max(least, this.#values.length * 2));
    larger.set(this.values());
    this.#values = larger;
  }
}
