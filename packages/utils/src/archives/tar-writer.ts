import { createReadStream, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Header, type Pack, pack } from 'tar-stream';
import { cancelled, throwIfCancelled } from '../errors.js';
import { diskFull } from '../files.js';
import { archiveInvalid } from './archive-path.js';

export interface WriteTarOptions {
  /** Seconds since 1970; later modification times become this one. */
  readonly epoch: number;
  readonly signal?: AbortSignal | undefined;
}

/** Larger files are streamed. */
const WHOLE_BYTES = 4 * 1024 * 1024;
const BUFFER_BYTES = 4 * 1024 * 1024;
/** ustar's seven octal digits as tar-stream writes them: six. */
const LARGEST_USTAR_ID = 0o777777;
/** The fields of a tar header hold no more (2242); also keeps tar-stream's 32-bit time from wrapping. */
const LARGEST_MTIME = 0x7fffffff;

/**
 * Writes the tree below `root` to a new tar file at `to`, in sorted order with numeric owners: the same tree gives
 * the same bytes. Names that share an inode become hard links. Devices and FIFOs are kept, sockets left out, and
 * folders on other file systems are kept empty (a mounted /proc). Extended attributes are not kept: Node cannot
 * read them. On any error nothing is left at `to`.
 *
 * @throws UtilsError ARCHIVE_INVALID (a name that is not UTF-8), DISK_FULL, CANCELLED
 */
export async function writeTar(root: string, to: string, options: WriteTarOptions): Promise<void> {
  throwIfCancelled(options.signal);
  const handle = await open(to, 'wx', 0o644);
  const archive = pack({ highWaterMark: BUFFER_BYTES });
  const { signal } = options;
  const written = pipeline(
    archive,
    handle.createWriteStream({ highWaterMark: BUFFER_BYTES }),
    signal === undefined ? {} : { signal },
  );
  const fed = feed(archive, root, options).catch((error: Error) => {
    archive.destroy(error);
    throw error;
  });
  // When writing fails, the archive is destroyed and feeding it fails too: the file's reason counts.
  const failure = (await Promise.allSettled([written, fed])).find((result) => result.status === 'rejected');
  if (failure === undefined) return;
  await rm(to, { force: true });
  throw signal?.aborted ? cancelled(signal) : diskFull(failure.reason, to);
}

async function feed(archive: Pack, root: string, { epoch, signal }: WriteTarOptions): Promise<void> {
  const seen = new Map<string, string>();
  for (const { path, name, stat } of walk(root)) {
    throwIfCancelled(signal);
    const header = headerOf(path, name, stat, seen);
    if (header === undefined) continue;
    header.mtime = new Date(
      Math.min(Math.max(Math.floor(stat.mtimeMs / 1000), 0), epoch, LARGEST_MTIME) * 1000,
    );
    await add(archive, header, path);
  }
  archive.finalize();
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

interface Found {
  readonly path: string;
  /** Relative to the root; `.` for the root. */
  readonly name: string;
  readonly stat: Stats;
}

function* walk(root: string): Generator<Found> {
  const stat = lstatSync(root);
  yield { path: root, name: '.', stat };
  yield* walkBelow(root, '', stat.dev);
}

function* walkBelow(folder: string, prefix: string, device: number): Generator<Found> {
  for (const child of readdirSync(folder).sort()) {
    if (child.includes('\ufffd')) throw archiveInvalid(`a name in ${folder} is not UTF-8 (${child})`);
    const path = join(folder, child);
    const name = `${prefix}${child}`;
    const stat = lstatSync(path);
    yield { path, name, stat };
    // Only folders: overlayfs gives files the device numbers of its layers.
    if (stat.isDirectory() && stat.dev === device) yield* walkBelow(path, `${name}/`, device);
  }
}

/** Undefined for what tar cannot hold. `seen` remembers the first name of each inode. */
function headerOf(
  path: string,
  name: string,
  stat: Stats,
  seen: Map<string, string>,
): EntryHeader | undefined {
  // The file type bits are cut off again by tar-stream, but keep it from replacing mode 0 with a default.
  const header: EntryHeader = { name, mode: stat.mode, uid: stat.uid, gid: stat.gid, size: 0 };
  const pax = largeIds(stat);
  if (pax !== undefined) header.pax = pax;
  if (stat.isDirectory()) return { ...header, type: 'directory' };
  if (stat.isSymbolicLink()) return { ...header, type: 'symlink', linkname: readlinkSync(path) };
  if (stat.isSocket()) return undefined;
  const inode = `${stat.dev}:${stat.ino}`;
  const first = stat.nlink > 1 ? seen.get(inode) : undefined;
  if (first !== undefined) return { ...header, type: 'link', linkname: first };
  if (stat.nlink > 1) seen.set(inode, name);
  if (stat.isFIFO()) return { ...header, type: 'fifo' };
  if (stat.isFile()) return { ...header, type: 'file', size: stat.size };
  const type = stat.isCharacterDevice() ? 'character-device' : 'block-device';
  return { ...header, type, devmajor: majorOf(stat.rdev), devminor: minorOf(stat.rdev) };
}

function largeIds({ uid, gid }: Stats): Record<string, string> | undefined {
  const pax: Record<string, string> = {};
  if (uid > LARGEST_USTAR_ID) pax['uid'] = String(uid);
  if (gid > LARGEST_USTAR_ID) pax['gid'] = String(gid);
  return Object.keys(pax).length === 0 ? undefined : pax;
}

/** The encoding of glibc's gnu_dev_major and gnu_dev_minor, for 32-bit device numbers. */
function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}

function minorOf(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}

async function add(archive: Pack, header: EntryHeader, path: string): Promise<void> {
  const size = header.size ?? 0;
  if (header.type !== 'file' || size <= WHOLE_BYTES) {
    const data = header.type === 'file' ? readFileSync(path) : undefined;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      if (data === undefined) archive.entry(header, done);
      else archive.entry(header, data, done);
    });
    return;
  }
  await pipeline(
    createReadStream(path, { highWaterMark: WHOLE_BYTES, end: size - 1 }),
    archive.entry(header),
  );
}
