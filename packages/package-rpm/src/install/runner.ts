import type { ExecOptions, ExecResult } from '@ic/utils';

/** The part of the toolchain's `ToolRunner` that installing needs: programs of the chroot environment, in a sandbox. */
export interface ToolsRunner {
  run(
    program: string,
    args: readonly string[],
    options?: Pick<ExecOptions, 'onLine' | 'allow'> & {
      readonly env?: Readonly<Record<string, string>> | undefined;
      readonly binds?:
        | readonly { readonly host: string; readonly inside: string; readonly readOnly?: boolean }[]
        | undefined;
      /** A tree seen at `inside`, with a `/dev`, `/proc`, `/run` and `/tmp` of its own. */
      readonly guest?: { readonly host: string; readonly inside: string } | undefined;
    },
  ): Promise<ExecResult>;
}
