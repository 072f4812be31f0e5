/** What a library may say while it works. The reporter of the command line draws it; others may ignore it. */
export type IcEvent =
  | {
      readonly type: 'stage';
      readonly stage: string;
      readonly status: 'started' | 'finished' | 'skipped';
      readonly seconds?: number;
      readonly detail?: string;
    }
  | {
      readonly type: 'progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly unit: 'bytes' | 'packages' | 'files';
      readonly item?: string;
      /** Units a second, over the last seconds. */
      readonly rate?: number;
      /** At that rate. */
      readonly secondsLeft?: number;
    }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'output'; readonly source: string; readonly line: string }
  | {
      readonly type: 'artifact';
      readonly path: string;
      readonly format: string;
      readonly bytes: number;
      readonly sha256: string;
    };

export type EventSink = (event: IcEvent) => void;

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Real time, for judging freshness and measuring; never for bytes of an image. */
export interface Clock {
  now(): Date;
}

/** What every operation takes instead of reading globals: cancellation, a log, a place for events, the time. */
export interface Context {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly clock: Clock;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/** A context with nothing injected: never cancelled, silent, on the system's clock. */
export function defaultContext(overrides: Partial<Context> = {}): Context {
  return {
    signal: overrides.signal ?? new AbortController().signal,
    logger: overrides.logger ?? silentLogger,
    events: overrides.events ?? (() => {}),
    clock: overrides.clock ?? { now: () => new Date() },
  };
}

/** Runs `work` as a named stage: says when it starts and how long it took. */
export async function stage<T>(context: Context, name: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  context.events({ type: 'stage', stage: name, status: 'started' });
  const result = await work();
  context.events({
    type: 'stage',
    stage: name,
    status: 'finished',
    seconds: Math.round(performance.now() - started) / 1000,
  });
  return result;
}
