import { open } from 'node:fs/promises';
import type { HookConfig, HookPoint, RunOptions, SystemConfig, ToolRunner } from '@ic/toolchain';
import type { Context } from '@ic/utils';
import { ImageError } from '../errors.js';
import { withNameServers } from './name-servers.js';
import { runInRoot } from './run-in-root.js';

/** The points of a build; `firstBoot` is the device's. */
export type BuildPoint = Exclude<HookPoint, 'firstBoot'>;

/**
 * Whether the build's own hooks reach the network.
 *
 * @throws ImageError HOOK_OFFLINE when they would and the build is `offline`
 */
export function hooksReachNetwork(
  { firstBoot: _, ...points }: SystemConfig['hooks'],
  offline: boolean,
): boolean {
  const [point] = Object.entries(points).find(([, hooks]) => hooks.some(({ network }) => network)) ?? [];
  if (point !== undefined && offline) {
    throw new ImageError('HOOK_OFFLINE', `a hook of ${point} wants the network, and the build is offline`, {
      fault: 'request',
      hint: 'build without --offline, or bring what the hook needs as additionalFiles and leave its "network" out',
    });
  }
  return point !== undefined;
}

export interface HookOptions {
  /** Whose programs the hooks are: the image's, before its installation those of the chroot environment. */
  readonly runner: ToolRunner;
  /** For `preInstall`: the root file system, which hooks see at $BUILDROOT. */
  readonly rootfs?: string | undefined;
  /** Seconds since 1970, which hooks see as SOURCE_DATE_EPOCH. */
  readonly epoch: number;
  readonly context: Context;
}

/** Where a hook finds its script, and before the installation the root file system; /run is the sandbox's own. */
const SCRIPT = '/run/hook';
const ROOT = '/run/rootfs';

/**
 * Runs the template's hooks of one point of the build, one after the other. Of variables they have only the sandbox's,
 * SOURCE_DATE_EPOCH and their own. One that asks for the network has it, the name servers of this machine, and a warning that it
 * does: nobody verifies what it fetches.
 *
 * @throws ImageError HOOK_FAILED with the last lines that it wrote, HOOK_INVALID; UtilsError CANCELLED
 */
export async function runHooks(
  point: BuildPoint,
  hooks: readonly HookConfig[],
  options: HookOptions,
): Promise<void> {
  const { rootfs, epoch } = options;
  for (const { run, environment, network } of hooks) {
    const script = 'script' in run ? run.script : undefined;
    const binds = [
      ...(script === undefined ? [] : [{ host: script, inside: SCRIPT, readOnly: true }]),
      ...(rootfs === undefined ? [] : [{ host: rootfs, inside: ROOT }]),
    ];
    const env = {
      SOURCE_DATE_EPOCH: String(epoch),
      ...(rootfs === undefined ? {} : { BUILDROOT: ROOT }),
      ...environment,
    };
    const [program, ...args] =
      'cmd' in run ? ['/bin/sh', '-c', run.cmd] : [...(await interpreterOf(run.script)), SCRIPT];
    const hook = { program, args, env, binds, purpose: `the hook ${describe(run)} of ${point}` };
    if (network) await withNetwork(options, hook);
    else await runHook(options, hook);
  }
}

interface HookCommand extends Pick<RunOptions, 'env' | 'network'> {
  readonly binds: NonNullable<RunOptions['binds']>;
  readonly program: string | undefined;
  readonly args: readonly string[];
  readonly purpose: string;
}

async function runHook(options: HookOptions, command: HookCommand): Promise<void> {
  const { program = '/bin/sh', args, purpose, ...how } = command;
  try {
    await runInRoot(options, { program, args, source: 'hook' }, purpose, how);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError('HOOK_FAILED', error.message, {
      cause: error,
      fault: 'request',
      hint: 'run the build with -v to see all that it printed; correct it in systemConfig.hooks',
    });
  }
}

async function withNetwork(options: HookOptions, hook: HookCommand): Promise<void> {
  options.context.events({
    type: 'warning',
    code: 'HOOK_NETWORK',
    message: `${hook.purpose} reaches the network: what it fetches is neither verified nor locked`,
  });
  await withNameServers(options.runner.root, (binds) =>
    runHook(options, { ...hook, binds: [...hook.binds, ...binds], network: true }),
  );
}

function describe(run: HookConfig['run']): string {
  return 'cmd' in run ? `"${run.cmd}"` : run.script;
}

/** Bytes that Linux reads of a script's first line (BINPRM_BUF_SIZE). */
const LINE = 256;

/**
 * The words before a script's own name by its first line, as execve(2) takes them: the file need not be executable where it lies.
 *
 * @throws ImageError HOOK_INVALID without such a line
 */
export async function interpreterOf(script: string): Promise<string[]> {
  const file = await open(script);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LINE), 0, LINE, 0);
    const line = buffer.toString('utf8', 0, bytesRead).split('\n')[0] ?? '';
    const words = /^#!\s*(\S+)(?:\s+(.*\S))?\s*$/.exec(line);
    if (words === null) {
      throw new ImageError('HOOK_INVALID', `the hook ${script} does not begin with #! and its interpreter`, {
        fault: 'request',
        hint: 'write #!/bin/sh as its first line; a program that is none is brought as an additional file and called by "cmd"',
        details: { script },
      });
    }
    return words.slice(1).filter((word) => word !== undefined);
  } finally {
    await file.close();
  }
}
