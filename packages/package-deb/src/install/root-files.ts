import { closeSync, constants, futimesSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { PackageError, RootTree } from '@ic/package-core';

// Scripts of packages have run in the root before: a link that one of them left must not lead out of it.
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

/**
 * The host's path of a path in a root, found as the root's own programs find it; missing folders above it are made.
 * What is there may itself be a link.
 */
export function hostPath(root: string, path: string): string {
  const tree = new RootTree(root);
  return tree.host(tree.locate(path));
}

/** @throws PackageError PACKAGE_INVALID when the file is a link */
export function readInRoot(root: string, path: string): string {
  return opened(root, path, { flags: O_RDONLY, mode: 0 }, (file) => readFileSync(file, 'utf8'));
}

export interface WriteInRootOptions {
  /** Permissions of a new file; default 0644. */
  readonly mode?: number | undefined;
  /** Keep what is in the file; default false. */
  readonly append?: boolean | undefined;
  /** Its time of change, in seconds since 1970; default now. */
  readonly mtime?: number | undefined;
}

/** @throws PackageError PACKAGE_INVALID when the file is a link */
export function writeInRoot(
  root: string,
  path: string,
  data: string | Uint8Array,
  { mode = 0o644, append = false, mtime }: WriteInRootOptions = {},
): void {
  const flags = O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC);
  opened(root, path, { flags, mode }, (file) => {
    writeFileSync(file, data);
    if (mtime !== undefined) futimesSync(file, mtime, mtime);
  });
}

function opened<T>(
  root: string,
  path: string,
  { flags, mode }: { readonly flags: number; readonly mode: number },
  work: (file: number) => T,
): T {
  const file = openNoLink(root, path, flags, mode);
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

function openNoLink(root: string, path: string, flags: number, mode: number): number {
  try {
    return openSync(hostPath(root, path), flags | O_NOFOLLOW, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    throw new PackageError('PACKAGE_INVALID', `a script of a package has made /${path} a symbolic link`, {
      cause: error,
      hint: 'leave out the package that does this; nothing was written through the link',
    });
  }
}
