import { describe, expect, it } from 'vitest';
import { exec } from './exec.js';

describe('exec', () => {
  it('gives what a program printed; arguments are never read by a shell', async () => {
    const result = await exec('printf', ['%s', '$HOME; `id` "x"']);
    expect(result).toEqual({ status: 0, stdout: '$HOME; `id` "x"', stderr: '' });
  });

  it('feeds standard input, and survives a program that does not read it', async () => {
    expect((await exec('cat', [], { input: 'in' })).stdout).toBe('in');
    expect((await exec('true', [], { input: Buffer.alloc(10_000_000) })).status).toBe(0);
  });

  it('inherits no environment', async () => {
    expect((await exec('env', [])).stdout.split('\n').sort()).toEqual([
      '',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
    expect((await exec('/usr/bin/env', [], { env: { A: 'b' } })).stdout).toBe('A=b\n');
  });

  it('calls back for each line of both streams', async () => {
    const lines: string[] = [];
    await exec('sh', ['-c', 'echo one; sleep 0.05; echo two >&2'], {
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    });
    expect(lines).toEqual(['stdout one', 'stderr two']);
  });

  it.each([
    ['a program that is not there', 'no-such-program', [], {}, 'EXEC_NOT_FOUND', /no-such-program/],
    ['another status than 0', 'sh', ['-c', 'echo why >&2; exit 3'], {}, 'EXEC_FAILED', /status 3:\nwhy/],
    ['death by a signal', 'sh', ['-c', 'kill -9 $$'], {}, 'EXEC_FAILED', /SIGKILL/],
    ['too long a run', 'sleep', ['10'], { timeout: 50 }, 'EXEC_TIMEOUT', /50 ms/],
    [
      'a signal that was aborted before',
      'true',
      [],
      { signal: AbortSignal.abort() },
      'CANCELLED',
      /cancelled/,
    ],
  ] as const)('rejects on %s', async (_name, program, args, options, code, message) => {
    await expect(exec(program, args, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('takes other statuses for success when told to', async () => {
    expect((await exec('sh', ['-c', 'exit 3'], { allow: [0, 3] })).status).toBe(3);
  });

  it('kills the program when it is cancelled', async () => {
    const abort = new AbortController();
    const started = performance.now();
    const running = exec('sleep', ['30'], { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED', fault: 'cancelled' });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

it('a long standard output does not hide what standard error said', async () => {
  const failure = exec('sh', ['-c', 'echo broken >&2; seq 100; exit 3']);
  await expect(failure).rejects.toThrow(/\n100\nbroken$/);
});
