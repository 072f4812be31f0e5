import { createReadAhead, type FetchedPackage, type ReadAhead, readFetched } from '@ic/package-core';
import { createLimit } from '@ic/utils';
import { type DebFile, readDeb, readDebData } from '../debfile.js';
import { parseRelations, type Relation } from '../relation.js';
import { satisfies } from '../version.js';
import type { ControlFile, DatabaseEntry } from './database.js';
import type { Installable } from './order.js';
import type { FileOwner } from './unpack.js';

/** A package in memory: its control archive read, its files still compressed. */
export interface LoadedPackage extends Installable, FileOwner, Omit<DatabaseEntry, 'list'> {
  readonly name: string;
  readonly architecture: string;
  readonly deb: DebFile;
}

/** The most that one package may unpack to: what a buffer of Node holds with room to spare. */
const MAX_DATA_BYTES = 4 * 1024 ** 3 - 1;

export interface LoadOptions {
  /** Packages read at once. */
  readonly jobs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads packages, their bytes checked once more against the hash they were fetched by.
 * @throws PackageError HASH_MISMATCH, PACKAGE_INVALID
 */
export function loadPackages(
  packages: readonly FetchedPackage[],
  options: LoadOptions,
): Promise<LoadedPackage[]> {
  const limit = createLimit(options.jobs);
  return Promise.all(packages.map((fetched) => limit(() => loadPackage(fetched, options.signal))));
}

async function loadPackage(fetched: FetchedPackage, signal: AbortSignal | undefined): Promise<LoadedPackage> {
  const { name, version, architecture } = fetched;
  const bytes = await readFetched(fetched);
  const deb = await readDeb(bytes, { signal, subject: `${name} ${version}` });
  const controlFiles: ControlFile[] = [...deb.controlFiles].map(([file, { mode, mtime, data }]) => ({
    name: file,
    mode,
    mtime,
    data,
  }));
  const relations = (field: string) => parseRelations(deb.control.get(field) ?? '');
  const replaces = relations('Replaces').flat();
  return {
    name,
    version,
    architecture,
    deb,
    controlFiles,
    control: textOf(controlFiles, 'control'),
    conffiles: conffilesOf(textOf(controlFiles, 'conffiles')),
    multiArchSame: deb.control.get('Multi-Arch') === 'same',
    essential: deb.control.get('Essential') === 'yes',
    depends: relations('Depends'),
    preDepends: relations('Pre-Depends'),
    provides: relations('Provides'),
    hasPreinst: deb.controlFiles.has('preinst'),
    hasPostinst: deb.controlFiles.has('postinst'),
    replaces: (other) => replaces.some((relation) => covers(relation, other)),
  };
}

function covers(relation: Relation, other: FileOwner): boolean {
  return relation.name === other.name && satisfies(other.version, relation);
}

/** The text of a control file; empty when the package has none of that name. */
export function textOf(files: readonly ControlFile[], name: string): string {
  const data = files.find((file) => file.name === name)?.data;
  return data === undefined ? '' : Buffer.from(data).toString('utf8');
}

/** Absolute paths; a path that the package asks to remove on upgrade is not one of its own. See deb-conffiles(5). */
function conffilesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('/'));
}

/** Decompresses the data archives of packages ahead of their use; they must be taken in the order given. */
export function decompressAhead(
  packages: readonly LoadedPackage[],
  options: LoadOptions,
): ReadAhead<LoadedPackage> {
  return createReadAhead(packages, {
    jobs: options.jobs,
    size: ({ deb }) => 1024 * Number(deb.control.get('Installed-Size') ?? 0),
    read: ({ deb, name, version }) =>
      readDebData(deb, { maxBytes: MAX_DATA_BYTES, signal: options.signal, subject: `${name} ${version}` }),
  });
}
