import type { ExecResult } from '@ic/utils';
import type { ToolsRunner } from './runner.js';

/** The target's rpm, run from its chroot environment on a root file system. */
export interface RpmInTools {
  /** Host path of the root file system. */
  readonly root: string;
  readonly tools: ToolsRunner;
}

/** Where the sandbox has the root file system; its own /run is forgotten with it. */
export const ROOT = '/run/rootfs';

/** Runs `rpm --root … ARGS`. Errors are those of `exec`. */
export function runRpm(
  { root, tools }: RpmInTools,
  args: readonly string[],
  options: Omit<NonNullable<Parameters<ToolsRunner['run']>[2]>, 'guest'> = {},
): Promise<ExecResult> {
  return tools.run('rpm', ['--root', ROOT, '--noplugins', ...args], {
    ...options,
    guest: { host: root, inside: ROOT },
  });
}
