import { chmodSync, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

interface Attributes {
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** Folders that another file system covers in the sandbox and on every booted machine, with their usual permissions. */
const COVERED = new Map([
  ['/dev', 0o755],
  ['/proc', 0o555],
  ['/run', 0o755],
  ['/sys', 0o555],
  ['/tmp', 0o1777],
]);

/**
 * `%_netsharedpath`: rpm neither makes nor changes these and what packages bring below them, `rpm -V` is silent about
 * them and `rpm -qs` calls them net shared. It could not: chown(2) fails on the `/proc` of a user namespace,
 * even to the same owner, and what it wrote to the others would be gone with the sandbox.
 */
export const COVERED_PATHS: readonly string[] = [...COVERED.keys()];

/** Makes the covered folders in a root without packages, since rpm leaves them alone, as the package that owns each one has it. */
export function makeCoveredFolders(
  root: string,
  { owned, epoch }: { readonly owned: ReadonlyMap<string, Attributes>; readonly epoch: number },
): void {
  for (const [path, usual] of COVERED) {
    const { mode, mtime } = owned.get(path) ?? { mode: usual, mtime: epoch };
    const place = join(root, path);
    mkdirSync(place, { recursive: true });
    chmodSync(place, mode & 0o7777);
    utimesSync(place, mtime, mtime);
  }
}
