import type { ContentFile } from './content-files.js';
import type { ExtendedAttributes } from './extended-attributes.js';
import { BLANK, everyXfsFile, targetCommands, type XfsFile } from './xfs-names.js';

const STICKY = 0o1000;
/** Times are nanoseconds from the smallest 32-bit second (bigtime). */
const FIRST_SECOND = 2n ** 31n;
/** A target of so many bytes is in its inode, beside attributes of the size that is taken over. */
const INLINE_TARGET = 40;
/** Name space of an attribute → xfs_db's option for it. */
const NAME_SPACES: Readonly<Record<string, string>> = { security: '-s', trusted: '-r', user: '-u' };

/** What in a file a protofile or xfs_db cannot express; undefined when all is well. Pure. */
export function xfsProblem(
  { stats, target = '' }: ContentFile,
  attributes: ReadonlyMap<string, Uint8Array> = new Map(),
): string | undefined {
  if (BLANK.test(target) && Buffer.byteLength(target) > INLINE_TARGET)
    return 'leads to a long name with blanks';
  if (stats.isSocket()) return 'is a socket';
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return 'is a device';
  const strange = [...attributes].find(
    ([key, value]) => NAME_SPACES[key.split('.')[0] ?? ''] === undefined || value.length > 200,
  );
  return strange === undefined ? undefined : `has the extended attribute ${strange[0]}`;
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
      ...[...(attributes.get(path) ?? [])].flatMap(([name, value]) => [
        attributeCommand(name, value),
        select,
        // Each one that is set takes the first place.
        ...(value.length === 0
          ? []
          : [`write a.sfattr.list[0].value #${Buffer.from(value).toString('hex')}`]),
      ]),
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

function attributeCommand(name: string, { length }: Uint8Array): string {
  const [space = '', ...rest] = name.split('.');
  return `attr_set ${NAME_SPACES[space]} -v ${length} ${rest.join('.')}`;
}

function bigTime(seconds: number): bigint {
  return (BigInt(seconds) + FIRST_SECOND) * 1_000_000_000n;
}

function octal(bits: number): string {
  return bits.toString(8).padStart(3, '0');
}
