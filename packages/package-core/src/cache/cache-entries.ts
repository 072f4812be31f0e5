import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { processState, sha256, sha256File } from '@ic/utils';
import { isWholeTable } from '../table/stored-table.js';
import { requireCache } from './cache-use.js';

export const CACHE_KINDS = ['packages', 'metadata', 'chroot environments', 'partial files'] as const;
export type CacheKind = (typeof CACHE_KINDS)[number];

/** One file of a cache. */
export interface CacheEntry {
  readonly kind: CacheKind;
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970: builds set the modification time of what they use. */
  readonly lastUse: number;
  /** Whether it is a half-written file that no process writes any more. */
  readonly isLeft: boolean;
  /** Whether its content is what its name, or it itself, says. */
  isRight(): Promise<boolean>;
}

/** What a file is by its place below the cache folder; `proof` is handed the groups of the pattern. */
interface Rule {
  readonly kind: CacheKind;
  readonly pattern: RegExp;
  readonly proof: (path: string, groups: readonly string[]) => Promise<boolean>;
}

/** Half-written files without a living process's name that have not changed for so long are nobody's; milliseconds. */
const LEFT_AGE = 60 * 60 * 1000;

const HASH = '[0-9a-f]{64}';
const never = async () => false;
const always = async () => true;
const named = async (path: string, [hash]: readonly string[]) => (await sha256File(path)) === hash;
const RULES: readonly Rule[] = [
  { kind: 'packages', pattern: new RegExp(`^packages/sha256/(${HASH})$`), proof: named },
  // Of versions that had a folder for each first byte.
  { kind: 'packages', pattern: new RegExp(`^packages/sha256/[0-9a-f]{2}/${HASH}$`), proof: never },
  { kind: 'partial files', pattern: /^packages\/partial\/[^/]+(?<!\.claim)$/, proof: always },
  {
    kind: 'partial files',
    pattern: /^(?:packages|metadata|chroot)\/(?:.+\/)?\.[^/]+\.partial$/,
    proof: always,
  },
  {
    kind: 'chroot environments',
    pattern: new RegExp(`^chroot/${HASH}\\.(${HASH})\\.tar\\.zst$`),
    proof: named,
  },
  // Of versions before 0.2, which kept no hash of it.
  { kind: 'chroot environments', pattern: new RegExp(`^chroot/${HASH}\\.tar\\.zst$`), proof: never },
  { kind: 'metadata', pattern: new RegExp(`^metadata/lists/(?:sha256-)?(${HASH})$`), proof: named },
  { kind: 'metadata', pattern: /^metadata\/lists\/(sha384|sha512)-([0-9a-f]+)$/, proof: digested },
  { kind: 'metadata', pattern: /^metadata\/lists\/[^/]+\.table$/, proof: soundTable },
  { kind: 'metadata', pattern: /^metadata\/lists\/[^/]+\.owners$/, proof: soundOwners },
  { kind: 'metadata', pattern: new RegExp(`^metadata/current/${HASH}$`), proof: soundCurrent },
  // Not what guards against older indexes: it cannot be fetched again.
  { kind: 'metadata', pattern: /^metadata\/(?!seen\/).+$/, proof: always },
];

/**
 * The files of a cache; what is not of a form that builds write is not among them.
 *
 * @param now milliseconds since 1970
 * @throws PackageError CACHE_UNKNOWN
 */
export async function cacheEntries(cacheDir: string, now: number): Promise<CacheEntry[]> {
  if (!(await requireCache(cacheDir))) return [];
  const folders = ['packages', 'metadata', 'chroot'];
  const paths = (await Promise.all(folders.map((folder) => filesBelow(cacheDir, folder)))).flat();
  const entries = await Promise.all(paths.map((path) => entryOf(cacheDir, path, now)));
  return entries.filter((entry) => entry !== undefined);
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const found = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  const paths = await Promise.all(
    found.map(async (one) => {
      const path = `${folder}/${one.name}`;
      if (one.isDirectory()) return filesBelow(root, path);
      return one.isFile() ? [path] : [];
    }),
  );
  return paths.flat();
}

async function entryOf(root: string, path: string, now: number): Promise<CacheEntry | undefined> {
  for (const { kind, pattern, proof } of RULES) {
    const groups = pattern.exec(path)?.slice(1);
    if (groups === undefined) continue;
    const absolute = join(root, path);
    const found = await stat(absolute).catch(() => undefined);
    if (found === undefined) return undefined;
    return {
      ...{ kind, path: absolute, size: found.size, lastUse: found.mtimeMs },
      isLeft: kind === 'partial files' && (await isLeft(path, now - found.mtimeMs)),
      isRight: () => proof(absolute, groups).catch(never),
    };
  }
  return undefined;
}

async function isLeft(path: string, age: number): Promise<boolean> {
  const state = await processState(/\.([0-9a-f]+-\d+-\d+)\.[0-9a-f]+(?:\.partial)?$/.exec(path)?.[1] ?? '');
  return state === 'gone' || (state !== 'running' && age > LEFT_AGE);
}

async function digested(path: string, [algorithm = '', hex]: readonly string[]): Promise<boolean> {
  return (
    createHash(algorithm)
      .update(await readFile(path))
      .digest('hex') === hex
  );
}

async function soundTable(path: string): Promise<boolean> {
  return isWholeTable(await readFile(path));
}

async function soundOwners(path: string): Promise<boolean> {
  const [digest, json = ''] = (await readFile(path, 'utf8')).split('\n', 2);
  return sha256(json) === digest;
}

async function soundCurrent(path: string): Promise<boolean> {
  const validators = JSON.parse(await readFile(`${path}.json`, 'utf8')) as { readonly sha256?: unknown };
  return (await sha256File(path)) === validators.sha256;
}
