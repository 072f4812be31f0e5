import { createHash } from 'node:crypto';
import { readTar } from '@ic/utils';

export interface Md5sumsInput {
  /** The uncompressed data archive. */
  readonly data: Uint8Array;
  /** The package's list; what is not in it belongs to another package. */
  readonly list: readonly string[];
}

/**
 * The `md5sums` file that dpkg makes for a package that brings none (deb-md5sums(5)): its regular files and hard
 * links, conffiles too, in the archive's order.
 */
export function md5sumsOf({ data, list }: Md5sumsInput): string {
  const listed = new Set(list);
  const hashes = new Map<string, string>();
  for (const entry of readTar(data)) {
    if (entry.type === 'file') hashes.set(entry.path, createHash('md5').update(entry.data).digest('hex'));
    if (entry.type === 'hardlink') hashes.set(entry.path, hashes.get(entry.linkTarget) ?? '');
  }
  return [...hashes]
    .filter(([path]) => listed.has(`/${path}`))
    .map(([path, hash]) => `${hash}  ${path}\n`)
    .join('');
}
