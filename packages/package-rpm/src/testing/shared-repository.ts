import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '@ic/package-core';
import { decompress } from '@ic/utils';
import { markModular, readModularArtifacts } from '../metadata/modules.js';
import { parseRepomd, type RepomdFile } from '../metadata/repomd.js';
import { readPrimary } from '../primary/read-primary.js';
import type { RepositoryMetadata } from '../repository-packages.js';

/** Real repositories beside the checkout; see the README there. */
const SHARED_DATA = process.env.IC_SHARED_DATA ?? join(import.meta.dirname, '../../../../../shared/data');

export const SHARED_REPOSITORIES = {
  baseos: join(SHARED_DATA, 'rpm-metadata/baseos'),
  appstream: join(SHARED_DATA, 'rpm-metadata/appstream'),
  'azl3-sample': join(SHARED_DATA, 'azl3-sample'),
} as const;
export type SharedRepository = keyof typeof SHARED_REPOSITORIES;

export function hasSharedRepository(name: SharedRepository): boolean {
  return existsSync(join(SHARED_REPOSITORIES[name], 'repodata/repomd.xml'));
}

/** The uncompressed primary metadata of a real repository. */
export async function sharedPrimary(name: SharedRepository): Promise<Buffer> {
  return readList(name, (await sharedRepomd(name)).primary);
}

/** The uncompressed filelists of a real repository. */
export async function sharedFilelists(name: SharedRepository): Promise<Buffer> {
  const { filelists } = await sharedRepomd(name);
  return filelists === undefined ? Buffer.alloc(0) : readList(name, filelists);
}

/** The modulemd documents of a real repository; empty where it has none. */
export async function sharedModules(name: SharedRepository): Promise<string> {
  const { modules } = await sharedRepomd(name);
  return modules === undefined ? '' : (await readList(name, modules)).toString('utf8');
}

/** A real repository without proof, cache and filelists: of those that are there, one is a stub. */
export async function sharedRepository(
  name: SharedRepository,
  overrides: Partial<Repository> = {},
): Promise<RepositoryMetadata> {
  const table = readPrimary(await sharedPrimary(name));
  markModular(table, readModularArtifacts(await sharedModules(name)));
  const repository: Repository = {
    ...{ name, url: `file://${SHARED_REPOSITORIES[name]}`, suites: [], components: [], keySources: [] },
    ...{ fingerprints: [], trusted: true, signedIndex: true, priority: 500 },
    ...overrides,
  };
  return { repository, table, findOwners: async () => new Map() };
}

async function sharedRepomd(name: SharedRepository) {
  const text = await readFile(join(SHARED_REPOSITORIES[name], 'repodata/repomd.xml'), 'utf8');
  return parseRepomd(text, name);
}

async function readList(name: SharedRepository, file: RepomdFile): Promise<Buffer> {
  const bytes = await readFile(join(SHARED_REPOSITORIES[name], file.path));
  return decompress(bytes, { maxBytes: file.openSize ?? 0 });
}
