import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LoopbackMirror, startLoopbackMirror } from './loopback-mirror.js';
import { debianUpstreams } from './upstreams.js';

export interface IcResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface IcOptions {
  /** Runs as this user and group (numbers) with its own environment; the caller must be root. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly home: string } | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** In a process group of its own, as a shell runs it on a terminal. */
  readonly ownGroup?: boolean | undefined;
  /** Called with the process id when it runs, for tests that kill it. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** Called for each line on standard error (progress) as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** The `ic` command over a loopback mirror of Debian: what end-to-end tests build with. */
export interface Composer {
  readonly mirror: LoopbackMirror;
  /** `--mirror NAME=URL` for the repositories of Debian targets. */
  readonly mirrorArguments: readonly string[];
  /** A cache folder shared by all tests of this machine. */
  readonly cacheDir: string;
  /** Runs `ic` with arguments as they are. */
  ic(args: readonly string[], options?: IcOptions): Promise<IcResult>;
  close(): Promise<void>;
}

/** Where tests keep what they fetched or made once; outside of any checkout. */
export function testCacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'image-composer-tests');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Starts the loopback mirror; its files and the test cache stay for the next run. */
export async function startComposer(): Promise<Composer> {
  const folder = testCacheFolder();
  const mirror = await startLoopbackMirror({
    folder: join(folder, 'mirror'),
    upstreams: await debianUpstreams(join(folder, 'upstreams')),
  });
  return {
    mirror,
    mirrorArguments: ['debian', 'debian-security'].flatMap((name) => [
      '--mirror',
      `${name}=${mirror.url(name)}`,
    ]),
    cacheDir: join(folder, 'cache'),
    ic: (args, options = {}) => runIc(args, { NODE_EXTRA_CA_CERTS: mirror.certificates.caFile }, options),
    close: () => mirror.close(),
  };
}

/** Runs `ic` with arguments as they are, and `env` over its environment. */
export function runIc(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: IcOptions = {},
): Promise<IcResult> {
  const program = fileURLToPath(new URL('../../cli/bin/ic.js', import.meta.url));
  const { user } = options;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    detached: options.ownGroup,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: user?.home ?? homedir(),
      ...env,
      ...options.env,
    },
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  let stdout = '';
  let stderr = '';
  let rest = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) options.onLine?.(line);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
