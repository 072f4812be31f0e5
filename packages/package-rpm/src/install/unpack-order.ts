import { FILE_TYPE } from '../rpmfile/files.js';
import type { RpmFile } from '../rpmfile/rpm-file.js';

/**
 * The order in which packages can be unpacked: those that bring a link where others have a directory (`/bin` to
 * `usr/bin`) come first, and among them those with the shortest such path; otherwise the order given.
 */
export function unpackOrder(rpms: readonly RpmFile[]): RpmFile[] {
  const folders = new Set<string>();
  for (const rpm of rpms) {
    for (const { path, mode } of rpm.files) {
      const isFolder = (mode & FILE_TYPE.mask) === FILE_TYPE.directory;
      addFolders(folders, isFolder ? path : parentOf(path));
    }
  }
  return [...rpms].sort((one, two) => depthOfLink(one, folders) - depthOfLink(two, folders));
}

function addFolders(folders: Set<string>, path: string): void {
  for (let folder = path; folder !== '' && !folders.has(folder); folder = parentOf(folder))
    folders.add(folder);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** How deep the highest of a package's links is that stands for a folder of any package; a number beyond all depths without one. */
function depthOfLink({ files }: RpmFile, folders: ReadonlySet<string>): number {
  let depth = Number.MAX_SAFE_INTEGER;
  for (const { path, mode } of files) {
    if ((mode & FILE_TYPE.mask) !== FILE_TYPE.symlink || !folders.has(path)) continue;
    depth = Math.min(depth, path.split('/').length);
  }
  return depth;
}
