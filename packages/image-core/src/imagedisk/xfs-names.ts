import { isUtf8 } from 'node:buffer';
import type { ContentFile } from './content-files.js';

/*
 * mkfs.xfs's protofiles know no blanks in names and targets, and take a colon in front for a comment. Such a file is made
 * under a stand-in of the same length and the same hash, by which folders find names, and gets its own name by xfs_db.
 */

/** A file under the name by which a protofile can speak of it. */
export interface XfsFile {
  readonly file: ContentFile;
  /** Its name, or the stand-in for it. */
  readonly name: string;
  /** The same of the whole path; empty for the root. */
  readonly path: string;
  /** Of a symbolic link: the target, or a stand-in of the same length. */
  readonly target?: string | undefined;
  readonly children: readonly XfsFile[];
}

/** In the C locale (isspace(3)); others are letters to the programs. */
export const BLANK = /[\t-\r ]/;
const UNSPEAKABLE = /[\t-\r ]|^:|^\$$/;

/** Bits of two bytes of a name, the second so far behind the first, that are one bit of its hash. */
interface Twins {
  readonly distance: number;
  readonly first: number;
  readonly second: number;
}

/** `xfs_da_hashname` turns what it has by seven of its 32 bits before each byte: by -4, 3 and -1 bits for these distances. */
const TWINS: readonly Twins[] = [4, 5, 9].flatMap((distance) =>
  [0, 1, 2, 3, 4, 5, 6].flatMap((bit) => {
    const other = (bit + 7 * distance) % 32;
    return other < 7 ? [{ distance, first: 1 << bit, second: 1 << other }] : [];
  }),
);

/**
 * Another name of the same length and hash, which a protofile can hold; the name itself where nothing is wrong with it.
 * Undefined where there is none, as for most of less than six bytes. Pure.
 *
 * @param taken names that it may not be
 */
