import type { ExecOptions, ExecResult } from '@ic/utils';

/** The part of the toolchain's `ToolRunner` that installing needs: programs of the root, in a sandbox. */
export interface PackageRunner {
  /** Absolute host path of the root file system. */
  readonly root: string;
  run(
    program: string,
    args: readonly string[],
    options?: Pick<ExecOptions, 'input' | 'onLine' | 'allow'> & {
      readonly env?: Readonly<Record<string, string>> | undefined;
      readonly binds?:
        | readonly { readonly host: string; readonly inside: string; readonly readOnly?: boolean }[]
        | undefined;
    },
  ): Promise<ExecResult>;
}
