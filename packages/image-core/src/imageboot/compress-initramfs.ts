import { readFile, rm, writeFile } from 'node:fs/promises';
import { type Context, exec } from '@ic/utils';
import { cpioArchives } from './cpio-archives.js';

/** 52 MB take 0.2 s and become 15.0 MB; gzip -6 2.4 s and 15.3 MB; xz -6 24 s and 10.8 MB. */
const LEVEL = '-3';

/**
 * Compresses an initramfs in place with this machine's zstd. Archives for the early kernel before it and whatever a
 * generator appended behind it stay as they are. Does nothing to a file that is compressed already.
 *
 * @param path absolute path on this machine
 * @throws UtilsError EXEC_NOT_FOUND, EXEC_FAILED, CANCELLED
 */
export async function compressInitramfs(path: string, context: Context): Promise<void> {
  const bytes = await readFile(path);
  const { earlyEnd, end } = cpioArchives(bytes);
  if (end === earlyEnd) return;
  const packed = `${path}.zst`;
  try {
    await exec('zstd', ['-q', LEVEL, '--no-progress', '-f', '-o', packed], {
      input: bytes.subarray(earlyEnd, end),
      signal: context.signal,
    });
    const parts = [bytes.subarray(0, earlyEnd), await readFile(packed), bytes.subarray(end)];
    await writeFile(path, Buffer.concat(parts));
  } finally {
    await rm(packed, { force: true });
  }
}
