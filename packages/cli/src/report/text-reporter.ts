import { formatSize, type IcEvent, type Logger } from '@ic/utils';
import type { Io } from '../io.js';
import { describeError } from './describe-error.js';
import { liveLine } from './live-line.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { runningStages } from './running-stages.js';
import { safeText } from './safe-text.js';

/**
 * Text for people. What a command gives (values, paths of artifacts) goes to standard output and nothing else does;
 * the tale of how it went goes to standard error, with a line that is redrawn when that is a terminal.
 */
export function textReporter(
  io: Io,
  options: ReporterOptions,
  now: () => number = () => performance.now(),
): Reporter {
  const live = io.stderr.isTTY === true && !options.quiet;
  const stages = runningStages(now);
  const line = live ? liveLine(io.stderr, () => safeText(stages.describe())) : undefined;
  const print = (text: string) => {
    if (line === undefined) io.stderr.write(text);
    else line.print(text);
  };
  const say = (text: string) => {
    if (!options.quiet) print(safeText(`${text}\n`));
  };
  const log =
    (level: string): Logger[keyof Logger] =>
    (message, fields) =>
      say(`${level}: ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`);
  return {
    events: (event) => {
      stages.take(event);
      if (event.type === 'artifact') {
        line?.erase();
        io.stdout.write(`${event.path}\n`);
      }
      const text = describeEvent(event, { ...options, live });
      if (text !== undefined) say(text);
      if (event.type === 'stage') line?.refresh();
    },
    logger: {
      debug: options.verbose ? log('debug') : () => {},
      info: options.verbose ? log('info') : () => {},
      warn: log('warning'),
      error: log('error'),
    },
    note: say,
    value: (text) => {
      line?.erase();
      io.stdout.write(text);
    },
    error: (error) => print(describeError(error, options.verbose)),
    close: () => line?.close(),
  };
}

/** The line an event is worth; undefined when it is worth none. On a live terminal the beginning of a stage is not. */
function describeEvent(
  event: IcEvent,
  options: { readonly verbose: boolean; readonly live: boolean },
): string | undefined {
  switch (event.type) {
    case 'stage': {
      const detail = event.detail === undefined ? '' : ` (${event.detail})`;
      if (event.status === 'started') return options.live ? undefined : `${event.stage} …${detail}`;
      if (event.status === 'skipped') return `${event.stage}: not needed${detail}`;
      return `${event.stage}: ${(event.seconds ?? 0).toFixed(1)} s${detail}`;
    }
    case 'warning':
      return `warning[${event.code}]: ${event.message}`;
    case 'output':
      return options.verbose ? `${event.source}: ${event.line}` : undefined;
    case 'artifact':
      return `artifact: ${event.format}, ${formatSize(event.bytes)}, sha256 ${event.sha256}`;
    case 'progress':
      return undefined;
  }
}
