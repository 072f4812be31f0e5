import type { Logger } from '@ic/utils';
import type { Io } from '../io.js';
import { errorData } from './describe-error.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { safeData } from './safe-text.js';

/** One JSON object per line on standard output: every event, the value of the command as `result`, an error. */
export function jsonReporter(io: Io, options: ReporterOptions): Reporter {
  const write = (data: unknown) => io.stdout.write(`${JSON.stringify(safeData(data))}\n`);
  const log =
    (level: keyof Logger): Logger[keyof Logger] =>
    (message, fields) =>
      write({ type: 'log', level, message, ...(fields === undefined ? {} : { fields }) });
  return {
    events: (event) => {
      if (event.type === 'artifact' || !options.quiet) write(event);
    },
    logger: {
      debug: options.verbose ? log('debug') : () => {},
      info: options.verbose ? log('info') : () => {},
      warn: log('warn'),
      error: log('error'),
    },
    note: () => {},
    value: (_, data) => write({ type: 'result', value: data }),
    error: (error) => write(errorData(error, options.verbose)),
    close: () => {},
  };
}
