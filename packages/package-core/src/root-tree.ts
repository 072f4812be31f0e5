import { lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { PackageError } from './errors.js';

/** As many symbolic links as Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/** One look-up. */
interface Walk {
  /** Missing directories are made. */
  readonly make: boolean;
  /** How many more links may be followed. */
  links: number;
}

/**
 * Finds where paths of a root file system really are, following its symbolic links as its own kernel will: absolute
 * links start at the root, and nothing leads out of it. Paths have no leading slash and no empty, `.` or `..` parts,
 * as `readTar` gives them. Directories are looked up once: whoever lets programs change the tree calls `forget`.
 */
export class RootTree {
  readonly root: string;
  readonly #directories = new Map<string, string>([['', '']]);

  /** @param root absolute path on the host */
  constructor(root: string) {
    this.root = root;
  }

  /** Looks at the tree anew from now on. */
  forget(): void {
    this.#directories.clear();
    this.#directories.set('', '');
  }

  /** The host's path of a located path. */
  host(located: string): string {
    return located === '' ? this.root : `${this.root}/${located}`;
  }

  /** The path with the links in its parent directories resolved; the last part stays as it is. */
  locate(path: string): string {
    const slash = path.lastIndexOf('/');
    const parent = slash === -1 ? '' : this.directory(path.slice(0, slash));
    return join(parent, checked(path.slice(slash + 1), path));
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
    const located = this.#step(parent, checked(path.slice(slash + 1), path), {
      make: true,
      links: MAX_LINKS,
    });
    this.#directories.set(path, located);
    return located;
  }

  /** The located path of the directory that a link in `parent` (located) leads or would lead to, if there is one. */
  behindLink(parent: string, target: string): string | undefined {
    try {
      return this.#follow(parent, target, { make: false, links: MAX_LINKS });
    } catch (error) {
      if (error instanceof PackageError) return undefined;
      throw error;
    }
  }

  #step(parent: string, name: string, walk: Walk): string {
    const here = join(parent, name);
    const stat = lstatSync(this.host(here), { throwIfNoEntry: false });
    if (stat === undefined && !walk.make) throw invalid(here, 'it is not there');
    if (stat === undefined) mkdirSync(this.host(here), { mode: 0o755 });
    if (stat === undefined || stat.isDirectory()) return here;
    if (!stat.isSymbolicLink()) throw invalid(here, 'a file stands where a directory is needed');
    if (walk.links === 0) throw invalid(here, 'its symbolic links go round in circles');
    walk.links -= 1;
    return this.#follow(parent, readlinkSync(this.host(here)), walk);
  }

  #follow(parent: string, target: string, walk: Walk): string {
    let located = target.startsWith('/') ? '' : parent;
    for (const part of target.split('/')) {
      if (part === '..') located = located.slice(0, Math.max(0, located.lastIndexOf('/')));
      else if (part !== '' && part !== '.') located = this.#step(located, part, walk);
    }
    return located;
  }
}

function join(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}

function checked(name: string, path: string): string {
  if (name === '' || name === '.' || name === '..') throw invalid(path, `"${name}" is not a name in it`);
  return name;
}

function invalid(path: string, why: string): PackageError {
  return new PackageError('PACKAGE_INVALID', `/${path} cannot be unpacked: ${why}`);
}
