import { damagedArchiveCode, PackageError, type PackageErrorCode } from '@ic/package-core';
import {
  type ArMember,
  decompress,
  detectCompression,
  IcError,
  messageOf,
  readAr,
  readTar,
  type TarEntry,
} from '@ic/utils';
import { type Paragraph, parseParagraphs } from './deb822.js';

export interface DebControlFile {
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly data: Uint8Array;
}

/** A binary package, its control archive read and its data archive as it stands. */
export interface DebFile {
  readonly control: Paragraph;
  /** `control`, `md5sums`, `postinst` and so on, by name. */
  readonly controlFiles: ReadonlyMap<string, DebControlFile>;
  /** Still compressed; `readDebData` decompresses it. */
  readonly dataTar: { readonly format: DebCompression; readonly bytes: Uint8Array };
}

export type DebCompression = 'none' | 'gz' | 'xz' | 'zstd' | 'bz2';

export interface DebReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** What it is called in messages; default `the package`. */
  readonly subject?: string | undefined;
}

/** The largest control archives of Debian have 10 MB. */
const MAX_CONTROL_BYTES = 256 * 1024 * 1024;

/**
 * Reads a binary package (deb(5), format 2.0): `debian-binary`, `control.tar*`, `data.tar*`, in that order; members
 * whose names begin with `_` are passed over.
 *
 * @throws PackageError PACKAGE_INVALID; UtilsError CANCELLED, EXEC_NOT_FOUND
 */
export async function readDeb(bytes: Uint8Array, options: DebReadOptions = {}): Promise<DebFile> {
  const subject = options.subject ?? 'the package';
  return explained(subject, async () => {
    const [version, controlTar, dataTar] = readAr(bytes).filter((member) => !member.name.startsWith('_'));
    if (version?.name !== 'debian-binary' || !/^2\.\d+\n/.test(latin1(version.data))) {
      throw invalid(subject, 'it is not in the Debian format 2');
    }
    if (controlTar === undefined || !isTar(controlTar, 'control'))
      throw invalid(subject, 'it has no control.tar');
    if (dataTar === undefined || !isTar(dataTar, 'data')) throw invalid(subject, 'it has no data.tar');
    const controlFiles = readControlFiles(
      await unpacked(controlTar.data, { maxBytes: MAX_CONTROL_BYTES, signal: options.signal }),
    );
    const control = parseParagraphs(
      Buffer.from(controlFiles.get('control')?.data ?? []).toString('utf8'),
      (line, reason) => invalid(subject, `line ${line} of its control file is wrong: ${reason}`),
    );
    const [first] = control;
    if (first === undefined || control.length > 1) {
      throw invalid(subject, 'its control file does not have exactly one paragraph');
    }
    const format = detectCompression(dataTar.data) ?? 'none';
    return { control: first, controlFiles, dataTar: { format, bytes: dataTar.data } };
  });
}

/**
 * The data archive as an uncompressed tar of at most `maxBytes`; a view of the package when it is not compressed.
 *
 * @throws PackageError PACKAGE_INVALID; UtilsError CANCELLED, EXEC_NOT_FOUND
 */
export async function readDebData(
  deb: DebFile,
  options: DebReadOptions & { readonly maxBytes: number },
): Promise<Uint8Array> {
  return explained(options.subject ?? 'the package', () => unpacked(deb.dataTar.bytes, options));
}

function isTar(member: ArMember, kind: string): boolean {
  const suffix = member.name.slice(`${kind}.tar`.length);
  return member.name.startsWith(`${kind}.tar`) && /^(?:\.(?:gz|xz|zst|bz2))?$/.test(suffix);
}

async function unpacked(
  bytes: Uint8Array,
  options: { maxBytes: number; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  return detectCompression(bytes) === undefined ? bytes : decompress(bytes, options);
}

function readControlFiles(tar: Uint8Array): Map<string, DebControlFile> {
  const files = new Map<string, DebControlFile>();
  for (const entry of readTar(tar)) if (isControlFile(entry)) files.set(entry.path, entry);
  return files;
}

/** A control archive is flat; dpkg does not look at anything else in it. */
function isControlFile(entry: TarEntry): boolean {
  return entry.type === 'file' && entry.path !== '' && !entry.path.includes('/');
}

async function explained<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unsoundDeb(error, subject);
  }
}

/** Damaged archives are the package's fault; a missing program or a cancelled build is not. */
export function unsoundDeb(error: unknown, subject: string): unknown {
  const code = error instanceof IcError ? damagedArchiveCode(error.code) : 'PACKAGE_INVALID';
  return code === undefined ? error : invalid(subject, messageOf(error), { code, cause: error });
}

function invalid(
  subject: string,
  reason: string,
  { code = 'PACKAGE_INVALID', cause }: { code?: PackageErrorCode; cause?: unknown } = {},
): PackageError {
  return new PackageError(code, `${subject} is not a sound Debian package: ${reason}`, {
    cause,
    hint: 'the repository serves a broken package; use another mirror or another version of it',
  });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
