import { readFile, rm } from 'node:fs/promises';
import { exec, readTar, sha256, type TarEntry } from '@ic/utils';

/** All that is in a tree, by path, `.` left out. */
export type Tree = ReadonlyMap<string, TarEntry>;

/** Reads a tree with owners and extended attributes. The caller must be able to read all of it. */
export async function readTree(root: string): Promise<Tree> {
  const archive = `${root}.tar`;
  const attributes = ['--numeric-owner', '--xattrs', '--xattrs-include', '*'];
  const form = ['--format', 'posix', '--hard-dereference', '--directory', root];
  await exec('tar', ['--create', '--file', archive, ...attributes, ...form, '.']);
  const entries = [...readTar(await readFile(archive))];
  await rm(archive);
  return new Map(entries.map((entry) => [entry.path, entry]));
}

export function textIn(tree: Tree, path: string): string {
  return Buffer.from(tree.get(path)?.data ?? []).toString('utf8');
}

export interface Description {
  /** Seconds since 1970: what is not older was made by a program, just now. */
  readonly started: number;
  /** Files whose lines say the same in any order, with the ids in them that are given out in turn. */
  readonly lines: Readonly<Record<string, RegExp | undefined>>;
}

/** By path: type, mode, owners by name, size, time, extended attributes, target, hash of the contents. */
export function describeTree(tree: Tree, { started, lines }: Description): Map<string, string> {
  const users = namesIn(textIn(tree, 'etc/passwd'));
  const groups = namesIn(textIn(tree, 'etc/group'));
  return new Map(
    [...tree].map(([path, entry]) => {
      const { type, mode, uid, gid, size, linkTarget } = entry;
      const mtime = type === 'directory' || entry.mtime >= started ? 'new' : entry.mtime;
      const xattrs = (entry.xattrs ?? new Map()) as ReadonlyMap<string, Uint8Array>;
      const attributes = [...xattrs].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`);
      const content = path in lines ? linesOf(textIn(tree, path), lines[path]) : sha256(entry.data);
      const owner = `${users.get(uid)}:${groups.get(gid)}`;
      return [
        path,
        [type, mode.toString(8), owner, size, mtime, ...attributes, linkTarget, content].join(' '),
      ];
    }),
  );
}

/** The paths at which two described trees differ. */
export function differences(
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): { readonly path: string; readonly ours: string | undefined; readonly theirs: string | undefined }[] {
  const paths = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return paths
    .filter((path) => ours.get(path) !== theirs.get(path))
    .map((path) => ({ path, ours: ours.get(path), theirs: theirs.get(path) }));
}

function namesIn(table: string): Map<number, string> {
  return new Map(
    table.split('\n').map((line) => {
      const [name = '', , id] = line.split(':');
      return [Number(id), name];
    }),
  );
}

function linesOf(text: string, ids: RegExp | undefined): string {
  const lines = text.split('\n').map((line) => (ids === undefined ? line : line.replace(ids, ':*:')));
  return lines.sort().join('\n');
}
