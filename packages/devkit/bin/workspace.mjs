import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where set-up and reports of this checkout are remembered; goes with the installed dependencies. */
export const stateFolder = `${root}node_modules/.cache/image-composer`;

/** The environment of our tools: turbo neither reports home nor looks for updates. */
export const environment = {
  ...process.env,
  PATH: `${root}node_modules/.bin:${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
};

/**
 * Runs a program to its end and resolves to its exit status (128 and the signal's number when it was killed). SIGINT
 * and SIGTERM go to the program, which decides what becomes of us.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ stdio?: import('node:child_process').StdioOptions, env?: NodeJS.ProcessEnv, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<number>}
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: options.env ?? environment,
      stdio: options.onOutput === undefined ? (options.stdio ?? 'inherit') : ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => options.onOutput?.(String(chunk)));
    }
    // A terminal sends SIGINT to the child as well, so only the other one is passed on.
    const wait = () => {};
    const pass = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', pass);
    child.once('error', reject);
    child.once('close', (status, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

/**
 * Runs a package's program with this Node.
 *
 * @param {string} script path below the workspace
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runNode(script, args, options) {
  return run(process.execPath, [`${root}${script}`, ...args], options);
}

/**
 * One line about the set-up, on standard error: standard output belongs to the command.
 *
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/** What ends a command with a message and no stack. */
export class Stop extends Error {}

/**
 * Runs the body of a command and exits with the status that it resolves to.
 *
 * @param {() => Promise<number>} body
 */
export async function command(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
