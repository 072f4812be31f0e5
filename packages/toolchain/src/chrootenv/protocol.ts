import type { IcEvent } from '@ic/utils';

/** What crosses the pipe between a build and its process inside the namespaces: one JSON value a line. */
export type InsideMessage =
  | { readonly type: 'event'; readonly event: IcEvent }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'result'; readonly value: unknown }
  | { readonly type: 'error'; readonly error: SerializedError };

export interface SerializedError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly fault?: 'request' | 'failure' | 'cancelled' | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly stack?: string | undefined;
}

/** The first line on the inside process's standard input. The input then stays open for as long as the build lives. */
export interface InsideJob {
  /** URL of an ES module that exports `run(input, context)`. */
  readonly module: string;
  readonly input: unknown;
}

/** The file descriptor on which messages leave the namespaces; standard output and error stay free for programs. */
export const MESSAGE_FD = 3;
