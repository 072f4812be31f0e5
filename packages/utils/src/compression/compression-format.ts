import { UtilsError } from '../errors.js';

export type CompressionFormat = 'gz' | 'xz' | 'zstd' | 'bz2';

const MAGICS: readonly (readonly [CompressionFormat, readonly number[]])[] = [
  ['gz', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bz2', [0x42, 0x5a, 0x68]],
];

/** The format that bytes begin with (RFC 1952, the .xz file format, RFC 8878, bzip2); undefined for others. */
export function detectCompression(bytes: Uint8Array): CompressionFormat | undefined {
  return MAGICS.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0];
}

/** As detectCompression. @throws UtilsError COMPRESSION_UNSUPPORTED */
export function requireCompression(bytes: Uint8Array): CompressionFormat {
  const format = detectCompression(bytes);
  if (format !== undefined) return format;
  throw new UtilsError('COMPRESSION_UNSUPPORTED', 'the data is not compressed with gz, xz, zstd or bz2');
}

export function compressionInvalid(
  format: CompressionFormat | 'lzma',
  reason: string,
  cause?: unknown,
): UtilsError {
  return new UtilsError('COMPRESSION_INVALID', `the ${format} data is damaged: ${reason}`, {
    cause,
    hint: 'the file is damaged or cut off; fetch it again',
    details: { format },
  });
}

export function compressionLimit(format: CompressionFormat | 'lzma', maxBytes: number): UtilsError {
  return new UtilsError(
    'COMPRESSION_LIMIT',
    `the ${format} data grows beyond the ${maxBytes} bytes allowed`,
    {
      hint: 'data that grows this much is either not what it claims to be or made to exhaust memory',
      details: { format, maxBytes },
    },
  );
}
