import type { RunOptions } from '@ic/toolchain';
import { type ExecResult, messageOf, UtilsError } from '@ic/utils';
import { ImageError } from '../errors.js';
import type { ImageSystem } from './image-system.js';

/**
 * Runs a program of the image in its sandbox. Its lines become 'output' events of `source`, when that is given.
 *
 * @param purpose what the program is run for, as in "<purpose> failed"
 * @throws ImageError IMAGE_FAILED with the last lines of the program; UtilsError CANCELLED
 */
export async function runInRoot(
  system: Pick<ImageSystem, 'runner' | 'context'>,
  command: { readonly program: string; readonly args: readonly string[]; readonly source?: string },
  purpose: string,
  options: Pick<RunOptions, 'env' | 'allow' | 'binds' | 'network'> = {},
): Promise<ExecResult> {
  const { events, signal } = system.context;
  const { source } = command;
  try {
    return await system.runner.run(command.program, command.args, {
      ...options,
      signal,
      ...(source === undefined ? {} : { onLine: (line) => events({ type: 'output', source, line }) }),
    });
  } catch (error) {
    if (error instanceof UtilsError && error.fault === 'cancelled') throw error;
    throw new ImageError('IMAGE_FAILED', `${purpose} failed: ${messageOf(error)}`, { cause: error });
  }
}