export function standInFor(name: string, taken: ReadonlySet<string> = new Set()): string | undefined {
  if (!UNSPEAKABLE.test(name)) return name;
  const search = (bytes: Buffer, from: number): string | undefined => {
    const index = bytes.findIndex((byte, at) => at >= from && isWrong(byte, at));
    if (index === -1) {
      const found = bytes.toString();
      return isUtf8(bytes) && !UNSPEAKABLE.test(found) && !taken.has(found) ? found : undefined;
    }
    for (const { distance, first, second } of TWINS) {
      for (const [at, partner, own, others] of [
        [index, index + distance, first, second],
        [index, index - distance, second, first],
      ] as const) {
        if (partner < 0 || partner >= bytes.length) continue;
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ own;
        changed[partner] = (bytes[partner] ?? 0) ^ others;
        const isMended = !isWrong(changed[at] ?? 0, at);
        const isSpoiled = partner < index && isWrong(changed[partner] ?? 0, partner);
        const found = isMended && !isSpoiled ? search(changed, index) : undefined;
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  return search(Buffer.from(name), 0);
}

/** Whether a byte at this place may not be in a protofile, or is none that people write. */
function isWrong(byte: number, index: number): boolean {
  return byte <= 0x20 || byte === 0x7f || byte === 0x2f || (index === 0 && byte === 0x3a);
}

/** A tree under the names of a protofile. @throws what `refuse` makes for a file without a stand-in */
export function xfsNames(tree: ContentFile, refuse: (file: ContentFile) => Error): XfsFile {
  const visit = (file: ContentFile, name: string, folder: string): XfsFile => {
    const path = folder === '' ? name : `${folder}/${name}`;
    const target = file.target?.replaceAll(new RegExp(BLANK, 'g'), '_');
    const taken = new Set(file.children.map((child) => child.name));
    const children = file.children.map((child) => {
      const standIn = standInFor(child.name, taken);
      if (standIn === undefined) throw refuse(child);
      taken.add(standIn);
      return visit(child, standIn, path);
    });
    return { file, name, path, target, children };
  };
  return visit(tree, '', '');
}

/** The tree's files with all below them, folders before what they hold. */
export function* everyXfsFile(file: XfsFile): Generator<XfsFile> {
  yield file;
  for (const child of file.children) yield* everyXfsFile(child);
}

/** The folders that hold a stand-in, inner ones first: their paths are those of the outer ones' stand-ins. */
export function foldersToRename(tree: XfsFile): XfsFile[] {
  const folders = [...everyXfsFile(tree)].filter(({ children }) => children.some(isStandIn));
  return folders.reverse();
}

export function isStandIn({ file, name }: XfsFile): boolean {
  return name !== file.name;
}

/** Asks xfs_db how folders are laid out; for `namesQuery`. Pure. */
export function layoutQuery(folders: readonly XfsFile[]): string {
  const each = folders.flatMap(({ path }) => [`path /${path}`, 'print core.format core.size']);
  return lines(['sb 0', 'print blocksize dirblklog', ...each]);
}

/** Asks xfs_db for the names in folders, by the answer to `layoutQuery`; for `renameCommands`. Pure. */
export function namesQuery(folders: readonly XfsFile[], answer: string): string {
  const [blockSize = 4096] = numbers(answer, /^blocksize = (\d+)$/gm);
  const [log = 0] = numbers(answer, /^dirblklog = (\d+)$/gm);
  const formats = [...answer.matchAll(/^core\.format = \d+ \((\w+)\)\ncore\.size = (\d+)$/gm)];
  return lines(
    folders.flatMap(({ path }, index) => {
      const [, format, size] = formats[index] ?? [];
      if (format === 'local') return [`path /${path}`, `echo ${index} inode`, 'print u3'];
      const blocks = Math.ceil(Number(size) / blockSize);
      const places = Array.from({ length: Math.ceil(blocks / 2 ** log) }, (_, place) => place * 2 ** log);
      return places.flatMap((place) => [
        `path /${path}`,
        `dblock ${place}`,
        `echo ${index} dblock ${place}`,
        'print',
      ]);
    }),
  );
}

/** Commands for xfs_db that write the names in place of their stand-ins, by the answer to `namesQuery`. Pure. */
export function renameCommands(folders: readonly XfsFile[], answer: string): string {
  const sections = answer.split(/^(?=\d+ (?:inode|dblock) ?\d* ?$)/m);
  return lines(
    sections.flatMap((section) => {
      const [, index, place] = /^(\d+) (?:inode|dblock (\d+)) ?\n/.exec(section) ?? [];
      const folder = folders[Number(index)];
      if (index === undefined || folder === undefined) return [];
      const renamed = new Map(
        folder.children.filter(isStandIn).map(({ name, file }) => [name, hexOf(file.name)] as const),
      );
      const writes = [...section.matchAll(/^(\S+\.name) = "(.*)"$/gm)].flatMap(
        ([, field = '', shown = '']) => {
          const name = renamed.get(unescaped(shown));
          return name === undefined ? [] : [`write ${field} #${name}`];
        },
      );
      if (writes.length === 0) return [];
      return [`path /${folder.path}`, ...(place === undefined ? [] : [`dblock ${place}`]), ...writes];
    }),
  );
}

/** The command that gives a link its target, after its `path`; none where that is what it was made with. Pure. */
export function targetCommands({ file, target }: XfsFile): string[] {
  return file.target === undefined || target === file.target
    ? []
    : [`write u3.symlink #${hexOf(file.target)}`];
}

/** As xfs_db shows characters that do not print. */
function unescaped(shown: string): string {
  const bytes = shown.replaceAll(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : code,
  );
  return Buffer.from(bytes, 'latin1').toString();
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}

function numbers(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(([, value]) => Number(value));
}

function lines(commands: readonly string[]): string {
  return commands.map((command) => `${command}\n`).join('');
}
