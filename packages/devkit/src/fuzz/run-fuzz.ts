import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { IcError } from '@ic/utils';
import type { FuzzTarget } from './fuzz-target.js';
import { mutate } from './mutate.js';
import { createRandom } from './random.js';
import { startWatchdog } from './watchdog.js';

export interface FuzzRun {
  /** Each input follows from this, the target's name and its own number alone. */
  readonly seed: string;
  /** Whether all inputs of the target are tried, or one of fifty. */
  readonly full: boolean;
  /** Only the input of this number. */
  readonly only?: number | undefined;
}

/** What the environment asks for: IC_FUZZ_SEED (default 1), IC_FUZZ_INPUT, IC_TEST_FULL. */
export function fuzzRun(env: Readonly<Record<string, string | undefined>>): FuzzRun {
  return {
    seed: env.IC_FUZZ_SEED ?? '1',
    full: env.IC_TEST_FULL === '1',
    only: env.IC_FUZZ_INPUT === undefined ? undefined : Number(env.IC_FUZZ_INPUT),
  };
}

/** How much further a slow input is blown up to see how its time grows. */
const SCALE = 4;
/** Inputs of a short run. */
const SHARE = 1 / 50;
/** An input that has not ended then is a finding that nobody needs to wait for. */
const HANG_SECONDS = 30;
/** Of the process with the test runner in it, which alone has 150 MB. */
const MEMORY = 768 * 1024 * 1024;
/** IcError clips at 8,000 characters, and escapes make four of one. */
const LONGEST_MESSAGE = 40_000;
/** Of what is shown of a finding. */
const SHOWN = 2_000;

/**
 * Tries a parser on inputs that follow from the seed.
 *
 * @returns one line on what was seen
 * @throws Error at the first finding, with its input kept in the folder for temporary files
 */
export async function runFuzz(target: FuzzTarget, run: FuzzRun): Promise<string> {
  const count = run.full ? target.inputs : Math.ceil(target.inputs * SHARE);
  const [first, end] = run.only === undefined ? [0, count] : [run.only, run.only + 1];
  const subject = `fuzz "${target.name}" seed ${run.seed}`;
  const watchdog = startWatchdog({ subject, seconds: HANG_SECONDS, memory: MEMORY });
  const make = inputsOf(target, run.seed);
  const seen = { outcomes: new Map<string, number>(), slowest: 0, slowestIndex: 0, bytes: 0, largest: 0 };
  let astray: unknown;
  const catchAstray = (reason: unknown) => {
    astray ??= new Error('it left a rejected promise behind', { cause: reason });
  };
  process.on('unhandledRejection', catchAstray);
  const started = performance.now();
  let turn = started;
  try {
    for (let index = first; index < end; index += 1) {
      watchdog.reach(index);
      const input = make(index, 1);
      const { outcome, took, finding } = await attempt(target, input, index % 64 === 0);
      const larger = () => make(index, SCALE);
      const problem = finding ?? (await tooSlow(target, [input, larger], took));
      if (problem !== undefined) throw found(subject, index, input, problem);
      seen.outcomes.set(outcome, (seen.outcomes.get(outcome) ?? 0) + 1);
      if (took > seen.slowest) [seen.slowest, seen.slowestIndex] = [took, index];
      seen.largest = Math.max(seen.largest, input.length);
      seen.bytes += input.length;
      // The test runner, and promises that nobody waits for, want their turn too.
      if (performance.now() - turn < 50 && index + 1 < end) continue;
      await nextTurn();
      turn = performance.now();
      if (astray !== undefined) throw found(subject, index, input, astray);
    }
  } finally {
    process.off('unhandledRejection', catchAstray);
    await watchdog.stop();
  }
  const outcomes = [...seen.outcomes].sort((a, b) => b[1] - a[1]).map(([name, times]) => `${name} ${times}`);
  return `${subject}: ${end - first} inputs, ${(seen.bytes / 1e6).toFixed(1)} MB (largest ${seen.largest} bytes) in ${((performance.now() - started) / 1000).toFixed(1)} s; slowest ${seen.slowest.toFixed(0)} ms (input ${seen.slowestIndex}); ${outcomes.join(', ')}`;
}

/** Makes the input of a number; one that is blown up, `scale` times as far. */
type Make = (index: number, scale: number) => Buffer;

