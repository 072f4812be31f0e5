import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cancelled, IcError } from '@ic/utils';
import { CommanderError } from 'commander';
import { usageError } from './errors.js';
import type { Io } from './io.js';
import { type Library, library as realLibrary } from './library.js';
import { createProgram, type Run } from './program.js';
import { asIcError } from './report/describe-error.js';
import { jsonReporter } from './report/json-reporter.js';
import type { Reporter, ReporterOptions } from './report/reporter.js';
import { textReporter } from './report/text-reporter.js';

/**
 * The `ic` command. Resolves to the exit code: 0 done, 1 failed, 2 the request or the template is wrong, 130 cancelled;
 * `ic boot` gives QEMU's. SIGINT and SIGTERM cancel what is under way, which cleans up behind itself.
 *
 * @param args without the program's name
 */
export async function main(args: readonly string[], io: Io, library: Library = realLibrary): Promise<number> {
  const cancel = new AbortController();
  setMaxListeners(0, cancel.signal); // every program and download under way listens
  const stop = () => cancel.abort();
  io.on('SIGINT', stop);
  io.on('SIGTERM', stop);
  // A reader of our output that went away: nobody waits for the rest.
  io.stdout.on?.('error', stop);
  let exitCode = 0;
  const run: Run = async (flags, command) => {
    const reporter = createReporter(io, flags);
    const { events, logger } = reporter;
    const context = { signal: cancel.signal, logger, events, clock: { now: () => new Date() } };
    exitCode = await guarded(reporter, cancel.signal, () => command({ io, library, reporter, context }));
  };
  try {
    const program = createProgram({ version: await version(), output: io.stdout, run });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) exitCode = refuse(error, args, io);
  } finally {
    io.off('SIGINT', stop);
    io.off('SIGTERM', stop);
  }
  return exitCode;
}

/** The one place where errors end: told to the reporter, turned into an exit code. */
async function guarded(
  reporter: Reporter,
  signal: AbortSignal,
  command: () => Promise<number>,
): Promise<number> {
  try {
    const exitCode = await command();
    if (!signal.aborted) return exitCode;
    throw cancelled(signal);
  } catch (error) {
    // What fails after a signal fails because of it: a terminal sends it to our children as well.
    const isCause = error instanceof IcError && error.fault === 'cancelled';
    const reason = signal.aborted && !isCause ? cancelled() : asIcError(error);
    reporter.error(reason);
    return { request: 2, failure: 1, cancelled: 130 }[reason.fault];
  } finally {
    reporter.close();
  }
}

/** Arguments that commander could not make sense of. */
function refuse(error: CommanderError, args: readonly string[], io: Io): number {
  const reporter = createReporter(io, { json: args.includes('--json'), verbose: false, quiet: true });
  const message =
    error.code === 'commander.help'
      ? 'no command was given'
      : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  reporter.error(usageError(message, '"ic --help" and "ic COMMAND --help" show what there is'));
  reporter.close();
  return 2;
}

function createReporter(io: Io, options: ReporterOptions): Reporter {
  return options.json ? jsonReporter(io, options) : textReporter(io, options);
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
