import { exec } from '@ic/utils';
import type { RunOptions, ToolRunner } from './tool-runner.js';

/** What root may do in the sandbox: own and change files and switch users. Nothing that reaches the kernel or a device. */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_SYS_CHROOT',
];

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
};

/**
 * A runner of the programs of one directory tree, by bubblewrap. To be used inside the build's namespaces, where
 * the caller is root. `/proc` is the sandbox's own, `/dev` holds null, zero, full, random, urandom and tty,
 * `/run` and `/tmp` are empty and forgotten afterwards; there is no network and no way to gain privileges.
 *
 * @param root absolute path of the tree
 */
export function createToolRunner(
  root: string,
  defaults: Pick<RunOptions, 'env' | 'signal'> = {},
): ToolRunner {
  return {
    root,
    run: (program, args, options = {}) =>
      exec('bwrap', [...sandboxArguments(root, { ...defaults, ...options }), '--', program, ...args], {
        input: options.input,
        onLine: options.onLine,
        allow: options.allow,
        signal: options.signal ?? defaults.signal,
      }),
  };
}

/** The bubblewrap arguments for one command in `root`. */
export function sandboxArguments(root: string, options: RunOptions): string[] {
  const environment = { ...ENVIRONMENT, ...options.env };
  return [
    '--bind',
    root,
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--perms',
    '1777',
    '--tmpfs',
    '/tmp',
    '--perms',
    '0755',
    '--tmpfs',
    '/run',
    ...(options.binds ?? []).flatMap((bind) => [
      bind.readOnly === true ? '--ro-bind' : '--bind',
      bind.host,
      bind.inside,
    ]),
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-net',
    '--unshare-cgroup-try',
    '--hostname',
    'localhost',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    ...CAPABILITIES.flatMap((capability) => ['--cap-add', capability]),
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    options.cwd ?? '/',
  ];
}