function inputsOf(target: FuzzTarget, seed: string): Make {
  const seeds = target.seeds.map((bytes) => Buffer.from(bytes));
  const words = (target.words ?? []).map((word) => Buffer.from(word as string));
  return (index, scale) => {
    const random = createRandom(`${seed}/${target.name}/${index}`);
    const made = target.made !== undefined && random.once(8);
    const base = made ? target.made?.(random.below(2 ** 31)) : random.pick(seeds);
    const sound = Buffer.from(base ?? []);
    const input = made && random.once(2) ? sound : mutate(sound, { random, seeds, words, scale });
    return target.repair !== undefined && !random.once(4) ? target.repair(input, random) : input;
  };
}

interface Attempt {
  readonly outcome: string;
  /** Milliseconds. */
  readonly took: number;
  readonly finding?: unknown;
}

async function attempt(target: FuzzTarget, input: Buffer, again: boolean): Promise<Attempt> {
  const before = again ? Buffer.from(input) : input;
  const first = await read(target, input);
  if (first.finding !== undefined || !again) return first;
  if (!before.equals(input)) return { ...first, finding: new Error('the input was written to') };
  const second = await read(target, input);
  return first.outcome === second.outcome && isDeepStrictEqual(first.value, second.value)
    ? first
    : { ...first, finding: new Error('the same input is read in two ways') };
}

/** Inputs that take less tell nothing of how time grows; milliseconds. */
const MEASURABLE = 15;
/** The few inputs of a mebibyte are only measured. */
const LARGEST_GROWN = 256 * 1024;
/** Of a linear reader, with what caches and garbage collection add. */
const GROWTH = 2.5;

/** Why the time that an input took is a finding. */
async function tooSlow(
  target: FuzzTarget,
  [input, larger]: readonly [Buffer, () => Buffer],
  took: number,
): Promise<Error | undefined> {
  const allowed = Math.min(1_000, 50 + (input.length * (target.nanosecondsPerByte ?? 2_000)) / 1e6);
  if (took <= Math.min(allowed, MEASURABLE)) return undefined;
  const own = await ownTime(target, input);
  if (own > allowed) {
    return new Error(
      `its ${input.length} bytes take ${own.toFixed(0)} ms, more than ${allowed.toFixed(0)} ms`,
    );
  }
  if (own < MEASURABLE || input.length > LARGEST_GROWN) return undefined;
  const more = larger();
  const factor = more.length / input.length;
  // What is refused at its first wrong byte, or was not blown up, does not grow.
  if (factor < 2) return undefined;
  const grown = await ownTime(target, more);
  return grown <= own * factor * GROWTH
    ? undefined
    : new Error(
        `its ${input.length} bytes take ${own.toFixed(0)} ms, and blown up to ${more.length} ${grown.toFixed(0)} ms: that is not linear`,
      );
}

/** The least time of three, of which what others did on this machine is no part; milliseconds. */
async function ownTime(target: FuzzTarget, input: Buffer): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 3; tries > 0; tries -= 1) {
    const before = process.cpuUsage();
    const { took } = await read(target, input);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, took, (user + system) / 1000);
  }
  return least;
}

async function read(target: FuzzTarget, input: Buffer): Promise<Attempt & { readonly value?: unknown }> {
  const started = performance.now();
  try {
    let value = target.read(input);
    if (value instanceof Promise) value = await value;
    return { outcome: 'read', took: performance.now() - started, value };
  } catch (error) {
    const took = performance.now() - started;
    if (!(error instanceof IcError) || !target.codes.includes(error.code)) {
      return { outcome: 'finding', took, finding: error };
    }
    const { code, message } = error;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be shown
    if (message.length > LONGEST_MESSAGE || /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(message)) {
      const text = JSON.stringify(message.slice(0, SHOWN));
      return { outcome: code, took, finding: new Error(`its message cannot be shown: ${text}`) };
    }
    return { outcome: code, took, value: message };
  }
}

function found(subject: string, index: number, input: Buffer, finding: unknown): Error {
  const path = join(tmpdir(), `ic-fuzz-${subject.replace(/[^a-z0-9]+/gi, '-')}-${index}`);
  writeFileSync(path, input);
  return new Error(
    `${subject} input ${index} (${input.length} bytes, kept as ${path}): ${describe(finding)}`,
    {
      cause: finding,
    },
  );
}

function describe(finding: unknown): string {
  if (!(finding instanceof Error)) return String(finding);
  const code = finding instanceof IcError ? ` ${finding.code}` : '';
  return `${finding.name}${code}: ${finding.message.slice(0, SHOWN)}`;
}
