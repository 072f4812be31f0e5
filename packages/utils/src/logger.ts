import { once } from 'node:events';
import { createWriteStream, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Winston from 'winston';
import type { Logger } from './context.js';

export interface LoggerOptions {
  /** The least important level that is written. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Path of a file to append to; one JSON object a line. */
  readonly file?: string | undefined;
  /** Or a stream; it stays open after `close`. */
  readonly stream?: Writable | undefined;
}

export interface ClosableLogger extends Logger {
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/**
 * A logger that writes JSON lines (the fields, `level`, `message`, `timestamp`) to a file or a stream. A file that
 * cannot be opened throws at once; one that fails later (a full disk) loses lines, never the work that is logged.
 */
export function createLogger(options: LoggerOptions): ClosableLogger {
  const file =
    options.file === undefined
      ? undefined
      : createWriteStream(options.file, { fd: openSync(options.file, 'a') });
  file?.on('error', () => {});
  // Loading it takes as long as starting Node; few runs write a log.
  const winston: typeof Winston = createRequire(import.meta.url)('winston');
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(
      winston.format.timestamp(),
      winston.format.json({ deterministic: false, replacer: readable }),
    ),
    transports: [file, options.stream].flatMap((stream) =>
      stream === undefined ? [] : [new winston.transports.Stream({ stream })],
    ),
    silent: file === undefined && options.stream === undefined,
  });
  const write =
    (level: LoggerOptions['level']) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      logger.log({ ...fields, level, message });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    async close() {
      // Winston ends its transports before it says that it has finished; its readable side never ends.
      const ended = once(logger, 'finish');
      logger.end();
      await ended;
      if (file !== undefined) {
        const closed = finished(file).catch(() => {});
        file.end();
        await closed;
      }
    },
  };
}

/** An Error has no enumerable fields of its own. */
function readable(_key: string, value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}
