import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  type FetchedPackage,
  openPackageCache,
  type PackageCache,
  type PackageIndex,
  type Provider,
  type Repository,
} from '@ic/package-core';
import { type Context, createFetcher, defaultContext, type Fetcher, sha256 } from '@ic/utils';
import type { LoopbackCertificates } from '../certificates.js';
import type { AttackKeys } from './attack-keys.js';
import {
  type AttackServer,
  type AttackServerOptions,
  type ServedFiles,
  startAttackServer,
} from './attack-server.js';

/** How a family gets from repositories to a root file system. */
export interface AttackedFamily<Index extends PackageIndex> {
  readonly architecture: string;
  createProvider(options: {
    readonly fetcher: Fetcher;
    readonly cache: PackageCache;
    readonly cacheDir: string;
    readonly architecture: string;
    readonly offline: boolean;
    readonly jobs: number;
  }): Provider<Index>;
  unpack(packages: readonly FetchedPackage[], root: string, context: Context): Promise<unknown>;
}

/** What one attack is tried on: a server of its own, an empty cache, an empty root. */
export interface AttackStage {
  /** Served; repositories lie in `main/` and `other/`. */
  readonly files: ServedFiles;
  /** When the server says that files were made; without an entry it says nothing of that. */
  readonly modified: Map<string, Date>;
  readonly keys: AttackKeys;
  /** For what attacks lay out; not served. */
  readonly folder: string;
  /** `main`, signed with the key `own`, until an attack makes others of it. */
  readonly repositories: Repository[];
  /** Lets another key than `own` vouch for `main`. */
  pin(fingerprint: string, keyFile: string): void;
  /** Adds the repository `other`, signed with the key `foreign`. */
  addOther(): void;
  /** Serves the files from another server, or in another way, from now on. */
  serve(options: Omit<AttackServerOptions, 'files' | 'certificates' | 'modified'>): Promise<void>;
  /** Locates, reads, resolves, fetches, verifies and unpacks the package `target`. */
  walk<Index extends PackageIndex>(family: AttackedFamily<Index>): Promise<void>;
  /** What is in the cache under a hash that is not its own. */
  wrongInCache(): Promise<string[]>;
  /** Regular files that were unpacked, and what came to be outside of the root. */
  unpacked(): Promise<string[]>;
  /** Empties the root. */
  forgetUnpacked(): Promise<void>;
  close(): Promise<void>;
}

export interface AttackStageOptions {
  readonly keys: AttackKeys;
  readonly certificates: LoopbackCertificates;
  /** PEM; default: the authority of `certificates`. */
  readonly ca?: string | undefined;
  /** What a repository of the family is like, beside name, URL and keys. */
  readonly repository: Pick<Repository, 'suites' | 'components'>;
}

const OUTSIDE = 'only file outside';

export async function openAttackStage(options: AttackStageOptions): Promise<AttackStage> {
  const { keys, certificates } = options;
  const folder = await mkdtemp(join(tmpdir(), 'ic-attack-'));
  const [cacheDir, root, outside] = ['cache', 'roots/root', 'roots/outside'].map((name) =>
    join(folder, name),
  );
  if (cacheDir === undefined || root === undefined || outside === undefined) throw new Error('no folders');
  await mkdir(root, { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), OUTSIDE);
  const files: ServedFiles = new Map();
  const modified = new Map<string, Date>();
  const servers: AttackServer[] = [];
  const repositories: Repository[] = [];
  const fetcher = createFetcher({
    retries: 0,
    idleTimeout: 5000,
    ca: options.ca ?? (await readFile(certificates.caFile, 'utf8')),
  });
  const context = defaultContext({ clock: { now: () => new Date(Date.now() + 2000) } });
  const serve: AttackStage['serve'] = async (more) => {
    const server = await startAttackServer({ files, modified, certificates, ...more });
    servers.push(server);
    for (const [index, repository] of repositories.entries()) {
      repositories[index] = { ...repository, url: `${server.url}/${repository.name}` };
    }
  };
  const repositoryOf = (name: string, key: 'own' | 'foreign', url = ''): Repository => ({
    ...{ name, url, keySources: [keys.files[key]], fingerprints: [keys.fingerprints[key]] },
    ...{ trusted: false, signedIndex: true, priority: 500, ...options.repository },
  });
  repositories.push(repositoryOf('main', 'own'));
  await serve({});
  const hashed = async (below: string) => {
    const names = await readdir(join(cacheDir, below), { recursive: true }).catch(() => []);
    return names.flatMap((name) => {
      const hash = /^(?:sha256-)?([0-9a-f]{64})$/.exec(basename(name))?.[1];
      return hash === undefined ? [] : [{ path: join(cacheDir, below, name), hash }];
    });
  };
  return {
    ...{ files, modified, keys, folder, repositories, serve },
    pin(fingerprint, keyFile) {
      const [main, ...others] = repositories;
      if (main === undefined) return;
      const pinned = { ...main, fingerprints: [fingerprint], keySources: [keyFile] };
      repositories.splice(0, repositories.length, pinned, ...others);
    },
    addOther() {
      const url = repositories[0]?.url.replace(/main$/, 'other');
      repositories.push(repositoryOf('other', 'foreign', url));
    },
    async walk(family) {
      const { architecture } = family;
      const cache = openPackageCache(join(cacheDir, 'packages'));
      const provider = family.createProvider({
        ...{ fetcher, cache, cacheDir, architecture, offline: false, jobs: 2 },
      });
      const located = await provider.locate(repositories, context);
      const index = await provider.metadata(located, context);
      const request = { packages: ['target'], exclude: [], recommends: false, base: 'none' } as const;
      const { packages } = await provider.resolve(index, request);
      const fetched = await provider.fetch(packages, located, context);
      await provider.verify(fetched, located, context);
      await family.unpack(fetched, root, context);
    },
    async wrongInCache() {
      const kept = [...(await hashed('packages/sha256')), ...(await hashed('metadata/lists'))];
      const bytes = await Promise.all(kept.map(({ path }) => readFile(path)));
      const wrong = kept.filter(({ hash }, index) => sha256(bytes[index] ?? '') !== hash);
      const partial = await readdir(join(cacheDir, 'packages/partial')).catch(() => []);
      return [...wrong.map(({ path }) => path), ...partial];
    },
    async unpacked() {
      const entries = await readdir(join(folder, 'roots'), { recursive: true, withFileTypes: true });
      const found = entries.filter((entry) => entry.isFile() && entry.name !== 'secret');
      const same = (await readFile(join(outside, 'secret'), 'utf8')) === OUTSIDE;
      return [...found.map(({ name }) => name), ...(same ? [] : ['secret'])].sort();
    },
    async forgetUnpacked() {
      await rm(root, { recursive: true });
      await mkdir(root);
    },
    async close() {
      fetcher.close();
      await Promise.all(servers.map((server) => server.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
