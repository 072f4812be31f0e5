/** What an archive of files has: paths without a leading slash and without empty, `.` or `..` parts. */
export interface ArchiveMember {
  readonly path: string;
  /** Where a symbolic link leads, as it stands. */
  readonly symlink?: string | undefined;
  /** The other path of a hard link. */
  readonly hardLink?: string | undefined;
}

/**
 * The first member that lies behind a symbolic link of the same archive which leads out of the root (an absolute link,
 * or one with more `..` than it is deep), or that is a hard link to what does. No archive made from a folder has such
 * a member: it is there to be written where the link leads.
 */
export function escapingMember(
  members: readonly ArchiveMember[],
): { readonly path: string; readonly link: string } | undefined {
  const links = new Set<string>();
  for (const { path, symlink } of members) {
    if (symlink !== undefined && leavesRoot(path, symlink)) links.add(path);
  }
  if (links.size === 0) return undefined;
  for (const { path, hardLink } of members) {
    const link = linkAbove(path, links) ?? (hardLink === undefined ? undefined : linkAbove(hardLink, links));
    if (link !== undefined) return { path, link };
  }
  return undefined;
}

function leavesRoot(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function linkAbove(path: string, links: ReadonlySet<string>): string | undefined {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const parent = path.slice(0, end);
    if (links.has(parent)) return parent;
  }
  return undefined;
}
