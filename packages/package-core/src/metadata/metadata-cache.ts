import { readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fetcher, IcError, redactUrl, sha256, writeFileAtomic } from '@ic/utils';
import { openClaims } from '../cache/claims.js';
import { createIndexHistory, type IndexHistory, type RollbackPolicy } from './index-history.js';

/** A file as a signed index tells of it. */
export interface ListedFile {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file as a server has it now. Nothing is proven about it yet. */
export interface CurrentFile {
  readonly bytes: Buffer;
  /** Remembers it for conditional requests and for working offline; to be called once it is proven. */
  keep(): Promise<void>;
}

/** A file as a server gave it, not proven. */
export interface ServedFile {
  readonly bytes: Buffer;
  /** When it was made, as the server has it. */
  readonly lastModified?: Date | undefined;
}

/** Repository metadata on disk, under `<cacheDir>/metadata`. What is read from it is checked like what is fetched. */
export interface MetadataCache {
  readonly offline: boolean;
  readonly history: IndexHistory;
  /**
   * The file at a URL: asked for with the validators of the copy that was kept, or offline that copy itself.
   * Undefined when the server, or the cache, has no such file.
   * @throws UtilsError as Fetcher.bytes
   */
  current(url: string, options: MetadataRequest): Promise<CurrentFile | undefined>;
  /** The file at a URL, not remembered; undefined when the server has none. @throws UtilsError as Fetcher.bytes */
  fetch(url: string, options: MetadataRequest): Promise<ServedFile | undefined>;
  /** A file of a signed list, if it is there and whole. */
  listed(file: ListedFile): Promise<Buffer | undefined>;
  keepListed(file: ListedFile, bytes: Uint8Array): Promise<void>;
  /**
   * What `work` gives, unless `found` has something; while one process works under a name, others wait and look again.
   * @throws UtilsError CANCELLED; what both throw
   */
  once<T>(
    name: string,
    steps: { readonly found: () => Promise<T | undefined>; readonly work: () => Promise<T> },
    signal?: AbortSignal,
  ): Promise<T>;
  /** What was kept under a file name; whether it is whole, and right, is its reader's to prove. */
  kept(name: string): Promise<Buffer | undefined>;
  keep(name: string, bytes: Uint8Array): Promise<void>;
}

export interface MetadataRequest {
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MetadataCacheOptions {
  readonly fetcher: Pick<Fetcher, 'bytes'>;
  readonly cacheDir: string;
  readonly offline: boolean;
  /** Default `refuse`. */
  readonly rollback?: RollbackPolicy | undefined;
}

/** Beside each kept file: what to ask the server with, and the hash that shows whether the copy is whole. */
interface Validators {
  readonly url: string;
  readonly sha256: string;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export function createMetadataCache(options: MetadataCacheOptions): MetadataCache {
  const { fetcher, cacheDir, offline, rollback = 'refuse' } = options;
  const folder = join(cacheDir, 'metadata');
  const keptPath = (name: string) => join(folder, 'lists', name);
  const listedPath = (file: ListedFile) => keptPath(file.sha256);
  const claims = openClaims(join(folder, 'claims'));
  return {
    offline,
    history: createIndexHistory(join(folder, 'seen'), rollback),
    async current(url, options) {
      // Who asks does not matter, and credentials are not for the disk.
      const name = redactUrl(url);
      const path = join(folder, 'current', sha256(name));
      const kept = await readKept(path);
      if (offline) return kept && { bytes: kept.bytes, keep: async () => {} };
      const response = await fetcher
        .bytes(url, { ...options, headers: conditions(kept?.validators) })
        .catch(absentAsUndefined);
      if (response === undefined) return undefined;
      if (response.status === 304 && kept !== undefined) return { bytes: kept.bytes, keep: async () => {} };
      const { body, headers } = response;
      const validators: Validators = {
        url: name,
        sha256: sha256(body),
        etag: headers.etag,
        lastModified: headers['last-modified'],
      };
      return {
        bytes: body,
        async keep() {
          await writeFileAtomic(path, body);
          await writeFileAtomic(`${path}.json`, JSON.stringify(validators));
        },
      };
    },
    async fetch(url, options) {
      const response = await fetcher.bytes(url, options).catch(absentAsUndefined);
      if (response === undefined) return undefined;
      const time = new Date(response.headers['last-modified'] ?? Number.NaN);
      return { bytes: response.body, ...(!Number.isNaN(time.getTime()) && { lastModified: time }) };
    },
    async listed(file) {
      const bytes = await readUsed(listedPath(file));
      if (bytes === undefined) return undefined;
      if (bytes.length === file.size && sha256(bytes) === file.sha256) return bytes;
      await rm(listedPath(file), { force: true });
      return undefined;
    },
    keepListed: (file, bytes) => writeFileAtomic(listedPath(file), bytes),
    async once(name, { found, work }, signal) {
      const key = sha256(name);
      for (;;) {
        const before = await found();
        if (before !== undefined) return before;
        if (offline) return work();
        const claim = await claims.take(key);
        if (claim === undefined) {
          await claims.freed(key, signal);
          continue;
        }
        try {
          return (await found()) ?? (await work());
        } finally {
          await claim.release();
        }
      }
    },
    kept: (name) => readUsed(keptPath(name)),
    keep: (name, bytes) => writeFileAtomic(keptPath(name), bytes),
  };
}

/** The bytes of a file, whose modification time becomes that of this use; undefined when there is none. */
async function readUsed(path: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(path);
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
    return bytes;
  } catch {
    return undefined;
  }
}

/** The kept copy with its validators; a copy that was damaged, or half replaced, does not count. */
async function readKept(path: string): Promise<{ bytes: Buffer; validators: Validators } | undefined> {
  try {
    const [bytes, json] = await Promise.all([readUsed(path), readUsed(`${path}.json`)]);
    if (bytes === undefined || json === undefined) return undefined;
    const validators = JSON.parse(json.toString('utf8')) as Validators;
    return sha256(bytes) === validators.sha256 ? { bytes, validators } : undefined;
  } catch {
    return undefined;
  }
}

function conditions(validators: Validators | undefined): Record<string, string> {
  return {
    ...(validators?.etag === undefined ? {} : { 'if-none-match': validators.etag }),
    ...(validators?.lastModified === undefined ? {} : { 'if-modified-since': validators.lastModified }),
  };
}

function absentAsUndefined(error: unknown): undefined {
  const status = error instanceof IcError && error.code === 'HTTP_STATUS' ? error.details.status : undefined;
  if (status === 404 || status === 410) return undefined;
  throw error;
}
