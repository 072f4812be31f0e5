import type { PackageErrorCode } from './errors.js';

/**
 * What an error of reading archives says of the package that they came in, by the code of its UtilsError; undefined for
 * what is not the package's fault.
 */
export function damagedArchiveCode(code: string): PackageErrorCode | undefined {
  if (code === 'ARCHIVE_ESCAPES') return 'MEMBER_ESCAPES';
  if (code === 'COMPRESSION_LIMIT') return 'DECOMPRESSION_LIMIT';
  return /^(?:ARCHIVE|COMPRESSION)_/.test(code) ? 'PACKAGE_INVALID' : undefined;
}
