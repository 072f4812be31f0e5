import { readFile } from 'node:fs/promises';
import { type FetchedPackage, PackageError } from '@ic/package-core';
import { createLimit, sha256 } from '@ic/utils';
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
/** Decompressed archives that may wait in memory, in bytes as the packages state them. */
const AHEAD_BYTES = 512 * 1024 ** 2;

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
  const bytes = await readFile(fetched.path);
  if (sha256(bytes) !== fetched.sha256) {
    throw new PackageError(
      'HASH_MISMATCH',
      `${name} ${version} has changed in the cache since it was verified`,
      {
        hint: 'another program writes into the cache folder; build again to fetch the package anew',
      },
    );
  }
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

/**
 * Decompresses the data archives of packages ahead of their use, `jobs` at a time: processors that would be idle
 * while scripts run have them ready. `take` must be called in the order given.
 */
export function decompressAhead(
  packages: readonly LoadedPackage[],
  options: LoadOptions,
): { take(pkg: LoadedPackage): Promise<Uint8Array> } {
  const limit = createLimit(options.jobs);
  const ready = new Map<LoadedPackage, { data: Promise<Uint8Array>; bytes: number }>();
  let next = 0;
  let waiting = 0;
  const startMore = () => {
    for (
      let pkg = packages[next];
      pkg !== undefined && (waiting < AHEAD_BYTES || ready.size === 0);
      pkg = packages[next]
    ) {
      next += 1;
      const { deb, name, version } = pkg;
      const subject = `${name} ${version}`;
      const bytes = 1024 * Number(deb.control.get('Installed-Size') ?? 0);
      waiting += bytes;
      const data = limit(() =>
        readDebData(deb, { maxBytes: MAX_DATA_BYTES, signal: options.signal, subject }),
      );
      // Reported where it is taken; until then a failure is not an unhandled one.
      data.catch(() => {});
      ready.set(pkg, { data, bytes });
    }
  };
  startMore();
  return {
    async take(pkg) {
      startMore();
      const entry = ready.get(pkg);
      if (entry === undefined) throw new Error(`${pkg.name} was taken out of order`);
      const data = await entry.data;
      ready.delete(pkg);
      waiting -= entry.bytes;
      startMore();
      return data;
    },
  };
}
