import { statfs } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { RunOptions, ToolRunner } from '@ic/toolchain';
import { diskFull, UtilsError } from '@ic/utils';
import { ImageError } from '../errors.js';

/** Less free space than this means that it was the disk which was full. Bytes. */
const EXHAUSTED = 1024 ** 2;

export interface RootJob {
  /** Absolute path of the finished root file system, which the program cannot change. */
  readonly rootfs: string;
  /** Absolute path of the file that the program makes. */
  readonly to: string;
  readonly tools: ToolRunner;
  readonly signal: AbortSignal;
}

/**
 * Runs a program of the target that makes one file of a root file system; paths are the same inside as outside.
 *
 * @throws ImageError IMAGE_FAILED; UtilsError DISK_FULL, EXEC_NOT_FOUND, CANCELLED
 */
export async function runOnRoot(
  { rootfs, to, tools, signal }: RootJob,
  program: string,
  args: readonly string[],
  options: Pick<RunOptions, 'cwd' | 'env' | 'input'> = {},
): Promise<void> {
  const binds = [
    { host: dirname(to), inside: dirname(to) },
    { host: rootfs, inside: rootfs, readOnly: true },
  ];
  try {
    await tools.run(program, args, { ...options, binds, signal });
  } catch (error) {
    if (!(error instanceof UtilsError) || error.code !== 'EXEC_FAILED') throw error;
    const { bavail, bsize } = await statfs(dirname(to));
    if (bavail * bsize < EXHAUSTED) throw diskFull({ code: 'ENOSPC' }, to);
    throw new ImageError(
      'IMAGE_FAILED',
      `the ${extname(to).slice(1)} of the root file system could not be made: ${error.message}`,
      { cause: error, hint: 'run again with -v to see every command' },
    );
  }
}
