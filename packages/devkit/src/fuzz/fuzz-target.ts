import type { Random } from './random.js';

/** One parser of bytes that come from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of a full run. */
  readonly inputs: number;
  /** Sound inputs, real ones best: most inputs are one of them with something wrong. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces of the format that its reader looks for. */
  readonly words?: readonly (string | Uint8Array)[] | undefined;
  /** An input of the format's form with any content, as fast-check makes them; one in eight is such a one. */
  readonly made?: ((seed: number) => Uint8Array) | undefined;
  /** Puts checksums right, in three of four inputs, so that what lies behind them is reached. */
  readonly repair?: ((input: Buffer, random: Random) => Buffer) | undefined;
  /**
   * Reads the input and returns plain data, which must be the same each time. It throws an IcError of `codes` to refuse
   * it; anything else that it throws is a finding, the breach of a property too.
   */
  readonly read: (input: Buffer) => unknown;
  /** The codes with which the input may be refused. */
  readonly codes: readonly string[];
  /** The time that a byte may take beyond the first 50 ms, in nanoseconds; default 2,000. None takes more than a second. */
  readonly nanosecondsPerByte?: number | undefined;
}
