import { escapingMember } from '@ic/package-core';
import type { Header } from './header.js';
import { escapes, malformed } from './malformed.js';
import { TAG } from './tags.js';

/** One file of a package as its header tells. */
export interface RpmFileEntry {
  /** Absolute, without `.`, `..`, empty parts or a trailing slash; `/` is the root itself. */
  readonly path: string;
  /** File type and permission bits as in stat(2). */
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Lower-case hex by the package's `fileDigestAlgorithm`; empty for what is no regular file. */
  readonly digest: string;
  /** Of a symbolic link; otherwise empty. */
  readonly linkTarget: string;
  /** `FILE_FLAG`s. */
  readonly flags: number;
  /** What `rpm -V` compares: rpm's RPMVERIFY_ bits. */
  readonly verifyFlags: number;
  /** Of a device node, as stat(2) has it. */
  readonly device: number;
  /** Equal for the regular files of a package that are hard links to each other; undefined for all others. */
  readonly linkGroup: string | undefined;
  /** As setcap(8) reads them; empty without. */
  readonly capabilities: string;
}

/** rpm, include/rpm/rpmfiles.h. */
export const FILE_FLAG = { config: 0x1, doc: 0x2, missingOk: 0x8, noReplace: 0x10, ghost: 0x40 } as const;

export const FILE_TYPE = { mask: 0o170000, directory: 0o040000, file: 0o100000, symlink: 0o120000 } as const;

/** The files of a package in the order of its header. @throws PackageError PACKAGE_INVALID */
export function readFiles(header: Header): RpmFileEntry[] {
  const baseNames = header.strings(TAG.baseNames) ?? [];
  const count = baseNames.length;
  const table = columns(header, count);
  const dirNames = header.strings(TAG.dirNames) ?? [];
  const dirIndexes = table.numbers(TAG.dirIndexes);
  const modes = table.numbers(TAG.fileModes);
  const owners = table.strings(TAG.fileOwners);
  const groups = table.strings(TAG.fileGroups);
  const sizes = table.numbers(header.has(TAG.longFileSizes) ? TAG.longFileSizes : TAG.fileSizes);
  const mtimes = table.numbers(TAG.fileMtimes);
  const linkTargets = table.strings(TAG.fileLinkTargets);
  const flags = table.numbers(TAG.fileFlags);
  const digests = table.optional(table.strings, TAG.fileDigests);
  const verifyFlags = table.optional(table.numbers, TAG.fileVerifyFlags);
  const devices = table.optional(table.numbers, TAG.fileDevices);
  const inodes = table.optional(table.numbers, TAG.fileInodes);
  const fileSystems = table.optional(table.numbers, TAG.fileSystems);
  const capabilities = table.optional(table.strings, TAG.fileCapabilities);

  const files = baseNames.map((baseName, index): RpmFileEntry => {
    const directory = dirNames[dirIndexes[index] ?? -1];
    if (directory === undefined) throw malformed(`its file "${baseName}" is in no directory`);
    const mode = modes[index] ?? 0;
    const inode = inodes?.[index] ?? 0;
    const linkable = isRegular(mode) && ((flags[index] ?? 0) & FILE_FLAG.ghost) === 0 && inode > 0;
    return {
      path: pathOf(directory, baseName),
      mode,
      owner: owners[index] ?? '',
      group: groups[index] ?? '',
      size: sizes[index] ?? 0,
      mtime: mtimes[index] ?? 0,
      digest: digests?.[index] ?? '',
      linkTarget: linkTargets[index] ?? '',
      flags: flags[index] ?? 0,
      verifyFlags: verifyFlags?.[index] ?? 0,
      device: devices?.[index] ?? 0,
      linkGroup: linkable && fileSystems !== undefined ? `${fileSystems[index]}:${inode}` : undefined,
      capabilities: capabilities?.[index] ?? '',
    };
  });
  checkBehindNoLink(files);
  return withoutLoneLinks(files);
}

/** Of what is unpacked: ghosts are not. */
function checkBehindNoLink(files: readonly RpmFileEntry[]): void {
  const unpacked = files.filter(({ flags }) => (flags & FILE_FLAG.ghost) === 0);
  const escaping = escapingMember(
    unpacked.map(({ path, mode, linkTarget }) => ({
      path: path.slice(1),
      symlink: (mode & FILE_TYPE.mask) === FILE_TYPE.symlink ? linkTarget : undefined,
    })),
  );
  if (escaping === undefined) return;
  const { path, link } = escaping;
  throw escapes(`its file /${path} lies behind its own symbolic link /${link}, which leads out of the root`);
}

/** Reads the columns of the file table: arrays with a value for each file. */
function columns(header: Header, count: number) {
  function whole<T>(tag: number, values: readonly T[] | undefined): readonly T[] {
    if ((values?.length ?? 0) !== count)
      throw malformed(`its ${count} files do not have one value each of tag ${tag}`);
    return values ?? [];
  }
  return {
    numbers: (tag: number) => whole(tag, header.numbers(tag)),
    strings: (tag: number) => whole(tag, header.strings(tag)),
    optional: <T>(read: (tag: number) => readonly T[], tag: number) =>
      header.has(tag) ? read(tag) : undefined,
  };
}

function isRegular(mode: number): boolean {
  return (mode & FILE_TYPE.mask) === FILE_TYPE.file;
}

/** Linux's PATH_MAX. Were paths unlimited, a header could repeat a directory of half its size for each of its files. */
const LONGEST_PATH = 4096;

/** Paths become names in a root file system: whatever could lead elsewhere is refused. */
function pathOf(directory: string, baseName: string): string {
  if (directory.length + baseName.length > LONGEST_PATH) {
    throw malformed(`a path of its files has more than ${LONGEST_PATH} characters`);
  }
  const path = `${directory}${baseName}`;
  if (path === '/') return path;
  const parts = path.split('/').slice(1);
  const sound =
    directory.startsWith('/') &&
    directory.endsWith('/') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!sound) throw escapes(`its file ${JSON.stringify(path)} has no absolute path`);
  return path;
}

function withoutLoneLinks(files: readonly RpmFileEntry[]): RpmFileEntry[] {
  const counts = new Map<string, number>();
  for (const { linkGroup } of files) {
    if (linkGroup !== undefined) counts.set(linkGroup, (counts.get(linkGroup) ?? 0) + 1);
  }
  return files.map((file) =>
    file.linkGroup !== undefined && counts.get(file.linkGroup) === 1
      ? { ...file, linkGroup: undefined }
      : file,
  );
}
