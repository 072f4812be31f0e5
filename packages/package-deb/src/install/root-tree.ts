import { lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { PackageError } from '@ic/package-core';

/** As many symbolic links as Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Finds where paths of a root file system really are, following its symbolic links as its own kernel will: absolute
 * links start at the root, and nothing leads out of it. Directories are looked up once; the caller must not replace
 * a directory by something else, which dpkg does not do either.
 */
export class RootTree {
  readonly root: string;
  readonly #directories = new Map<string, string>([['', '']]);

  /** @param root absolute path on the host */
  constructor(root: string) {
    this.root = root;
  }

  /** The host's path of a located path. */
  host(located: string): string {
    return located === '' ? this.root : `${this.root}/${located}`;
  }

  /** The path with the links in its parent directories resolved; the last part stays as it is. */
  locate(path: string): string {
    const slash = path.lastIndexOf('/');
    return slash === -1 ? path : join(this.directory(path.slice(0, slash)), path.slice(slash + 1));
  }

  /**
   * The located path of a directory; missing ones are made, owned by root, mode 0755.
   * @throws PackageError PACKAGE_INVALID when a part of the path is a file, or links go round in circles
   */
  directory(path: string): string {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    const parent = slash === -1 ? '' : this.directory(path.slice(0, slash));
    const located = this.#step(parent, path.slice(slash + 1), 0);
    this.#directories.set(path, located);
    return located;
  }

  #step(parent: string, name: string, links: number): string {
    const here = join(parent, name);
    const stat = lstatSync(this.host(here), { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(this.host(here), { mode: 0o755 });
    if (stat === undefined || stat.isDirectory()) return here;
    if (!stat.isSymbolicLink()) throw invalid(here, 'a file stands where a directory is needed');
    if (links === MAX_LINKS) throw invalid(here, 'its symbolic links go round in circles');
    const target = readlinkSync(this.host(here));
    let located = target.startsWith('/') ? '' : parent;
    for (const part of target.split('/')) {
      if (part === '..') located = located.slice(0, Math.max(0, located.lastIndexOf('/')));
      else if (part !== '' && part !== '.') located = this.#step(located, part, links + 1);
    }
    return located;
  }
}

function join(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}

function invalid(path: string, why: string): PackageError {
  return new PackageError('PACKAGE_INVALID', `/${path} cannot be unpacked: ${why}`);
}
