import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Context, defaultContext, IcError, messageOf } from '@ic/utils';
import { closeInherited } from './close-inherited.js';
import { type InsideJob, type InsideMessage, MESSAGE_FD, type SerializedError } from './protocol.js';

// The first process of the namespaces. It lives as long as the build that started it: when that dies, however it
// dies, this standard input ends, this process exits, and the kernel ends every other process and mount in here.

closeInherited(MESSAGE_FD);
// What is made in here does not depend on whose shell it was started from.
process.umask(0o022);

const messages = createWriteStream('', { fd: MESSAGE_FD });

function send(message: InsideMessage): Promise<void> {
  return new Promise((resolve) => {
    messages.write(`${JSON.stringify(message)}\n`, () => resolve());
  });
}

const log =
  (level: 'debug' | 'info' | 'warn' | 'error') =>
  (message: string, fields?: Readonly<Record<string, unknown>>) => {
    void send({ type: 'log', level, message, ...(fields === undefined ? {} : { fields }) });
  };

const context: Context = defaultContext({
  events: (event) => void send({ type: 'event', event }),
  logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
});

function serialize(error: unknown): SerializedError {
  if (error instanceof IcError) {
    const { name, code, message, hint, fault, details, stack } = error;
    return { name, code, message, hint, fault, details, stack };
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return {
    name: 'Error',
    code: code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'INTERNAL',
    message: messageOf(error),
    stack: error instanceof Error ? error.stack : undefined,
  };
}

async function work(job: InsideJob): Promise<InsideMessage> {
  try {
    const module = (await import(job.module)) as { run(input: unknown, context: Context): Promise<unknown> };
    return { type: 'result', value: await module.run(job.input, context) };
  } catch (error) {
    return { type: 'error', error: serialize(error) };
  }
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  void work(JSON.parse(line) as InsideJob)
    .then(send)
    .then(() => process.exit(0));
});
lines.on('close', () => process.exit(1));
