import { type ContentFile, everyFile } from './content-files.js';
import type { ExtendedAttributes } from './extended-attributes.js';

const STICKY = 0o1000;
/** Times are nanoseconds from the smallest 32-bit second (bigtime). */
const FIRST_SECOND = 2n ** 31n;
/** Name space of an attribute → xfs_db's option for it. */
const NAME_SPACES: Readonly<Record<string, string>> = { security: '-s', trusted: '-r', user: '-u' };

/** What in a file a protofile or xfs_db cannot express; undefined when all is well. Pure. */
export function xfsProblem(
  { name, stats, target = '' }: ContentFile,
  attributes: ReadonlyMap<string, Uint8Array> = new Map(),
): string | undefined {
  if (/\s|^:|^\$$/.test(name)) return 'has a blank, a colon in front or "$" for a name';
  if (/\s/.test(target)) return 'leads to a name with blanks';
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
 * @param root where mkfs.xfs sees the tree; without blanks
 */
export function xfsProtofile(tree: ContentFile, root: string): string {
  const lines = (file: ContentFile): string[] => {
    const { name, path, target, stats } = file;
    const start = name === '' ? '' : `${name} `;
    const rights = `${stats.mode & 0o4000 ? 'u' : '-'}${stats.mode & 0o2000 ? 'g' : '-'}${octal(stats.mode & 0o777)}`;
    const owner = `${stats.uid} ${stats.gid}`;
    if (stats.isDirectory()) return [`${start}d${rights} ${owner}`, ...file.children.flatMap(lines), '$'];
    if (target !== undefined) return [`${start}l--777 ${owner} ${target}`];
    if (stats.isFIFO()) return [`${start}p${rights} ${owner}`];
    return [`${start}-${rights} ${owner} ${root}/${path}`];
  };
  return `image\n0 0\n${lines(tree).join('\n')}\n`;
}

/**
 * Commands for xfs_db that give the files of a protofile what it has no words for: times, sticky bits and extended attributes.
 * Each command that writes prints one line. Pure.
 *
 * @param epoch seconds since 1970 that no time is behind, and when every file was born
 */
export function xfsFinish(
  tree: ContentFile,
  { attributes, epoch }: { readonly attributes: ExtendedAttributes; readonly epoch: number },
): string {
  // Two files of the file system itself, which are in no folder.
  const own = ['rbmino', 'rsumino'].flatMap((field) => [
    'sb 0',
    `addr ${field}`,
    ...timeCommands(epoch, epoch),
  ]);
  const lines = [...everyFile(tree)].flatMap((file) => {
    const { path, stats } = file;
    const select = `path /${path}`;
    return [
      select,
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
