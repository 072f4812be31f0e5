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
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { PackageError, RootTree } from '@ic/package-core';
import type { TarEntry } from '@ic/utils';
import type { Diversions } from './diversions.js';
import { readMembers } from './read-members.js';

/** Who a package is to others whose files meet its own. */
export interface FileOwner {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Whether its Replaces field covers another package. */
  replaces(other: FileOwner): boolean;
}

export interface UnpackInput {
  readonly owner: FileOwner;
  /** Absolute paths. */
  readonly conffiles: ReadonlySet<string>;
  /** The uncompressed data archive. */
  readonly data: Uint8Array;
}

/** What a package brought, in the order and form of dpkg's `.list` files: `/.` first, no trailing slashes. */
export type FileList = string[];

/**
 * Unpacks the data archives of packages into one root file system, one after the other, as dpkg does in an empty
 * one: a directory keeps what its first package gave it, conffiles wait as `.dpkg-new`, diversions are obeyed, and
 * a file that another package owns is an error unless one of the two replaces the other. Symbolic links come last.
 * Owners are numeric. Made for a root nobody else uses at the same time; everything is synchronous on purpose,
 * since fifteen thousand small files cost four times as much through the thread pool.
 */
export class Unpacker {
  readonly #tree: RootTree;
  readonly #owners = new Map<string, FileOwner>();
  readonly #lists = new Map<FileOwner, FileList>();
  #diversions: Diversions = new Map();

  readonly #isLeftOut: (entry: TarEntry) => boolean;

  /**
   * @param root absolute path on the host
   * @param isLeftOut whether an entry is listed but not unpacked
   */
  constructor(root: string, isLeftOut: (entry: TarEntry) => boolean = () => false) {
    this.#tree = new RootTree(root);
    this.#isLeftOut = isLeftOut;
  }

  /** To be called when scripts of packages have run: the tree and its diversions may be others now. */
  afterScripts(diversions: Diversions): void {
    this.#diversions = diversions;
    this.#tree.forget();
  }

  /** The lists of all packages so far, without the files that a later package has replaced. */
  get lists(): ReadonlyMap<FileOwner, FileList> {
    return this.#lists;
  }

  /** @throws PackageError FILE_CONFLICT, PACKAGE_INVALID, MEMBER_ESCAPES */
  unpack(input: UnpackInput): void {
    const list: FileList = ['/.'];
    this.#lists.set(input.owner, list);
    const place = (entry: TarEntry) => {
      list.push(`/${entry.path}`);
      if (!this.#isLeftOut(entry)) this.#place(entry, input);
    };
    const links: TarEntry[] = [];
    for (const entry of readMembers(input.data, `${input.owner.name} ${input.owner.version}`.trim())) {
      if (entry.path === '') continue;
      if (entry.type === 'symlink') links.push(entry);
      else place(entry);
    }
    links.forEach(place);
  }

  #place(entry: TarEntry, input: UnpackInput): void {
    const path = this.#diverted(entry.path, input);
    const located = this.#tree.locate(path);
    const place = this.#tree.host(located);
    if (entry.type === 'directory') {
      this.#placeDirectory(entry, path, { located, place, owner: input.owner });
      return;
    }
    const existing = lstatSync(place, { throwIfNoEntry: false });
    if (existing?.isDirectory()) {
      // dpkg leaves a directory where a package brings a link to one.
      if (entry.type === 'symlink') return;
      throw fileAndDirectory(path, input.owner);
    }
    // Nor does it mind two links to the same directory.
    if (
      existing?.isSymbolicLink() &&
      entry.type === 'symlink' &&
      this.#sameDirectory(located, entry.linkTarget)
    )
      return;
    if (!this.#mayReplace(located, input.owner, entry.path)) return;
    this.#owners.set(located, input.owner);
    const target = waiting(entry.path, place, input);
    // Written beside and renamed over, so that a name in use always has a whole file behind it, as with dpkg.
    const exists = lstatSync(target, { throwIfNoEntry: false }) !== undefined;
    const written = exists ? `${target}.dpkg-tmp` : target;
    this.#write(entry, written, input);
    if (exists) renameSync(written, target);
  }

  #placeDirectory(
    entry: TarEntry,
    path: string,
    {
      located,
      place,
      owner,
    }: { readonly located: string; readonly place: string; readonly owner: FileOwner },
  ): void {
    const existing = lstatSync(place, { throwIfNoEntry: false });
    if (existing?.isDirectory()) return;
    // A link to a directory stays, whosever it is.
    if (existing?.isSymbolicLink() && this.#behindLink(located) !== undefined) return;
    // Somebody's file or link to nothing, or a conffile that is still waiting.
    if (this.#owners.has(located)) throw fileAndDirectory(path, owner);
    if (existing !== undefined) {
      // A link that a script has made gets a directory to lead to; a file is refused by the lookup.
      this.#tree.directory(path);
      return;
    }
    mkdirSync(place);
    if (entry.uid !== 0 || entry.gid !== 0) chownSync(place, entry.uid, entry.gid);
    chmodSync(place, entry.mode);
    utimesSync(place, entry.mtime, entry.mtime);
  }

  /** Whether the link at a located path leads to the directory that a link to `target` would lead to. */
  #sameDirectory(located: string, target: string): boolean {
    const behind = this.#behindLink(located);
    return behind !== undefined && behind === this.#behindLink(located, target);
  }

  /** The directory that a link at a located path leads to, or would lead to with another target. */
  #behindLink(located: string, target = readlinkSync(this.#tree.host(located))): string | undefined {
    return this.#tree.behindLink(located.slice(0, Math.max(0, located.lastIndexOf('/'))), target);
  }

