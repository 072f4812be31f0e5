import { FILE_TYPE } from '../rpmfile/files.js';
import type { RpmFile } from '../rpmfile/rpm-file.js';

const ACCOUNT_FILES: ReadonlySet<string> = new Set(['/etc/passwd', '/etc/group']);

/**
 * The order in which packages can be unpacked: first those that name users and groups, for the owners of all other
 * files; then those that bring a link where others may have a folder (`/bin` to `usr/bin`), the highest first;
 * otherwise the order given.
 */
export function unpackOrder(rpms: readonly RpmFile[]): RpmFile[] {
  const folders = new Set<string>();
  for (const rpm of rpms) {
    for (const { path, mode } of rpm.files) {
      const isFolder = (mode & FILE_TYPE.mask) === FILE_TYPE.directory;
      addFolders(folders, isFolder ? path : parentOf(path));
    }
  }
  return [...rpms].sort((one, two) => rank(one, folders) - rank(two, folders));
}

function addFolders(folders: Set<string>, path: string): void {
  for (let folder = path; folder !== '' && !folders.has(folder); folder = parentOf(folder))
    folders.add(folder);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** The lower, the sooner: how deep the highest of a package's links is that stands for a folder, or may do so. */
function rank({ files }: RpmFile, folders: ReadonlySet<string>): number {
  let lowest = Number.MAX_SAFE_INTEGER;
  for (const { path, mode } of files) {
    if (ACCOUNT_FILES.has(path)) return 0;
    if ((mode & FILE_TYPE.mask) !== FILE_TYPE.symlink) continue;
    const depth = path.split('/').length - 1;
    if (depth === 1 || folders.has(path)) lowest = Math.min(lowest, depth);
  }
  return lowest;
}
