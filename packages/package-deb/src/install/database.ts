import { RootTree } from '@ic/package-core';
import { writeInRoot } from './root-files.js';

/** A file of a package's control archive. */
export interface ControlFile {
  /** Such as `postinst` or `md5sums`. */
  readonly name: string;
  readonly mode: number;
  /** Seconds since 1970; without it, the time at which it is written. */
  readonly mtime?: number | undefined;
  readonly data: Uint8Array;
}

/** What dpkg's database knows of a package. */
export interface DatabaseEntry {
  readonly name: string;
  readonly architecture: string;
  /** Multi-Arch: same packages carry their architecture in the names of their files. */
  readonly multiArchSame: boolean;
  /** The control file's own text. */
  readonly control: string;
  readonly controlFiles: readonly ControlFile[];
  /** Absolute paths, in the control file's order. */
  readonly conffiles: readonly string[];
  /** What the package brought, as `Unpacker` lists it. */
  readonly list: readonly string[];
}

export interface TriggerInterest {
  /** A path, or a name that scripts activate. */
  readonly trigger: string;
  /** As dpkg writes it: with the architecture where the name alone is ambiguous. */
  readonly package: string;
  readonly noAwait: boolean;
}

/** Control files that dpkg does not keep under `info/`. */
const NOT_KEPT = new Set(['control']);

/** Where dpkg keeps its database in a root. */
export const ADMIN_DIRECTORY = 'var/lib/dpkg';

/** Makes the empty database of a fresh root. See dpkg's doc/spec and FILES in dpkg(1). */
export function createDatabase(root: string, architecture: string): void {
  const tree = new RootTree(root);
  for (const folder of ['info', 'triggers', 'updates', 'alternatives', 'parts']) {
    tree.directory(`${ADMIN_DIRECTORY}/${folder}`);
  }
  writeInRoot(root, `${ADMIN_DIRECTORY}/info/format`, '1\n');
  writeInRoot(root, `${ADMIN_DIRECTORY}/arch`, `${architecture}\n`);
  for (const file of ['status', 'available', 'diversions', 'triggers/File', 'triggers/Unincorp']) {
    writeInRoot(root, `${ADMIN_DIRECTORY}/${file}`, '', { append: true });
  }
}

/**
 * The paragraph of `status` for a package that is unpacked and waits to be configured; a conffile that is not in its
 * list went to another package.
 */
export function statusParagraph(entry: DatabaseEntry): string {
  const [first = '', ...rest] = entry.control.trimEnd().split('\n');
  const listed = new Set(entry.list);
  const conffiles = entry.conffiles
    .map((path) => ` ${path} newconffile${listed.has(path) ? '' : ' obsolete'}\n`)
    .join('');
  const fields = [first, 'Status: install ok unpacked', ...rest].join('\n');
  return `${fields}\n${conffiles === '' ? '' : `Conffiles:\n${conffiles}`}\n`;
}

/** Writes a package's `info/` files: its list and all of its control files. */
export function writeInfo(root: string, entry: DatabaseEntry): void {
  writeList(root, entry);
  for (const { name, data, mode, mtime } of entry.controlFiles) {
    if (!NOT_KEPT.has(name)) writeInRoot(root, infoFile(entry, name), data, { mode, mtime });
  }
}

/** Writes a package's list alone. */
export function writeList(root: string, entry: DatabaseEntry): void {
  writeInRoot(root, infoFile(entry, 'list'), `${entry.list.join('\n')}\n`);
}

function infoFile(entry: DatabaseEntry, name: string): string {
  return `${ADMIN_DIRECTORY}/info/${databaseName(entry)}.${name}`;
}

/** `name`, or `name:architecture` for Multi-Arch: same. */
export function databaseName(entry: Pick<DatabaseEntry, 'name' | 'architecture' | 'multiArchSame'>): string {
  return entry.multiArchSame ? `${entry.name}:${entry.architecture}` : entry.name;
}

/** The interests that a `triggers` control file declares. See deb-triggers(5). */
export function parseInterests(text: string, packageName: string): TriggerInterest[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*interest(-await|-noawait)?\s+(\S+)/.exec(line);
    if (match === null) return [];
    return [{ trigger: match[2] ?? '', package: packageName, noAwait: match[1] === '-noawait' }];
  });
}

/** Adds interests to `triggers/File` (paths) and `triggers/NAME` (names). */
export function writeInterests(root: string, interests: readonly TriggerInterest[]): void {
  const folder = `${ADMIN_DIRECTORY}/triggers`;
  for (const { trigger, package: name, noAwait } of interests) {
    const suffix = noAwait ? '/noawait' : '';
    if (trigger.startsWith('/')) {
      writeInRoot(root, `${folder}/File`, `${trigger} ${name}${suffix}\n`, { append: true });
    } else if (/^[\w+-][\w.+-]*$/.test(trigger)) {
      writeInRoot(root, `${folder}/${trigger}`, `${name}${suffix}\n`, { append: true });
    }
  }
}