  #write(entry: TarEntry, target: string, input: UnpackInput): void {
    switch (entry.type) {
      case 'file': {
        const file = openSync(target, 'wx', 0o600);
        try {
          for (let at = 0; at < entry.data.length; ) at += writeSync(file, entry.data, at);
          if (entry.uid !== 0 || entry.gid !== 0) fchownSync(file, entry.uid, entry.gid);
          fchmodSync(file, entry.mode);
          futimesSync(file, entry.mtime, entry.mtime);
        } finally {
          closeSync(file);
        }
        return;
      }
      case 'symlink':
        symlinkSync(entry.linkTarget, target);
        if (entry.uid !== 0 || entry.gid !== 0) lchownSync(target, entry.uid, entry.gid);
        lutimesSync(target, entry.mtime, entry.mtime);
        return;
      case 'hardlink': {
        const twin = this.#tree.host(this.#tree.locate(this.#diverted(entry.linkTarget, input)));
        linkSync(waiting(entry.linkTarget, twin, input), target);
        return;
      }
      default:
        throw new PackageError(
          'PACKAGE_INVALID',
          `${input.owner.name} brings a ${entry.type} at /${entry.path}; device nodes are made by udev, not by packages`,
        );
    }
  }

  #diverted(path: string, input: UnpackInput): string {
    const diversion = this.#diversions.get(`/${path}`);
    return diversion === undefined || diversion.by === input.owner.name ? path : diversion.to.slice(1);
  }

  #mayReplace(located: string, owner: FileOwner, path: string): boolean {
    const other = this.#owners.get(located);
    // Nobody's: made by a script, which expects the package's own file to take over.
    if (other === undefined || other === owner) return true;
    // Multi-Arch: same packages of one source share files that are the same.
    if (other.name === owner.name) return true;
    if (owner.replaces(other)) {
      const list = this.#lists.get(other);
      const index = list?.indexOf(`/${path}`) ?? -1;
      if (index !== -1) list?.splice(index, 1);
      // What waited as the other's conffile.
      rmSync(`${this.#tree.host(located)}.dpkg-new`, { force: true });
      return true;
    }
    if (other.replaces(owner)) {
      this.#lists.get(owner)?.pop();
      return false;
    }
    throw new PackageError(
      'FILE_CONFLICT',
      `${owner.name} ${owner.version} and ${other.name} ${other.version} both bring /${path}, and neither replaces the other`,
      {
        hint: 'leave one of the two packages out',
        details: { path: `/${path}`, packages: [other.name, owner.name] },
      },
    );
  }
}

function fileAndDirectory(path: string, owner: FileOwner): PackageError {
  return new PackageError('FILE_CONFLICT', `/${path} is a file in one package and a directory in another`, {
    hint: `leave ${owner.name} or the other package out`,
    details: { path: `/${path}`, packages: [owner.name] },
  });
}

/** Where a file is written: a conffile waits under another name until it is configured. */
function waiting(path: string, place: string, input: UnpackInput): string {
  return input.conffiles.has(`/${path}`) ? `${place}.dpkg-new` : place;
}

/** Unpacks an archive of a whole tree, such as a cached chroot environment, into an empty root. */
export function unpackTree(root: string, data: Uint8Array): void {
  const owner: FileOwner = { name: 'tree', version: '', architecture: '', replaces: () => true };
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  new Unpacker(root).unpack({ owner, conffiles: new Set(), data });
}
