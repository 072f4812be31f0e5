import { spawn } from 'node:child_process';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { cancelled, throwIfCancelled, UtilsError } from '../errors.js';
import { notStarted, SYSTEM_ENVIRONMENT } from '../exec.js';
import { diskFull } from '../files.js';
import type { CompressionFormat } from './compression-format.js';

export interface CompressFileOptions {
  /** Threads at most, where the program has threads; default: all cores. */
  readonly threads?: number | undefined;
  /** gz and bz2 1–9, xz 0–9, zstd 1–19; defaults 6, 9, 6, 3. */
  readonly level?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Program {
  readonly name: string;
  readonly args: readonly string[];
}

const LEVELS: Readonly<Record<CompressionFormat, { least: number; most: number; usual: number }>> = {
  gz: { least: 1, most: 9, usual: 6 },
  xz: { least: 0, most: 9, usual: 6 },
  zstd: { least: 1, most: 19, usual: 3 },
  bz2: { least: 1, most: 9, usual: 9 },
};

/**
 * Compresses a file to a new file `to` with the host's program; on any error nothing is left at `to`. The output
 * depends on the input and the level, not on threads, names or the time.
 *
 * @throws UtilsError EXEC_NOT_FOUND, EXEC_FAILED, COMPRESSION_UNSUPPORTED (no such level), DISK_FULL, CANCELLED
 */
export async function compressFile(
  from: string,
  to: string,
  format: CompressionFormat,
  options: CompressFileOptions = {},
): Promise<void> {
  throwIfCancelled(options.signal);
  const program = programFor(format, levelOf(format, options.level), options.threads);
  const input = await open(from);
  try {
    const output = await open(to, 'wx', 0o644);
    try {
      await runProgram(program, { input, output, to, signal: options.signal });
      await output.sync();
      await output.close();
    } catch (error) {
      await output.close();
      await rm(to, { force: true });
      throw diskFull(error, to);
    }
  } finally {
    await input.close();
  }
}

function levelOf(format: CompressionFormat, level: number | undefined): number {
  const { least, most, usual } = LEVELS[format];
  const wanted = level ?? usual;
  if (Number.isInteger(wanted) && wanted >= least && wanted <= most) return wanted;
  throw new UtilsError('COMPRESSION_UNSUPPORTED', `${format} has no level ${wanted}`, {
    fault: 'request',
    hint: `choose a level from ${least} to ${most}`,
  });
}

/** All read standard input, so that no name or time stamp gets into the output. */
function programFor(format: CompressionFormat, level: number, threads: number | undefined): Program {
  const bound = threads === undefined ? undefined : Math.max(1, Math.floor(threads));
  switch (format) {
    case 'gz':
      // Not pigz, which is faster: its bytes are others, and depend on the number of threads.
      return { name: 'gzip', args: ['--no-name', '--stdout', `-${level}`] };
    case 'xz':
      // "+1": one thread, but blocks as several threads make them (xz 5.4).
      return {
        name: 'xz',
        args: ['--stdout', `-${level}`, `--threads=${bound === 1 ? '+1' : (bound ?? 0)}`],
      };
    case 'zstd':
      return { name: 'zstd', args: ['--stdout', '--quiet', '--no-progress', `-${level}`, `-T${bound ?? 0}`] };
    case 'bz2':
      return { name: 'bzip2', args: ['--stdout', `-${level}`] };
  }
}

interface Run {
  readonly input: FileHandle;
  readonly output: FileHandle;
  readonly to: string;
  readonly signal: AbortSignal | undefined;
}

function runProgram({ name, args }: Program, { input, output, to, signal }: Run): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { env: SYSTEM_ENVIRONMENT, stdio: [input.fd, output.fd, 'pipe'] });
    let problem = '';
    const kill = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', kill, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => {
      problem = (problem + chunk.toString()).slice(-2000);
    });
    child.once('error', (error) => reject(notStarted(name, error)));
    child.once('close', (status, killedBy) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(cancelled(signal));
      else if (status === 0) resolve();
      else if (/No space left on device/.test(problem)) reject(noSpace(to, problem));
      else reject(failed(name, killedBy ?? `status ${status}`, problem));
    });
  });
}

function noSpace(to: string, problem: string): unknown {
  return diskFull(Object.assign(new Error(problem.trim()), { code: 'ENOSPC' }), to);
}

function failed(program: string, end: string, problem: string): UtilsError {
  return new UtilsError('EXEC_FAILED', `${program} ended with ${end}: ${problem.trim()}`, {
    details: { program },
  });
}
