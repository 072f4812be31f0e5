import { stat } from 'node:fs/promises';
import type { ArtifactConfig } from '@ic/toolchain';
import { compressFile } from '@ic/utils';
import { openGzip } from './gzip.js';
import { writeInOnePass } from './write-in-one-pass.js';

/**
 * Compresses a file to a new one with all processors: gz by ourselves, the others by the host's programs. On any error
 * nothing is left at `to`.
 *
 * @throws UtilsError DISK_FULL, EXEC_NOT_FOUND, EXEC_FAILED, CANCELLED
 */
export async function compressArtifact(
  from: string,
  to: string,
  compression: NonNullable<ArtifactConfig['compression']>,
  options: { readonly jobs?: number | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const { jobs: threads, signal } = options;
  if (compression !== 'gz') return compressFile(from, to, compression, { threads, signal });
  const { size } = await stat(from);
  const targets = [{ path: to, open: openGzip }];
  await writeInOnePass({ image: from, disk: { size, seed: '', epoch: 0 }, targets, signal });
}
