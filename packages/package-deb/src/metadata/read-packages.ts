import {
  describeIndex,
  downloadList,
  indexNotCached,
  indexUnreachable,
  listMismatch,
  listNotUnpacked,
  MAX_LIST_BYTES,
  type MetadataCache,
  type Mirrors,
  PackageError,
} from '@ic/package-core';
import { type Context, decompress, detectCompression, IcError } from '@ic/utils';
import {
  decodePackagesTable,
  encodePackagesTable,
  type PackagesTable,
  readPackagesTable,
} from '../packages-table.js';
import type { Release, ReleaseFile } from './release.js';
import { type SuiteTarget, suiteTarget } from './suite-target.js';

export interface PackagesRequest {
  readonly target: SuiteTarget;
  readonly release: Release;
  /** The family's own word, such as amd64. */
  readonly architecture: string;
  readonly cache: MetadataCache;
  readonly mirrors: Mirrors;
  readonly context: Context;
}

/** What `Packages` may be called, best first. */
const SUFFIXES = ['.xz', '.zst', '.gz', '.bz2', ''] as const;

/**
 * The `Packages` files of a suite, one for each component and architecture, each checked against the signed list before
 * and after decompression. What is made of a file is kept beside it, under the hash that the signed list has for it.
 *
 * @throws PackageError as `downloadList`; REPOSITORY_INVALID, DECOMPRESSION_LIMIT
 */
export async function readPackagesTables(request: PackagesRequest): Promise<PackagesTable[]> {
  const folders = packagesFolders(request);
  return Promise.all(folders.map((folder) => readTable(request, folder)));
}

function packagesFolders({ target, release, architecture }: PackagesRequest): string[] {
  if (target.flat) return [''];
  const folders = target.repository.components.flatMap((component) => {
    const own = `${component}/binary-${architecture}/`;
    const all = `${component}/binary-all/`;
    const listed = [own, ...(release.separateArchitectureAll ? [all] : [])];
    const found = listed.filter((folder) =>
      SUFFIXES.some((suffix) => release.files.has(`${folder}Packages${suffix}`)),
    );
    if (found.length === 0) throw notOffered(target, release, component, architecture);
    return found;
  });
  return [...new Set(folders)];
}

async function readTable(request: PackagesRequest, folder: string): Promise<PackagesTable> {
  const { target, release, cache, context } = request;
  const name = `${folder}Packages`;
  const plain = release.files.get(name);
  const offered = SUFFIXES.flatMap((suffix) => release.files.get(`${name}${suffix}`) ?? []);
  // The uncompressed list is kept under its own hash; where that is not signed, the compressed one is.
  const keys = plain === undefined ? offered : [plain];
  const found = async () => {
    for (const key of keys) {
      const kept = await cache.kept(tableName(key));
      const table = kept && decodePackagesTable(kept);
      if (table !== undefined) return table;
    }
    return undefined;
  };
  const work = async () => {
    const { key, bytes } = await readPackages(request, { name, plain, offered, keys });
    const table = readPackagesTable(bytes, { repository: target.repository.name, suite: target.suite });
    await cache.keep(tableName(key), encodePackagesTable(table));
    return table;
  };
  return cache.once(keys[0]?.sha256 ?? name, { found, work }, context.signal);
}

function tableName({ sha256 }: ReleaseFile): string {
  return `${sha256}.table`;
}

/** Beside what is kept: that a file with this hash was once served and right. */
function servedName({ sha256 }: Pick<ReleaseFile, 'sha256'>): string {
  return `${sha256}.served`;
}

/** How the signed list calls a `Packages` file. */
interface Listed {
  readonly name: string;
  readonly plain: ReleaseFile | undefined;
  readonly offered: readonly ReleaseFile[];
  /** Under which it may be kept. */
  readonly keys: readonly ReleaseFile[];
}

/** An uncompressed file, from the cache or the repository, and under what it is kept. */
async function readPackages(
  request: PackagesRequest,
  { name, plain, offered, keys }: Listed,
): Promise<{ key: ReleaseFile; bytes: Buffer }> {
  const { target, cache, mirrors, context } = request;
  for (const key of keys) {
    const kept = await cache.listed(key);
    if (kept !== undefined) return { key, bytes: await expand(request, key, kept) };
  }
  if (cache.offline) throw indexNotCached(target, name);
  return mirrors.first(target.repository, context, async (mirror) => {
    const from = { ...request, target: suiteTarget(mirror, target.suite) };
    for (const file of offered) {
      const served = await fetchListed(from, file);
      if (served === undefined) continue;
      const bytes = await expand(from, file, served);
      const key = plain ?? file;
      await cache.keepListed(key, plain === undefined ? served : bytes);
      await cache.keep(servedName(file), Buffer.alloc(0));
      return { key, bytes };
    }
    const url = `${from.target.folderUrl}${name}`;
    const reason = offered.length === 0 ? 'the signed index lists no such file' : 'the file is not there';
    throw indexUnreachable(target, url, new Error(reason));
  });
}

/** The file at its place, by its hash where the repository offers that (such a URL never changes its content). */
async function fetchListed(request: PackagesRequest, file: ReleaseFile): Promise<Buffer | undefined> {
  const { target, release, cache, context } = request;
  const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  const paths = [...(release.acquireByHash ? [`${folder}by-hash/SHA256/${file.sha256}`] : []), file.path];
  const wanted = {
    ...{ subject: target, path: file.path, ...digestOf(file), date: release.date },
    wasRight: async (hex: string) => (await cache.kept(servedName({ sha256: hex }))) !== undefined,
  };
  for (const path of paths) {
    const url = target.folderUrl + path.split('/').map(encodeURIComponent).join('/');
    const bytes = await downloadList(url, wanted, cache, context);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

function digestOf({ size, sha256 }: ReleaseFile) {
  return { size, algorithm: 'sha256', hex: sha256 } as const;
}

async function expand(request: PackagesRequest, file: ReleaseFile, bytes: Buffer): Promise<Buffer> {
  const { target, release, context } = request;
  if (!/\.[a-z0-9]+$/.test(file.path)) return bytes;
  const plain = release.files.get(file.path.replace(/\.[a-z0-9]+$/, ''));
  try {
    if (detectCompression(bytes) === undefined) throw new Error('it is not compressed as its name says');
    const maxBytes = plain?.size ?? MAX_LIST_BYTES;
    const expanded = await decompress(bytes, { maxBytes, signal: context.signal });
    const wrong = plain && listMismatch(expanded, digestOf(plain));
    if (wrong !== undefined) throw new Error(`uncompressed, ${wrong.reason}`);
    return expanded;
  } catch (error) {
    if (error instanceof IcError && !error.code.startsWith('COMPRESSION_')) throw error;
    throw listNotUnpacked(target, file.path, error);
  }
}

function notOffered(
  target: SuiteTarget,
  release: Release,
  component: string,
  architecture: string,
): PackageError {
  const has = (words: readonly string[]) => words.join(', ') || 'none named';
  return new PackageError(
    'REPOSITORY_INVALID',
    `${describeIndex(target)} has no packages of component "${component}" for ${architecture}; its components are ${has(release.components)}, its architectures ${has(release.architectures)}`,
    {
      fault: 'request',
      hint: 'correct the "component" of the repository, or the architecture of the target',
      details: { repository: target.repository.name, suite: target.suite, component, architecture },
    },
  );
}
