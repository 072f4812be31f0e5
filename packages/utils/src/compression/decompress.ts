import { spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { cancelled, messageOf, throwIfCancelled, type UtilsError } from '../errors.js';
import { notStarted, SYSTEM_ENVIRONMENT } from '../exec.js';
import {
  type CompressionFormat,
  compressionInvalid,
  compressionLimit,
  requireCompression,
} from './compression-format.js';

export interface DecompressOptions {
  /** More output than this is refused (COMPRESSION_LIMIT). */
  readonly maxBytes: number;
  /** For LZMA alone, which has no magic to tell it by; other formats are told by theirs. */
  readonly format?: 'lzma' | undefined;
}

/** Programs read standard input and write standard output; xz's memory is bounded, zstd bounds its own. */
const PROGRAMS: Readonly<
  Record<Exclude<CompressionFormat, 'gz'> | 'lzma', readonly [string, readonly string[]]>
> = {
  lzma: ['xz', ['--decompress', '--stdout', '--format=lzma', '--threads=1', '--memlimit-decompress=1GiB']],
  xz: ['xz', ['--decompress', '--stdout', '--threads=1', '--memlimit-decompress=1GiB']],
  zstd: ['zstd', ['--decompress', '--stdout', '--quiet']],
  bz2: ['bzip2', ['--decompress', '--stdout']],
};

const gunzipAsync = promisify(gunzip);

/**
 * The bytes behind gz (zlib), xz, zstd, bz2 or lzma (the host's programs).
 *
 * @throws UtilsError COMPRESSION_UNSUPPORTED, COMPRESSION_INVALID, COMPRESSION_LIMIT, EXEC_NOT_FOUND, CANCELLED
 */
export async function decompress(
  bytes: Uint8Array,
  options: DecompressOptions & { readonly signal?: AbortSignal | undefined },
): Promise<Buffer> {
  throwIfCancelled(options.signal);
  const format = options.format ?? requireCompression(bytes);
  if (format !== 'gz') return throughProgram(bytes, format, options);
  return gunzipAsync(bytes, zlibOptions(bytes, options)).catch((error: unknown) => {
    throw zlibFailure(error, options);
  });
}

/** As `decompress`, blocking: for worker threads. */
export function decompressSync(bytes: Uint8Array, options: DecompressOptions): Buffer {
  const format = options.format ?? requireCompression(bytes);
  if (format === 'gz') {
    try {
      return gunzipSync(bytes, zlibOptions(bytes, options));
    } catch (error) {
      throw zlibFailure(error, options);
    }
  }
  const [program, args] = PROGRAMS[format];
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    input: bytes,
    env: SYSTEM_ENVIRONMENT,
    maxBuffer: options.maxBytes,
  });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOBUFS') throw compressionLimit(format, options.maxBytes);
  // EPIPE: the program ended before it had read everything; its status says why.
  if (error !== undefined && code !== 'EPIPE') throw notStarted(program, error);
  if (status !== 0) throw compressionInvalid(format, stderr.toString().trim());
  return stdout;
}

function throughProgram(
  bytes: Uint8Array,
  format: keyof typeof PROGRAMS,
  options: DecompressOptions & { readonly signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const [program, args] = PROGRAMS[format];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: SYSTEM_ENVIRONMENT });
    const output: Buffer[] = [];
    let size = 0;
    let problem = '';
    const stop = (error: UtilsError) => {
      child.kill('SIGKILL');
      reject(error);
    };
    const abort = () => stop(cancelled(options.signal));
    options.signal?.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > options.maxBytes) stop(compressionLimit(format, options.maxBytes));
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      problem = (problem + chunk.toString()).slice(-2000);
    });
    child.once('error', (error) => reject(notStarted(program, error)));
    child.once('close', (status) => {
      options.signal?.removeEventListener('abort', abort);
      if (status === 0) resolve(Buffer.concat(output, size));
      else reject(compressionInvalid(format, problem.trim()));
    });
    // A program that stops reading is judged by its exit status.
    child.stdin.on('error', () => {});
    child.stdin.end(bytes);
  });
}

const MIB = 1024 * 1024;

/**
 * zlib's own chunks of 16 KiB would cost as much as the decompression. Where the limit is near what is to be expected,
 * one chunk takes all, which spares joining.
 */
function zlibOptions(bytes: Uint8Array, { maxBytes }: DecompressOptions) {
  const isNear = maxBytes < Math.min(bytes.length * 32, 256 * MIB);
  const chunkSize = isNear ? maxBytes + 1 : Math.min(bytes.length * 4, MIB);
  return { maxOutputLength: Math.max(1, maxBytes), chunkSize: Math.max(chunkSize, 16_384) };
}

function zlibFailure(error: unknown, { maxBytes }: DecompressOptions): UtilsError {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ERR_BUFFER_TOO_LARGE'
    ? compressionLimit('gz', maxBytes)
    : compressionInvalid('gz', messageOf(error), error);
}
