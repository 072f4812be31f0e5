import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { formatDependency } from '../dependency.js';
import { formatEvr, parseEvr } from '../evr.js';
import { RpmUnpacker } from '../install/unpack.js';
import { checkDigests } from '../rpmfile/digests.js';
import { readPayload } from '../rpmfile/payload.js';
import { type RpmFile, readRpm } from '../rpmfile/rpm-file.js';

/** What readers of a package must agree on, by kind, in lines of text. */
export type PackageFacts = Readonly<Record<string, readonly string[]>>;

/** Our names of relations, and rpm's tags of them. */
const RELATIONS = {
  provides: 'PROVIDE',
  requires: 'REQUIRE',
  conflicts: 'CONFLICT',
  obsoletes: 'OBSOLETE',
  recommends: 'RECOMMEND',
  suggests: 'SUGGEST',
  supplements: 'SUPPLEMENT',
  enhances: 'ENHANCE',
  order: 'ORDER',
} as const;
const SCRIPTLETS = {
  pretrans: 'PRETRANSPROG',
  pre: 'PREINPROG',
  post: 'POSTINPROG',
  preun: 'PREUNPROG',
  postun: 'POSTUNPROG',
  posttrans: 'POSTTRANSPROG',
} as const;
const FILE_TAGS = [
  ...[
    'FILENAMES',
    'FILEMODES',
    'FILEUSERNAME',
    'FILEGROUPNAME',
    'LONGFILESIZES',
    'FILEMTIMES',
    'FILEDIGESTS',
  ],
  ...['FILELINKTOS', 'FILEFLAGS', 'FILEVERIFYFLAGS', 'FILERDEVS', 'FILENLINKS', 'FILECAPS'],
];
/** rpm's bits of `Requires(pre)`, `Requires(post)` and `PreReq`. */
const BEFORE_SCRIPTLETS = 0x640;

/** A package as it is read, and the tree that comes of it. */
export interface Comparison {
  readonly facts: PackageFacts;
  readonly tree: Readonly<Record<string, string>>;
}

/** Reads and unpacks a package in both ways, below a new folder: `ours` is to equal `theirs`. */
export async function compareWithRpm(
  path: string,
  folder: string,
): Promise<{ readonly ours: Comparison; readonly theirs: Comparison }> {
  const [root, reference] = [join(folder, 'ours'), join(folder, 'theirs')];
  mkdirSync(root, { recursive: true });
  const rpm = readRpm(readFileSync(path), { subject: path });
  await checkDigests(rpm, { subject: path });
  const unpacker = new RpmUnpacker(root, { users: new Map(), groups: new Map() });
  unpacker.unpack(rpm, await readPayload(rpm));
  unpacker.finish();
  await unpackByCpio(path, reference);
  return {
    ours: { facts: factsByUs(rpm), tree: treeOf(root) },
    theirs: { facts: await factsByRpm(path), tree: treeOf(reference) },
  };
}

/** The programs that `compareWithRpm` needs, if they are not there. */
export function lackingReaders(): string[] {
  return ['rpm', 'rpm2cpio', 'cpio'].filter((program) =>
    ['/usr/bin', '/bin'].every((folder) => !existsSync(join(folder, program))),
  );
}

/** The facts of a package as we read them. */
function factsByUs(rpm: RpmFile): PackageFacts {
  const relations = Object.keys(RELATIONS) as (keyof typeof RELATIONS)[];
  const scriptlets = Object.keys(SCRIPTLETS) as (keyof typeof SCRIPTLETS)[];
  return {
    identity: [rpm.name, formatEvr(rpm.evr), rpm.architecture],
    ...Object.fromEntries(
      relations.map((kind) => [
        kind,
        rpm[kind].map((relation) => `${formatDependency(relation)}${relation.pre === true ? ' (pre)' : ''}`),
      ]),
    ),
    ...Object.fromEntries(scriptlets.map((name) => [name, rpm.scriptlets.get(name) ?? []])),
    files: rpm.files.map((file) => {
      const links = rpm.files.filter(({ linkGroup }) => linkGroup === file.linkGroup).length;
      return [
        ...[
          file.path,
          file.mode,
          file.owner,
          file.group,
          file.size,
          file.mtime,
          file.digest,
          file.linkTarget,
        ],
        ...[file.flags, file.verifyFlags, file.device, file.linkGroup === undefined ? 1 : links],
        file.capabilities,
      ].join('\t');
    }),
  };
}

/** The same facts as rpm's own query tells them. */
async function factsByRpm(path: string): Promise<PackageFacts> {
  const lines = [
    'identity\t%{NAME}\nidentity\t%{EVR}\nidentity\t%{ARCH}\n',
    ...Object.entries(RELATIONS).map(
      ([kind, tag]) =>
        `[${kind}\t%{${tag}NAME}\t%{${tag}FLAGS:depflags}\t%{${tag}VERSION}\t%{${tag}FLAGS}\n]`,
    ),
    ...Object.entries(SCRIPTLETS).map(([name, tag]) => `[${name}\t%{${tag}}\n]`),
    `[files\t${FILE_TAGS.map((tag) => `%{${tag}}`).join('\t')}\n]`,
  ];
  const { stdout } = await exec('rpm', [
    ...['--define', '_dbpath /nonexistent', '--nosignature', '--nodigest'],
    ...['--query', '--package', '--queryformat', lines.join(''), path],
  ]);
  const facts: Record<string, string[]> = Object.fromEntries(
    ['identity', ...Object.keys(RELATIONS), ...Object.keys(SCRIPTLETS), 'files'].map((kind) => [kind, []]),
  );
  for (const line of stdout.split('\n')) {
    const [kind = '', ...fields] = line.split('\t');
    facts[kind]?.push(kind in RELATIONS ? relationLine(fields) : fields.join('\t').replace(/\(none\)$/, ''));
  }
  return facts;
}

function relationLine([name = '', operator = '', version = '', flags = '']: readonly string[]): string {
  const text = operator === '' ? name : `${name} ${operator} ${formatEvr(parseEvr(version))}`;
  return (Number(flags) & BEFORE_SCRIPTLETS) === 0 ? text : `${text} (pre)`;
}

/** Unpacks a package as `rpm2cpio` and `cpio` do, into a new folder. */
async function unpackByCpio(path: string, folder: string): Promise<void> {
  mkdirSync(folder);
  const pipe = 'rpm2cpio "$1" | cpio --extract --make-directories --preserve-modification-time --quiet';
  await exec('sh', ['-c', `umask 022; ${pipe}`, 'unpack', path], { cwd: folder });
}

/**
 * Every file below a folder: type and mode, links, size and time, owner if asked; where a link leads, or the hash of
 * contents.
 */
export function treeOf(folder: string, { owners = false } = {}): Record<string, string> {
  const tree: Record<string, string> = {};
  const firstOf = new Map<number, string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const place = join(folder, path);
    const stat = lstatSync(place);
    const owner = owners ? `${stat.uid}:${stat.gid} ` : '';
    tree[path] = `${owner}${stat.mode.toString(8)} ${contentOf(place, stat)}`;
    if (!stat.isFile()) continue;
    if (!firstOf.has(stat.ino)) firstOf.set(stat.ino, path);
    tree[path] += ` ${stat.nlink} of ${firstOf.get(stat.ino)}`;
  }
  return tree;
}

function contentOf(place: string, stat: Stats): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(place)}`;
  if (!stat.isFile()) return '';
  const hash = createHash('sha256').update(readFileSync(place)).digest('hex');
  return `${stat.size} ${stat.mtimeMs / 1000} ${hash}`;
}
