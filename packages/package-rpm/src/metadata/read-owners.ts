import { type ListRequest, readList } from './read-list.js';
import type { Repomd } from './repomd.js';

/**
 * The checksums of the packages that have each of these files or folders, of filelists. Searched for, not parsed: it is
 * the largest file of a repository, and all but a few of its lines are of no interest.
 *
 * @throws PackageError HASH_MISMATCH, REPOSITORY_INVALID, REPOSITORY_UNREACHABLE
 */
export async function readOwners(
  request: ListRequest,
  { filelists }: Repomd,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (filelists === undefined) return new Map();
  const bytes = await readList(request, filelists);
  return new Map(paths.map((path) => [path, ownersOf(bytes, path)]));
}

const PACKAGE_TAG = Buffer.from('<package ');

function ownersOf(bytes: Buffer, path: string): string[] {
  const owners: string[] = [];
  const element = Buffer.from(`>${escapeText(path)}</file>`);
  for (let at = bytes.indexOf(element); at !== -1; at = bytes.indexOf(element, at + element.length)) {
    const start = bytes.lastIndexOf(PACKAGE_TAG, at);
    if (start === -1) continue;
    const tag = bytes.toString('utf8', start, bytes.indexOf('>', start, 'latin1'));
    const checksum = /\spkgid\s*=\s*["']([0-9a-fA-F]+)["']/.exec(tag)?.[1];
    if (checksum !== undefined) owners.push(checksum.toLowerCase());
  }
  return owners;
}

/** As XML writers escape text (libxml2: `&`, `<` and `>`). */
function escapeText(path: string): string {
  return path.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
