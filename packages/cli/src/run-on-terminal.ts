import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SYSTEM_PATH, UtilsError } from '@ic/utils';

/**
 * Runs a program that talks with the person at the terminal itself, and resolves to its exit status (128 and the
 * signal's number when it was killed, as a shell counts).
 *
 * @throws UtilsError EXEC_NOT_FOUND
 */
export function runOnTerminal(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { PATH: SYSTEM_PATH } });
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', (cause) =>
      reject(
        new UtilsError('EXEC_NOT_FOUND', `${program} could not be started: ${cause.message}`, { cause }),
      ),
    );
    child.once('close', (status, killedBy) => {
      signal.removeEventListener('abort', stop);
      resolve(killedBy === null ? (status ?? 1) : 128 + constants.signals[killedBy]);
    });
  });
}
