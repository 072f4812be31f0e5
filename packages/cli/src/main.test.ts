import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PackageError } from '@ic/package-core';
import { ToolchainError } from '@ic/toolchain';
import { cancelled, UtilsError } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { runIc, startIc } from './testing/run-ic.js';

const templateError = new ToolchainError('TEMPLATE_INVALID', 'edge.yml:3:5: unknown key "dsik"', {
  fault: 'request',
  hint: 'did you mean "disk"?',
});

/** `ic validate` with a library that throws. */
function failing(error: unknown, ...flags: readonly string[]) {
  return runIc(['validate', 'edge.yml', ...flags], {
    compose: {
      validate: async () => {
        throw error;
      },
    },
  });
}

describe('exit codes', () => {
  const cases: { name: string; error: unknown; exitCode: number; starts: string }[] = [
    {
      name: 'a wrong template',
      error: templateError,
      exitCode: 2,
      starts: 'error[TEMPLATE_INVALID]: edge.yml:3:5: unknown key "dsik"\nhint: did you mean "disk"?\n',
    },
    {
      name: 'a failure',
      error: new PackageError('SIGNATURE_INVALID', 'the index is not signed by its key'),
      exitCode: 1,
      starts: 'error[SIGNATURE_INVALID]: the index is not signed by its key\n',
    },
    { name: 'a cancellation', error: cancelled(), exitCode: 130, starts: 'error[CANCELLED]: cancelled\n' },
    {
      name: 'a defect',
      error: new TypeError('x is not a function'),
      exitCode: 1,
      starts:
        'error[INTERNAL]: something went wrong that should not have: x is not a function\nhint: this is a defect',
    },
    { name: 'a thrown text', error: 'oops', exitCode: 1, starts: 'error[INTERNAL]: ' },
  ];
  it.each(cases)('$name is $exitCode', async ({ error, exitCode, starts }) => {
    const run = await failing(error);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr.slice(0, starts.length)).toBe(starts);
    expect(run.stderr).not.toMatch(/^\s+at /m);
    expect(run.stdout).toBe('');
  });
});

describe('errors', () => {
  it('show causes, details and where they came from with -v', async () => {
    const cause = new Error('connection reset');
    const error = new UtilsError('HTTP_UNREACHABLE', 'no answer', { cause, details: { tries: 4 } });
    const { stderr } = await failing(error, '-v');
    expect(stderr).toContain('details: {"tries":4}');
    expect(stderr).toContain('caused by: connection reset');
    expect(stderr).toMatch(/^\s+at .*main\.test\.ts/m);
  });

  it('are one JSON line on standard output with --json', async () => {
    const { exitCode, stdout, stderr } = await failing(templateError, '--json');
    expect(exitCode).toBe(2);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(stdout)).toEqual({
      type: 'error',
      code: 'TEMPLATE_INVALID',
      message: 'edge.yml:3:5: unknown key "dsik"',
      hint: 'did you mean "disk"?',
      fault: 'request',
      details: {},
    });
  });

  it.each([[[]], [['-v']], [['--json']], [['--json', '-v']]])(
    'never show credentials in URLs (%j)',
    async (flags) => {
      const url = 'https://alice:hunter2@mirror.example/debian';
      const cause = new Error(`GET ${url} failed`);
      const error = new UtilsError('HTTP_STATUS', `${url} said 404`, { details: { url }, cause });
      const { stdout, stderr } = await failing(error, ...flags);
      expect(stdout + stderr).toContain('mirror.example/debian');
      expect(stdout + stderr).not.toContain('hunter2');
    },
  );

  it('cannot drive the terminal', async () => {
    const { stderr } = await failing(new UtilsError('EXEC_FAILED', 'said \u001b[31mred\u0007\u009b2J'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stderr).toContain('said \\x1b[31mred');
  });
});

describe('wrong usage', () => {
  const cases: { args: string[]; message: RegExp }[] = [
    { args: [], message: /no command was given/ },
    { args: ['biuld'], message: /unknown command 'biuld'.*Did you mean build/ },
    { args: ['build'], message: /missing required argument 'template'/ },
    { args: ['build', 'a.yml', 'b.yml'], message: /too many arguments/ },
    { args: ['build', 'a.yml', '--outptu-dir', 'x'], message: /--outptu-dir.*Did you mean --output-dir/ },
    { args: ['build', 'a.yml', '--assembly', 'magic'], message: /direct, loop/ },
    { args: ['build', 'a.yml', '--jobs', '0'], message: /--jobs.*whole number/ },
    { args: ['lock', 'a.yml', '--at', '2026-02-30'], message: /--at.*a date, or a time/ },
    { args: ['build', 'a.yml', '--set', 'hostname'], message: /--set hostname sets nothing/ },
    { args: ['build', 'a.yml', '--mirror', 'https://x'], message: /names no mirror/ },
    { args: ['boot', 'notes.txt'], message: /does not end like a disk image/ },
    { args: ['boot', '/nonexistent/a.raw'], message: /cannot be read/ },
  ];
  it.each(cases)('$args', async ({ args, message }) => {
    const text = await runIc(args);
    expect(text.exitCode).toBe(2);
    expect(text.stderr).toMatch(/^error\[USAGE\]: /);
    expect(text.stderr).toMatch(message);
    expect(text.stderr).toContain('hint: ');
    expect(text.stdout).toBe('');

    const json = await runIc([...args, '--json']);
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ type: 'error', code: 'USAGE', fault: 'request' });
  });

  it.each([[['--help']], [['help', 'build']], [['build', '--help']], [['--version']]])(
    '%j is not wrong',
    async (args) => {
      const { exitCode, stdout, stderr } = await runIc(args);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).not.toBe('');
    },
  );
});

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s cancels, waits for the cleaning up and exits 130',
    async (name) => {
      let cleaned = false;
      const ic = startIc(['build', 'edge.yml'], {
        compose: {
          compose: async (_request, _options, context) => {
            const aborted = new Promise<void>((resolve) => {
              context?.signal?.addEventListener('abort', () => resolve());
            });
            ic.kill(name);
            await aborted;
            await new Promise((resolve) => setTimeout(resolve, 5));
            cleaned = true;
            throw new UtilsError('EXEC_FAILED', 'dpkg was killed by SIGINT');
          },
        },
      });
      const { exitCode, stderr } = await ic.done;
      expect(exitCode).toBe(130);
      expect(cleaned).toBe(true);
      expect(stderr).toContain('error[CANCELLED]: cancelled');
      expect(stderr).not.toContain('dpkg');
    },
  );
});

const binary = fileURLToPath(new URL('../bin/ic.js', import.meta.url));
const compiled = existsSync(new URL('../dist/index.js', import.meta.url));

describe.skipIf(!compiled)('the executable', () => {
  it('exits 2 on wrong usage', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [binary, 'build'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[USAGE\]: missing required argument 'template'\nhint: /);
  });

  it('says its version', () => {
    expect(execFileSync(binary, ['--version'], { encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
