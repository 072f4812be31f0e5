import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Context, cancelled, IcError, throwIfCancelled, UtilsError } from '@ic/utils';
import { ToolchainError } from '../errors.js';
import { type InsideJob, type InsideMessage, MESSAGE_FD, type SerializedError } from './protocol.js';

/** Milliseconds between telling the inside process to end and killing it, should it be busy. */
const GRACE = 1000;

export interface NamespaceOptions {
  /**
   * `root`: the caller is root; private mount, PID, IPC, UTS and network namespaces.
   * `user`: the same inside a user namespace where the caller is root and its sub-uid range the other users.
   */
  readonly privilege: 'root' | 'user';
  /** Default false: a network of their own, without a way out. True for programs that are asked to reach that of the machine. */
  readonly network?: boolean | undefined;
  readonly context: Context;
}

/**
 * Runs `run(input, context)` of an ES module as root of private namespaces and resolves to what it returns.
 * Mounts and processes made there end with it; the kernel sees to that also when this process is killed.
 *
 * @param module URL of the module, in a form that Node runs (JavaScript)
 * @throws the module's own IcErrors (as IcError with their code, message, hint and details);
 *   ToolchainError SANDBOX_FAILED when the namespaces cannot be made or end early;
 *   UtilsError CANCELLED, and DISK_FULL whatever ran into it
 */
export async function runInNamespaces<T>(
  module: string,
  input: unknown,
  options: NamespaceOptions,
): Promise<T> {
  const { signal } = options.context;
  throwIfCancelled(signal);
  const child = start(options);
  const stderr = keepTail(child.stderr);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, killedBy) => resolve(killedBy ?? status ?? 1));
  });
  const stop = () => {
    child.stdin?.end();
    setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify({ module, input } satisfies InsideJob)}\n`);
    const messages = child.stdio[MESSAGE_FD] as Readable;
    const [outcome, status] = await Promise.all([receive(messages, options.context), ended]);
    throwIfCancelled(signal);
    if (outcome?.type === 'result') return outcome.value as T;
    if (outcome?.type === 'error') throw revive(outcome.error);
    throw new ToolchainError(
      'SANDBOX_FAILED',
      `the build's namespaces ended early (${status}): ${await stderr}`,
      {
        hint: 'run "ic host" to see what this machine allows',
      },
    );
  } finally {
    signal.removeEventListener('abort', stop);
    child.stdin?.end();
  }
}

function start({ privilege, network = false }: NamespaceOptions): ChildProcess {
  const user = privilege === 'user' ? ['--user', '--map-auto', '--map-root-user'] : [];
  const namespaces = [
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    ...(network ? [] : ['--net']),
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
  ];
  // From source and from dist alike, what Node runs is the compiled file.
  const inside = fileURLToPath(new URL('../../dist/chrootenv/inside.js', import.meta.url));
  return spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...user, ...namespaces, process.execPath, inside],
    {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C.UTF-8',
        // Node deflates on libuv's threads, four unless this is set before it starts.
        UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())),
      },
    },
  );
}

async function receive(
  stream: Readable,
  context: Context,
): Promise<Extract<InsideMessage, { type: 'result' | 'error' }> | undefined> {
  for await (const line of createInterface({ input: stream })) {
    const message = JSON.parse(line) as InsideMessage;
    if (message.type === 'event') context.events(message.event);
    else if (message.type === 'log') context.logger[message.level](message.message, message.fields);
    else return message;
  }
  return undefined;
}

async function keepTail(stream: Readable | null): Promise<string> {
  let tail = '';
  if (stream !== null) for await (const chunk of stream) tail = (tail + String(chunk)).slice(-4000);
  return tail.trim();
}

function revive(error: SerializedError): IcError {
  if (error.code === 'CANCELLED') return cancelled();
  const options = { hint: error.hint, fault: error.fault, details: error.details };
  const revived =
    error.code === 'DISK_FULL'
      ? new UtilsError('DISK_FULL', error.message, {
          ...options,
          hint: error.hint ?? 'free some space, or choose another place with --work-dir or --output-dir',
        })
      : new IcError(error.code, error.message, options);
  if (error.stack !== undefined) revived.stack = error.stack;
  return revived;
}
