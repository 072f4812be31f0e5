import { decompress, detectCompression, readCpio } from '@ic/utils';
import { FILE_FLAG, FILE_TYPE, type RpmFileEntry } from './files.js';
import { malformed, unsound } from './malformed.js';
import type { RpmFile } from './rpm-file.js';
import { readStrippedCpio } from './stripped-cpio.js';

export interface PayloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the package is called in messages; default `the package`. */
  readonly subject?: string | undefined;
}

/** The most that one package may unpack to: what a buffer of Node holds with room to spare. */
const MAX_PAYLOAD_BYTES = 4 * 1024 ** 3 - 1;

/**
 * The payload as an uncompressed cpio archive, no larger than the package says; a view of the package when it is not
 * compressed.
 *
 * @throws PackageError PACKAGE_INVALID; UtilsError CANCELLED, EXEC_NOT_FOUND
 */
export async function readPayload(rpm: RpmFile, options: PayloadOptions = {}): Promise<Uint8Array> {
  const { bytes, format, compressor, size } = rpm.payload;
  try {
    if (format !== 'cpio') throw malformed(`its payload is of the kind "${format}", not cpio`);
    // LZMA alone has no magic; everything else is told by its own, as rpm's readers do.
    const lzma = compressor === 'lzma';
    if (!lzma && detectCompression(bytes) === undefined) return bytes;
    return await decompress(bytes, {
      ...(lzma && { format: 'lzma' }),
      maxBytes: Math.min(size ?? MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES),
      signal: options.signal,
    });
  } catch (error) {
    throw unsound(error, options.subject);
  }
}

/** One file with what the payload has of it. */
export interface PayloadFile {
  readonly file: RpmFileEntry;
  /** Of a regular file; empty for those of a group of hard links but the last. A view of the archive. */
  readonly data: Uint8Array;
}

/**
 * The files of a package with their contents, in the order of the payload. Everything but contents comes from the
 * header, which is what signatures cover. Ghosts are left out; every other file is there exactly once.
 *
 * @throws PackageError PACKAGE_INVALID
 */
export function* readPayloadFiles(
  rpm: Pick<RpmFile, 'files'>,
  archive: Uint8Array,
  options: Pick<PayloadOptions, 'subject'> = {},
): Generator<PayloadFile, void, undefined> {
  try {
    yield* matched(rpm.files, archive);
  } catch (error) {
    throw unsound(error, options.subject);
  }
}

function* matched(
  files: readonly RpmFileEntry[],
  archive: Uint8Array,
): Generator<PayloadFile, void, undefined> {
  const missing = new Set(files.filter((file) => !isGhost(file)));
  const awaited = dataBearers(missing);
  for (const { file, data } of members(files, archive, awaited)) {
    // rpm before 4.11 packed some.
    if (isGhost(file)) continue;
    if (!missing.delete(file)) throw malformed(`its payload has ${file.path} twice`);
    const type = file.mode & FILE_TYPE.mask;
    if (type === FILE_TYPE.file && data.length !== (awaited.has(file) ? file.size : 0)) {
      throw malformed(`its payload has ${data.length} bytes for ${file.path}, its header ${file.size}`);
    }
    yield { file, data: type === FILE_TYPE.file ? data : data.subarray(0, 0) };
  }
  for (const file of missing) throw malformed(`its payload lacks ${file.path}`);
}

function isGhost(file: RpmFileEntry): boolean {
  return (file.flags & FILE_FLAG.ghost) !== 0;
}

/** The files that come with contents: of a group of hard links the last. */
function dataBearers(files: Iterable<RpmFileEntry>): Set<RpmFileEntry> {
  const bearers = new Set<RpmFileEntry>();
  const groups = new Map<string, RpmFileEntry>();
  for (const file of files) {
    if (file.linkGroup === undefined) bearers.add(file);
    else groups.set(file.linkGroup, file);
  }
  for (const file of groups.values()) bearers.add(file);
  return bearers;
}

function* members(
  files: readonly RpmFileEntry[],
  archive: Uint8Array,
  bearers: ReadonlySet<RpmFileEntry>,
): Generator<PayloadFile, void, undefined> {
  const stripped = readStrippedCpio(archive, (index) => {
    const file = files[index];
    if (file === undefined) throw malformed(`its payload has a file ${index} that its header has not`);
    const type = file.mode & FILE_TYPE.mask;
    // Of a link, the archive has where it leads.
    const hasData = (type === FILE_TYPE.file || type === FILE_TYPE.symlink) && bearers.has(file);
    return { file, size: hasData ? file.size : 0 };
  });
  if (stripped !== undefined) {
    yield* stripped;
    return;
  }
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const { path, data } of readCpio(archive)) {
    const file = byPath.get(`/${path}`);
    if (file === undefined) throw malformed(`its payload has a file "/${path}" that its header has not`);
    yield { file, data };
  }
}
