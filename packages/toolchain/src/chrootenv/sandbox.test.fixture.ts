import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Somebody who builds: root, or a user with a range of sub-uids. */
export interface Caller {
  readonly privilege: 'root' | 'user';
  readonly uid: number;
  readonly gid: number;
  /** Why this process cannot be that caller; empty when it can. */
  readonly missing: string;
}

const toolchain = fileURLToPath(new URL('../..', import.meta.url));
/** What Node runs inside of the namespaces is the compiled file, whatever a test runs from. */
const dist = (name: string) => JSON.stringify(new URL(`../../dist/${name}`, import.meta.url).href);
const ownUid = process.getuid?.() ?? -1;

export const callers: readonly Caller[] = [
  { privilege: 'root', uid: 0, gid: 0, missing: ownUid === 0 ? '' : '(this process is not root)' },
  { privilege: 'user', ...someUser() },
];

function someUser(): Omit<Caller, 'privilege'> {
  if (ownUid !== 0) return { uid: ownUid, gid: process.getgid?.() ?? -1, missing: '' };
  const ranges = existsSync('/etc/subuid') ? readFileSync('/etc/subuid', 'utf8').split('\n') : [];
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (uid === '0' || !ranges.some((range) => range.startsWith(`${name}:`))) continue;
    const user = { uid: Number(uid), gid: Number(gid), missing: '' };
    const [program = '', ...args] = as(user, ['test', '-r', `${toolchain}/package.json`]);
    return spawnSync(program, args).status === 0
      ? user
      : { ...user, missing: `(${name} cannot read ${toolchain})` };
  }
  return { uid: -1, gid: -1, missing: '(no user here has a range of sub-uids)' };
}

function as({ uid, gid }: Pick<Caller, 'uid' | 'gid'>, command: readonly string[]): readonly string[] {
  if (uid === ownUid) return command;
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...command];
}

/** The URL of a module whose `run(input, context)` has this body. */
export function moduleOf(body: string): string {
  return `data:text/javascript,${encodeURIComponent(`
    import { createToolRunner } from ${dist('chrootenv/bubblewrap.js')};
    import { ToolchainError } from ${dist('errors.js')};
    import * as fs from 'node:fs';
    export async function run(input, context) { ${body} }`)}`;
}

/** Starts a process of the caller that calls `runInNamespaces` and prints `{ value }` or `{ error }` as JSON. */
export function startOutside(
  { network = false, ...caller }: Caller & { readonly network?: boolean },
  body: string,
  input: unknown,
): ChildProcess {
  const script = `
    import { runInNamespaces } from ${dist('chrootenv/namespaces.js')};
    import { defaultContext } from '@ic/utils';
    process.umask(0o077);
    const { module, input } = JSON.parse(process.argv[1]);
    runInNamespaces(module, input, { privilege: '${caller.privilege}', network: ${network}, context: defaultContext() })
      .then((value) => ({ value }), ({ code, message, hint, fault, details }) => ({ error: { code, message, hint, fault, details } }))
      .then((outcome) => console.log(JSON.stringify(outcome)));`;
  const job = JSON.stringify({ module: moduleOf(body), input });
  const [program = '', ...args] = as(caller, [process.execPath, '--input-type=module', '-e', script, job]);
  // A file that nobody closed, as shells and continuous integration leave them.
  return spawn(program, args, {
    cwd: toolchain,
    stdio: ['ignore', 'pipe', 'inherit', ...Array(20).fill('pipe')],
  });
}

/** What a module comes to when that caller runs it in namespaces. */
export async function runOutside(
  caller: Caller & { readonly network?: boolean },
  body: string,
  input: unknown,
): Promise<{ value?: unknown; error?: Record<string, unknown> }> {
  const child = startOutside(caller, body, input);
  let text = '';
  for await (const chunk of child.stdout ?? []) text += String(chunk);
  return JSON.parse(text) as { value?: unknown };
}
