import { readFile } from 'node:fs/promises';
import { sha256 } from '@ic/utils';
import type { FetchedPackage } from '../contract.js';
import { PackageError } from '../errors.js';

/**
 * The bytes of a package in the cache, checked once more against the hash they were fetched by.
 *
 * @throws PackageError HASH_MISMATCH
 */
export async function readFetched({
  name,
  version,
  path,
  sha256: expected,
}: FetchedPackage): Promise<Buffer> {
  const bytes = await readFile(path);
  if (sha256(bytes) === expected) return bytes;
  throw new PackageError(
    'HASH_MISMATCH',
    `${name} ${version} has changed in the cache since it was verified`,
    {
      hint: 'another program writes into the cache folder; build again to fetch the package anew',
    },
  );
}
