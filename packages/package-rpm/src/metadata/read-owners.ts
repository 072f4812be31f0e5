import { sha256 } from '@ic/utils';
import { type ListRequest, listName, readList } from './read-list.js';
import type { Repomd, RepomdFile } from './repomd.js';

/** By path: the checksums of the packages that have it. */
type Owners = Map<string, readonly string[]>;

/**
 * The checksums of the packages that have each of these files or folders, of filelists. Searched for, not parsed: it is
 * the largest file of a repository, and all but a few of its lines are of no interest. What was found is kept, so that the
 * same questions cost nothing the next time.
 *
 * @throws PackageError as `readList`
 */
export async function readOwners(
  request: ListRequest,
  { filelists }: Repomd,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (filelists === undefined) return new Map();
  const owners = await keptOwners(request, filelists);
  const unknown = paths.filter((path) => !owners.has(path));
  if (unknown.length === 0) return owners;
  const bytes = await readList(request, filelists);
  for (const path of unknown) owners.set(path, ownersOf(bytes, path));
  const json = JSON.stringify([...owners]);
  await request.cache.keep(keptName(filelists), Buffer.from(`${sha256(json)}\n${json}`));
  return owners;
}

function keptName(filelists: RepomdFile): string {
  return `${listName(filelists)}.owners`;
}

/** Its first line is the SHA-256 of the rest, which tells damage. */
async function keptOwners({ cache }: ListRequest, filelists: RepomdFile): Promise<Owners> {
  const kept = (await cache.kept(keptName(filelists)))?.toString('utf8') ?? '';
  const [digest = '', json = ''] = kept.split('\n', 2);
  return new Map(digest === sha256(json) ? (JSON.parse(json) as [string, readonly string[]][]) : []);
}

const PACKAGE_TAG = Buffer.from('<package ');

/** The checksums of the packages in a filelists.xml that have this path. */
export function ownersOf(bytes: Buffer, path: string): string[] {
  const owners: string[] = [];
  const element = Buffer.from(`>${escapeText(path)}</file>`);
  let from = 0;
  for (let at = bytes.indexOf(element); at !== -1; at = bytes.indexOf(element, from)) {
    const start = bytes.subarray(from, at).lastIndexOf(PACKAGE_TAG);
    const checksum = start === -1 ? undefined : checksumAt(bytes, from + start);
    if (checksum !== undefined) owners.push(checksum);
    // On to the next package: bytes are gone over once, however often a package names the path.
    from = bytes.indexOf(PACKAGE_TAG, at);
    if (from === -1) break;
  }
  return owners;
}

function checksumAt(bytes: Buffer, start: number): string | undefined {
  const tag = bytes.toString('utf8', start, Math.min(bytes.indexOf('>', start, 'latin1'), start + 4096));
  return /\spkgid\s*=\s*["']([0-9a-fA-F]+)["']/.exec(tag)?.[1]?.toLowerCase();
}

/** As XML writers escape text (libxml2: `&`, `<` and `>`). */
function escapeText(path: string): string {
  return path.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
