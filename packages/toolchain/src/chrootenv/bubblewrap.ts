import { posix } from 'node:path';
import { exec } from '@ic/utils';
import type { RunOptions, ToolRunner } from './tool-runner.js';

/**
 * What root may do in the sandbox: own and change files and switch users. Nothing that reaches the kernel or a device;
 * above all not CAP_DAC_READ_SEARCH, with which open_by_handle_at(2) opens any file of any file system that is seen in part.
 */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_SYS_CHROOT',
];

/**
 * Parts of `/proc` that belong to the machine. The kernel asks for no capability where their owner, root, writes to
 * them, and bubblewrap covers some but not `sys`: a line in `sys/kernel/core_pattern` would run a program on the host.
 */
const READ_ONLY_PROC = [
  'acpi',
  'asound',
  'bus',
  'driver',
  'fs',
  'irq',
  'mtrr',
  'pressure',
  'scsi',
  'sys',
  'sysrq-trigger',
];

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
};

/**
 * A runner of the programs of one directory tree, by bubblewrap. To be used inside the build's namespaces, where
 * the caller is root. `/proc` is the sandbox's own and read-only but for its processes, `/dev` holds null, zero, full, random, urandom and tty,
 * `/run` and `/tmp` are empty and forgotten afterwards; there is no network unless a run asks for it, and no way to gain privileges.
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
    ...treeArguments(root, '/'),
    ...(options.guest === undefined ? [] : treeArguments(options.guest.host, options.guest.inside)),
    ...(options.binds ?? []).flatMap((bind) => [
      bind.readOnly === true ? '--ro-bind' : '--bind',
      bind.host,
      bind.inside,
    ]),
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    ...(options.network === true ? [] : ['--unshare-net']),
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

/** A tree at a path of the sandbox; over it the folders that belong to the sandbox alone. */
function treeArguments(tree: string, path: string): string[] {
  const inside = (name: string) => posix.join(path, name);
  return [
    ...['--bind', tree, path, '--dev', inside('dev'), '--proc', inside('proc')],
    ...READ_ONLY_PROC.flatMap((name) => ['--ro-bind-try', `/proc/${name}`, inside(`proc/${name}`)]),
    ...['--perms', '1777', '--tmpfs', inside('tmp'), '--perms', '0755', '--tmpfs', inside('run')],
  ];
}
