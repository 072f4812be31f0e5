import {
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { PackageError, RootTree } from '@ic/package-core';
import { FILE_TYPE, type RpmFileEntry } from '../rpmfile/files.js';
import { readPayloadFiles } from '../rpmfile/payload.js';
import type { RpmFile } from '../rpmfile/rpm-file.js';
import { type AccountNumbers, readAccounts } from './accounts.js';

export interface FileCapabilities {
  /** Absolute, in the root. */
  readonly path: string;
  /** As setcap(8) reads them. */
  readonly capabilities: string;
}

/** What Node cannot do, for the caller to do or to tell of. */
export interface Leftovers {
  readonly capabilities: readonly FileCapabilities[];
  /** Device nodes, pipes and sockets: absolute paths. */
  readonly specialFiles: readonly string[];
  /** `user NAME` and `group NAME` whose numbers nobody knew: their files belong to root. */
  readonly unknownAccounts: readonly string[];
}

interface Placed {
  readonly file: RpmFileEntry;
  readonly rpm: RpmFile;
}

/**
 * Unpacks the payloads of packages into one root file system, one after the other, as rpm does in an empty one, and
 * runs nothing. A directory keeps what its first package gave it; the same file may come in several packages; links
 * to directories stay where other packages have the directory (a merged /usr), so those that bring such links come
 * first. Ghosts are not made, configuration files are files like others. Owners are looked up by name in the root's
 * own /etc/passwd and /etc/group, then among `accounts`. Made for a root nobody else uses at the same time;
 * everything is synchronous, as in the deb family.
 */
export class RpmUnpacker {
  readonly #tree: RootTree;
  readonly #given: AccountNumbers;
  #known: AccountNumbers;
  readonly #placed = new Map<string, Placed>();
  /** By located path. Only when all is there do they get their modes: a set-group-id bit is passed on to new files. */
  readonly #directories = new Map<string, RpmFileEntry>();
  readonly #capabilities = new Map<string, string>();
  readonly #specialFiles: string[] = [];
  readonly #unknownAccounts = new Set<string>();

  /** @param root absolute path on the host */
  constructor(root: string, accounts: AccountNumbers) {
    this.#tree = new RootTree(root);
    this.#given = accounts;
    this.#known = readAccounts(this.#tree);
  }

  /**
   * @param archive the package's uncompressed payload
   * @throws PackageError FILE_CONFLICT, PACKAGE_INVALID
   */
  unpack(rpm: RpmFile, archive: Uint8Array): void {
    const groups = linkGroups(rpm.files);
    for (const { file, data } of readPayloadFiles(rpm, archive, { subject: rpm.name })) {
      const group = file.linkGroup === undefined ? undefined : groups.get(file.linkGroup);
      if (group === undefined) this.#place({ file, rpm }, data);
      // The last of a group has the contents; the others wait for it.
      else if (group.come.push(file) === group.expected) this.#placeLinks(group.come, rpm, data);
    }
    const bringsAccounts = rpm.files.some(({ path }) => path === '/etc/passwd' || path === '/etc/group');
    if (bringsAccounts) this.#known = readAccounts(this.#tree);
  }

  /** To be called once, when every package is unpacked. */
  finish(): Leftovers {
    for (const [located, file] of [...this.#directories].reverse()) {
      const place = this.#tree.host(located);
      const [user, group] = this.#numbers(file);
      if (user !== 0 || group !== 0) chownSync(place, user, group);
      chmodSync(place, file.mode & 0o7777);
      utimesSync(place, file.mtime, file.mtime);
    }
    return {
      capabilities: [...this.#capabilities].map(([path, capabilities]) => ({ path, capabilities })),
      specialFiles: this.#specialFiles,
      unknownAccounts: [...this.#unknownAccounts].sort(),
    };
  }

  #place(placed: Placed, data: Uint8Array): void {
    const { mode, path } = placed.file;
    switch (mode & FILE_TYPE.mask) {
      case FILE_TYPE.directory:
        this.#placeDirectory(placed);
        break;
      case FILE_TYPE.symlink:
        this.#claim(placed, (target) => this.#writeLink(placed.file, target));
        break;
      case FILE_TYPE.file:
        this.#claim(placed, (target) => this.#writeFile(placed.file, target, data));
        break;
      default:
        this.#specialFiles.push(path);
    }
  }

  #placeLinks(group: readonly RpmFileEntry[], rpm: RpmFile, data: Uint8Array): void {
    const [first, ...others] = group;
    if (first === undefined) return;
    this.#place({ file: first, rpm }, data);
    const source = this.#tree.host(this.#locate(first));
    for (const file of others) this.#claim({ file, rpm }, (target) => linkSync(source, target));
  }

  #placeDirectory(placed: Placed): void {
    const { file } = placed;
    const located = this.#locate(file);
    const place = this.#tree.host(located);
    const existing = lstatSync(place, { throwIfNoEntry: false });
    // A link to a directory stays, whosever it is.
    if (existing?.isSymbolicLink() && this.#leadsToDirectory(located, place)) return;
    if (existing !== undefined && !existing.isDirectory()) throw this.#conflict(located, placed);
    if (existing === undefined) mkdirSync(place);
    if (!this.#directories.has(located)) this.#directories.set(located, file);
  }

  /** Lets `write` make a file that is not there yet; a file that another package has brought must be the same. */
  #claim(placed: Placed, write: (target: string) => void): void {
    const located = this.#locate(placed.file);
    const other = this.#placed.get(located);
    if (other !== undefined && isSame(other, placed)) return;
    const target = this.#tree.host(located);
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) throw this.#conflict(located, placed);
    write(target);
    this.#placed.set(located, placed);
    const { capabilities } = placed.file;
    if (capabilities !== '') this.#capabilities.set(`/${located}`, capabilities);
  }

  #writeFile(file: RpmFileEntry, target: string, data: Uint8Array): void {
    const [user, group] = this.#numbers(file);
    const handle = openSync(target, 'wx', 0o600);
    try {
      for (let at = 0; at < data.length; ) at += writeSync(handle, data, at);
      // Before the mode: a change of owner takes set-id bits away.
      if (user !== 0 || group !== 0) fchownSync(handle, user, group);
      fchmodSync(handle, file.mode & 0o7777);
      futimesSync(handle, file.mtime, file.mtime);
    } finally {
      closeSync(handle);
    }
  }

  #writeLink(file: RpmFileEntry, target: string): void {
    const [user, group] = this.#numbers(file);
    symlinkSync(file.linkTarget, target);
    if (user !== 0 || group !== 0) lchownSync(target, user, group);
    lutimesSync(target, file.mtime, file.mtime);
  }

  #numbers({ owner, group }: RpmFileEntry): readonly [number, number] {
    return [this.#number('users', owner), this.#number('groups', group)];
  }

  #number(kind: keyof AccountNumbers, name: string): number {
    if (name === 'root' || name === '') return 0;
    const number = this.#known[kind].get(name) ?? this.#given[kind].get(name);
    if (number === undefined) this.#unknownAccounts.add(`${kind === 'users' ? 'user' : 'group'} ${name}`);
    return number ?? 0;
  }

  /** Where a file is once the links in its parent directories are followed; the root itself is empty. */
  #locate({ path }: RpmFileEntry): string {
    return path === '/' ? '' : this.#tree.locate(path.slice(1));
  }

  #leadsToDirectory(located: string, place: string): boolean {
    const parent = located.slice(0, Math.max(0, located.lastIndexOf('/')));
    return this.#tree.behindLink(parent, readlinkSync(place)) !== undefined;
  }

  #conflict(located: string, { file, rpm }: Placed): PackageError {
    const other = this.#placed.get(located)?.rpm;
    const there =
      other === undefined ? 'a directory of another package is' : `another one of ${other.name} is`;
    return new PackageError('FILE_CONFLICT', `${rpm.name} brings ${file.path}, where ${there} already`, {
      hint: 'leave one of the packages out',
      details: { path: file.path, packages: [...(other === undefined ? [] : [other.name]), rpm.name] },
    });
  }
}

/** Hard links to one file. */
interface LinkGroup {
  readonly come: RpmFileEntry[];
  /** How many there will be. */
  expected: number;
}

function linkGroups(files: readonly RpmFileEntry[]): Map<string, LinkGroup> {
  const groups = new Map<string, LinkGroup>();
  for (const { linkGroup } of files) {
    if (linkGroup === undefined) continue;
    const group = groups.get(linkGroup) ?? { come: [], expected: 0 };
    group.expected += 1;
    groups.set(linkGroup, group);
  }
  return groups;
}

/** Whether two packages may share a file (rpm, lib/rpmfi.cc, rpmfilesCompare). */
function isSame(one: Placed, two: Placed): boolean {
  const [a, b] = [one.file, two.file];
  const isLink = (a.mode & b.mode & FILE_TYPE.mask) === FILE_TYPE.symlink;
  return (
    (isLink || a.mode === b.mode) &&
    a.size === b.size &&
    a.owner === b.owner &&
    a.group === b.group &&
    a.linkTarget === b.linkTarget &&
    a.digest === b.digest &&
    (isLink || one.rpm.fileDigestAlgorithm === two.rpm.fileDigestAlgorithm)
  );
}
