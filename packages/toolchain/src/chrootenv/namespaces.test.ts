import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { defaultContext, type IcEvent } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { runInNamespaces } from './namespaces.js';
import { callers, moduleOf, runOutside, startOutside } from './sandbox.test.fixture.js';

/** Processes whose command line or environment mentions a word. */
function processesWith(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
    } catch {
      return false;
    }
  });
}

async function until(condition: () => boolean, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > end) return false;
    await setTimeout(20);
  }
  return true;
}

/** Leaves a program running whose command line can be found; says when it does. */
const SLEEPER = `
  const { spawn } = await import('node:child_process');
  await new Promise((resolve) => spawn('sleep', [input.seconds], { detached: true }).once('spawn', resolve));
  context.logger.info('sleeping');`;

let sleepers = 0;
/** A number of seconds that no other process sleeps for. */
function uniqueSeconds(): string {
  sleepers += 1;
  return `${9000 + sleepers}.${process.pid}`;
}

describe.each(callers)('namespaces of $privilege $missing', (caller) => {
  const test = it.skipIf(caller.missing !== '');

  test('return what the module returns, as JSON', async () => {
    const body = 'return { uid: process.getuid(), pid: process.pid, twice: input.word + input.word };';
    const { value } = await runOutside(caller, body, { word: 'ä\n' });
    expect(value).toEqual({ uid: 0, pid: 1, twice: 'ä\nä\n' });
  });

  test('are private: mounts, processes, network, host name; files given to the caller are closed', async () => {
    const body = `
      const { execFileSync } = await import('node:child_process');
      execFileSync('mount', ['-t', 'tmpfs', 'none', '/mnt']);
      execFileSync('hostname', ['ic-inside']);
      const list = (kind) => fs.readlinkSync('/proc/self/ns/' + kind);
      return {
        namespaces: ['mnt', 'pid', 'ipc', 'uts', 'net'].map(list),
        processes: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length,
        interfaces: fs.readFileSync('/proc/net/dev', 'utf8').split('\\n').length - 3,
        inherited: execFileSync('sh', ['-c', 'echo /proc/self/fd/*'], { encoding: 'utf8' }).trim().split(' ').length,
        umask: process.umask(),
        environment: Object.keys(process.env).sort(),
      };`;
    const { value } = await runOutside(caller, body, undefined);
    const { namespaces, ...rest } = value as { namespaces: string[] };
    // Three standard files, and the listing of the shell itself.
    expect(rest).toEqual({
      processes: 1,
      interfaces: 1,
      inherited: 4,
      umask: 0o022,
      environment: ['LC_ALL', 'PATH', 'UV_THREADPOOL_SIZE'],
    });
    for (const namespace of namespaces) {
      const [kind = ''] = namespace.split(':');
      expect(namespace).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    }
    expect(readFileSync('/proc/mounts', 'utf8')).not.toMatch(/ \/mnt tmpfs/);
    expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).not.toContain('ic-inside');
  });

  test.each([
    ['waits', ''],
    ['is busy', 'for (;;) {}'],
  ])('end within a second and a half when the caller is killed while the module %s', async (_, work) => {
    const seconds = uniqueSeconds();
    const child = startOutside(caller, `${SLEEPER} ${work}; await new Promise(() => {})`, { seconds });
    const closed = new Promise((resolve) => child.once('close', resolve));
    const sleeping = () => processesWith(`sleep\0${seconds}`).length > 0;
    expect(await until(sleeping, 20_000)).toBe(true);
    child.kill('SIGKILL');
    expect(await until(() => !sleeping(), 1500)).toBe(true);
    await closed;
  });
});

const own = callers.find((caller) => caller.missing === '' && caller.uid === process.getuid?.());

describe.skipIf(own === undefined)('in one process', () => {
  const privilege = own?.privilege ?? 'root';

  it('events and log lines come out in order', async () => {
    const events: IcEvent[] = [];
    const lines: unknown[] = [];
    const logger = {
      ...defaultContext().logger,
      warn: (message: string, fields?: unknown) => lines.push([message, fields]),
    };
    const body = `
      for (const item of ['a', 'b']) context.events({ type: 'progress', stage: 's', done: 1, total: 2, unit: 'files', item });
      context.logger.warn('careful', { at: 3 });
      return context.clock.now() > 0;`;
    const context = defaultContext({ events: (event) => events.push(event), logger });
    expect(await runInNamespaces(moduleOf(body), undefined, { privilege, context })).toBe(true);
    expect(events.map((event) => event.type === 'progress' && event.item)).toEqual(['a', 'b']);
    expect(lines).toEqual([['careful', { at: 3 }]]);
  });

  it.each([
    {
      thrown:
        "new ToolchainError('CHROOT_FAILED', 'no', { hint: 'try', fault: 'request', details: { a: 1 } })",
      error: { code: 'CHROOT_FAILED', message: 'no', hint: 'try', fault: 'request', details: { a: 1 } },
    },
    { thrown: "new Error('plain')", error: { code: 'INTERNAL', message: 'plain', fault: 'failure' } },
    { thrown: "'text'", error: { code: 'INTERNAL', message: 'text' } },
    {
      thrown: "Object.assign(new Error('full'), { code: 'ENOSPC' })",
      error: { code: 'DISK_FULL', message: 'full', hint: expect.stringContaining('--work-dir') },
    },
  ])('what is thrown comes out: $thrown', async ({ thrown, error }) => {
    const rejected = runInNamespaces(moduleOf(`throw ${thrown};`), undefined, {
      privilege,
      context: defaultContext(),
    });
    await expect(rejected).rejects.toMatchObject({ ...error, stack: expect.any(String) });
  });

  it.each([
    ['process.exit(7)', /ended early \(7\)/],
    [
      "setImmediate(() => { throw new Error('late') }); await new Promise(() => {})",
      /ended early \(1\).*late/s,
    ],
    ['return 1n', /BigInt/],
  ])('a module that ends without an answer has failed: %s', async (body, message) => {
    const rejected = runInNamespaces(moduleOf(body), undefined, { privilege, context: defaultContext() });
    await expect(rejected).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['waits', ''],
    ['is busy', 'for (;;) {}'],
  ])('cancelling ends all processes while the module %s', async (_, work) => {
    const seconds = uniqueSeconds();
    const abort = new AbortController();
    const logger = { ...defaultContext().logger, info: () => abort.abort() };
    const body = `${SLEEPER} await new Promise((resolve) => setTimeout(resolve, 100)); ${work}; await new Promise(() => {})`;
    const context = defaultContext({ signal: abort.signal, logger });
    await expect(runInNamespaces(moduleOf(body), { seconds }, { privilege, context })).rejects.toMatchObject({
      code: 'CANCELLED',
      fault: 'cancelled',
    });
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
  });

  it('an aborted signal starts nothing', async () => {
    const context = defaultContext({ signal: AbortSignal.abort() });
    await expect(
      runInNamespaces('data:text/javascript,', undefined, { privilege, context }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
