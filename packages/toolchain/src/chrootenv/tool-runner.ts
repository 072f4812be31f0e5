import type { ExecOptions, ExecResult } from '@ic/utils';

export interface RunOptions extends Pick<ExecOptions, 'input' | 'onLine' | 'allow' | 'signal'> {
  /** Added to a fixed, clean environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Host paths made visible inside, read-write, at the given absolute paths. */
  readonly binds?:
    | readonly { readonly host: string; readonly inside: string; readonly readOnly?: boolean }[]
    | undefined;
  /**
   * Another directory tree, seen at `inside` with a `/dev`, `/proc`, `/run` and `/tmp` of its own, for programs that
   * change their root to it. `binds` may lead into it.
   */
  readonly guest?: { readonly host: string; readonly inside: string } | undefined;
  readonly cwd?: string | undefined;
  /** Reach the network of the namespaces (`NamespaceOptions.network`), the machine's loopback included; default false. */
  readonly network?: boolean | undefined;
}

/**
 * Runs programs of one directory tree (a root file system or the chroot environment) with that tree as `/`,
 * in namespaces of their own: no network unless asked for, no other processes, no devices but null, zero, full, random, urandom, tty.
 *
 * Errors are those of `exec`.
 */
export interface ToolRunner {
  /** Absolute host path of the tree. */
  readonly root: string;
  run(program: string, args: readonly string[], options?: RunOptions): Promise<ExecResult>;
}
