import type { ContentFile } from './content-files.js';
import type { ExtendedAttributes } from './extended-attributes.js';
import { xfsAttribute } from './xfs-attribute.js';
import { BLANK, everyXfsFile, targetCommands, type XfsFile } from './xfs-names.js';

const STICKY = 0o1000;
/** Times are nanoseconds from the smallest 32-bit second (bigtime). */
const FIRST_SECOND = 2n ** 31n;
/** Bytes of an inode of 512 for content and attributes, less what is lost by rounding; and the size of the largest inode. */
const INODE_ROOM = 336 - 16;
const LARGEST_INODE = 2048;
/** A target of so many bytes is in its inode, beside attributes of the size that is taken over. */
const INLINE_TARGET = 40;

/** What in a file a protofile or xfs_db cannot express; undefined when all is well. Pure. */
export function xfsProblem(
  file: ContentFile,
  attributes: ReadonlyMap<string, Uint8Array> = new Map(),
): string | undefined {
  const { stats, target = '' } = file;
  if (BLANK.test(target) && Buffer.byteLength(target) > INLINE_TARGET)
    return 'leads to a long name with blanks';
  if (stats.isSocket()) return 'is a socket';
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return 'is a device';
  const strange = [...attributes].find(([name, value]) => xfsAttribute(name, value) === undefined);
  if (strange !== undefined) return `has the extended attribute ${strange[0]}`;
  return attributes.size > 0 && isCrowded(file, attributes)
    ? `has the extended attribute ${[...attributes.keys()][0]} and leaves no room for it in its inode`
    : undefined;
}

/** Whether attributes and what a folder or link keeps in its inode do not fit into one: xfs_db 6.1 crashes of it. */
function isCrowded(
  { stats, target = '', children }: ContentFile,
  attributes: ReadonlyMap<string, Uint8Array>,
): boolean {
  if (stats.isFile()) return false;
  const names = children.reduce((sum, { name }) => sum + 8 + Buffer.byteLength(name), 6);
  const inline = target === '' ? names : Buffer.byteLength(target);
  const beside = [...attributes].reduce((sum, [name, value]) => sum + 3 + name.length + value.length, 4);
  return inline <= LARGEST_INODE && inline + beside > INODE_ROOM;
}

/**
 * The files of a tree in mkfs.xfs's language (mkfs.xfs(8), "-p protofile"): names, kinds, modes, owners, content. Hard
 * links become files of their own. Pure.
 *
 * @param sourceOf where mkfs.xfs finds the content of a file, without blanks
 */
export function xfsProtofile(tree: XfsFile, sourceOf: (file: ContentFile) => string): string {
  const lines = ({ file, name, target, children }: XfsFile): string[] => {
    const { stats } = file;
    const start = name === '' ? '' : `${name} `;
    const rights = `${stats.mode & 0o4000 ? 'u' : '-'}${stats.mode & 0o2000 ? 'g' : '-'}${octal(stats.mode & 0o777)}`;
    const owner = `${stats.uid} ${stats.gid}`;
    if (stats.isDirectory()) return [`${start}d${rights} ${owner}`, ...children.flatMap(lines), '$'];
    if (target !== undefined) return [`${start}l--777 ${owner} ${target}`];
    if (stats.isFIFO()) return [`${start}p${rights} ${owner}`];
    return [`${start}-${rights} ${owner} ${sourceOf(file)}`];
  };
  return `image\n0 0\n${lines(tree).join('\n')}\n`;
}

/** Asks xfs_db how much of each file there is; for `shortFile`. Pure. */
export function extentQuery(tree: XfsFile): string {
  const each = filled(tree).flatMap(({ path }) => [`path /${path}`, 'print core.nblocks']);
  return `${['sb 0', 'print blocksize agcount', ...each].join('\n')}\n`;
}

/** The first file of which blocks are missing, by the answer to `extentQuery`; holes may be. Pure. */
export function shortFile(
  tree: XfsFile,
  answer: string,
): { readonly path: string; readonly size: number; readonly groups: number } | undefined {
  const numbers = [...answer.matchAll(/^(?:blocksize|agcount|core\.nblocks) = (\d+)$/gm)].map(([, n]) =>
    Number(n),
  );
  const [blockSize = 4096, groups = 4, ...blocks] = numbers;
  const index = filled(tree).findIndex(
    ({ file: { stats } }, at) => (blocks[at] ?? 0) * blockSize < Math.min(stats.size, 512 * stats.blocks),
  );
  const short = filled(tree)[index];
  return short && { path: `/${short.file.path}`, size: short.file.stats.size, groups };
}

function filled(tree: XfsFile): XfsFile[] {
  return [...everyXfsFile(tree)].filter(({ file: { stats } }) => stats.isFile() && stats.size > 0);
}

/**
 * Commands for xfs_db that give the files of a protofile what it has no words for: times, sticky bits, extended attributes
 * and targets with blanks. Each command that writes prints one line. Pure.
 *
 * @param epoch seconds since 1970 that no time is behind, and when every file was born
 */
export function xfsFinish(
  tree: XfsFile,
  { attributes, epoch }: { readonly attributes: ExtendedAttributes; readonly epoch: number },
): string {
  // Two files of the file system itself, which are in no folder.
  const own = ['rbmino', 'rsumino'].flatMap((field) => [
    'sb 0',
    `addr ${field}`,
    ...timeCommands(epoch, epoch),
  ]);
  const lines = [...everyXfsFile(tree)].flatMap((one) => {
    const { path, stats } = one.file;
    const select = `path /${one.path}`;
    return [
      select,
      ...targetCommands(one),
      ...attributeCommands(select, attributes.get(path)),
      ...(stats.mode & STICKY ? [`write core.mode 0${octal(stats.mode)}`] : []),
      ...timeCommands(Math.min(Math.floor(stats.mtimeMs / 1000), epoch), epoch),
    ];
  });
  return `${[...own, ...lines].join('\n')}\n`;
}

function timeCommands(modified: number, born: number): string[] {
  const fields = ['core.atime', 'core.mtime', 'core.ctime'];
  return [
    ...fields.map((field) => `write ${field}.sec ${bigTime(modified)}`),
    `write v3.crtime.sec ${bigTime(born)}`,
  ];
}

function attributeCommands(
  select: string,
  attributes: ReadonlyMap<string, Uint8Array> = new Map(),
): readonly string[] {
  const kept = [...attributes].flatMap((each) => xfsAttribute(...each) ?? []);
  return kept.flatMap(({ space, name, value }, index) => {
    const set = [`attr_set ${space} -v ${value.length} ${name}`, select];
    // It has the length asked for and the last place, but no content.
    const write = `write a.sfattr.list[${index}].value #${Buffer.from(value).toString('hex')}`;
    return value.length === 0 ? set : [...set, write];
  });
}

function bigTime(seconds: number): bigint {
  return (BigInt(seconds) + FIRST_SECOND) * 1_000_000_000n;
}

function octal(bits: number): string {
  return bits.toString(8).padStart(3, '0');
}
