import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { cancelled, throwIfCancelled, UtilsError } from './errors.js';

export interface ExecOptions {
  readonly cwd?: string | undefined;
  /** The whole environment of the child; by default a system PATH and LC_ALL=C.UTF-8, nothing inherited. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Bytes for the child's standard input; otherwise it reads end of file at once. */
  readonly input?: string | Uint8Array | Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each line of standard output and standard error as it comes. */
  readonly onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
  /** Exit statuses that are not errors; default [0]. */
  readonly allow?: readonly number[] | undefined;
  /** Milliseconds until the child is killed; default none. */
  readonly timeout?: number | undefined;
}

export interface ExecResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Keeps this much of the end of each stream for the result and for error messages. */
const KEEP_BYTES = 64 * 1024 * 1024;
const TAIL_LINES = 20;
/** Where programs are looked for; the caller's own PATH does not count, so builds do not depend on it. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What a child sees unless told otherwise. */
export const SYSTEM_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8' };

/**
 * Runs one program with an argument list; no shell is involved. The child dies with `signal`.
 *
 * @throws UtilsError EXEC_NOT_FOUND, EXEC_FAILED (with the last lines of its output), EXEC_TIMEOUT, CANCELLED
 */
export async function exec(
  program: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  throwIfCancelled(options.signal);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? SYSTEM_ENVIRONMENT,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let timedOut = false;
  const kill = () => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill, { once: true });
  const timer =
    options.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, options.timeout);
  const stdout = collect(child.stdout, 'stdout', options.onLine);
  const stderr = collect(child.stderr, 'stderr', options.onLine);
  feed(child, options.input);
  try {
    const end = await ended(child, program);
    const result = { status: end.status, stdout: await stdout, stderr: await stderr };
    throwIfCancelled(options.signal);
    if (timedOut) {
      throw new UtilsError('EXEC_TIMEOUT', `${program} did not end within ${options.timeout} ms`);
    }
    if (end.killedBy !== null || !(options.allow ?? [0]).includes(end.status)) {
      throw failed(program, args, result, end.killedBy);
    }
    return result;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}

function ended(
  child: ChildProcess,
  program: string,
): Promise<{ status: number; killedBy: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(notStarted(program, cause)));
    child.once('close', (status, killedBy) => resolve({ status: status ?? 1, killedBy }));
  });
}

/** The error of a program that could not be started. */
export function notStarted(program: string, cause: Error): UtilsError {
  const { code, name } = cause as NodeJS.ErrnoException;
  if (name === 'AbortError') return cancelled();
  if (code !== 'ENOENT') {
    return new UtilsError('EXEC_FAILED', `${program} could not be started: ${cause.message}`, { cause });
  }
  return new UtilsError('EXEC_NOT_FOUND', `the program "${program}" was not found`, {
    cause,
    details: { program },
    hint: 'run "ic host" to see what this machine lacks and how to install it',
  });
}

async function collect(
  stream: Readable | null,
  name: 'stdout' | 'stderr',
  onLine: ExecOptions['onLine'],
): Promise<string> {
  if (stream === null) return '';
  if (onLine !== undefined) {
    const lines: string[] = [];
    for await (const line of createInterface({ input: stream })) {
      onLine(line, name);
      lines.push(line);
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    while (bytes > KEEP_BYTES && chunks.length > 1) bytes -= chunks.shift()?.length ?? 0;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function feed(child: ChildProcess, input: ExecOptions['input']): void {
  if (child.stdin === null || input === undefined) return;
  // A child that does not read all of its input is judged by its exit status, not by our broken pipe.
  child.stdin.on('error', () => {});
  if (typeof input === 'string' || input instanceof Uint8Array) child.stdin.end(input);
  else input.pipe(child.stdin);
}

function failed(
  program: string,
  args: readonly string[],
  result: ExecResult,
  killedBy: NodeJS.Signals | null,
): UtilsError {
  // What went wrong is said on standard error: it comes last and is not cut off.
  const output = `${result.stdout.trimEnd()}\n${result.stderr.trimEnd()}`
    .trim()
    .split('\n')
    .slice(-TAIL_LINES)
    .join('\n');
  const how = killedBy === null ? `ended with status ${result.status}` : `was killed by ${killedBy}`;
  return new UtilsError('EXEC_FAILED', `${program} ${how}${output === '' ? '' : `:\n${output}`}`, {
    details: { program, args: [...args], status: result.status, output },
  });
}
