import { PackageError } from '@ic/package-core';
import { parseParagraphs } from '../deb822.js';

/** What a Release file says of an index file beside it. */
export interface ReleaseFile {
  /** Relative to the Release file. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A suite's Release file: https://wiki.debian.org/DebianRepository/Format. */
export interface Release {
  readonly suite?: string | undefined;
  readonly codename?: string | undefined;
  readonly date?: Date | undefined;
  readonly validUntil?: Date | undefined;
  readonly acquireByHash: boolean;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /**
   * Packages of architecture `all` have lists of their own. Where they do not, the list of each architecture has them,
   * even if a list for `all` lies beside it.
   */
  readonly separateArchitectureAll: boolean;
  /** The SHA256 list, by path. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

/**
 * Reads a Release file whose signature was checked; `subject` names it in messages. Only SHA-256 counts: lists of
 * weaker hashes are not read.
 *
 * @throws PackageError REPOSITORY_INVALID, LOCATION_ESCAPES
 */
export function parseRelease(text: string, subject: string): Release {
  const [paragraph] = parseParagraphs(text, (line, reason) => invalid(subject, `line ${line}: ${reason}`));
  if (paragraph === undefined) throw invalid(subject, 'it is empty');
  const words = (name: string) => (paragraph.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
  const date = (name: string) => {
    const value = paragraph.get(name);
    if (value === undefined) return undefined;
    // Without a zone it is UTC, as apt reads it, and not of this machine's.
    const time = new Date(/[A-Z]$|[+-]\d{4}$/.test(value) ? value : `${value} UTC`);
    if (Number.isNaN(time.getTime())) throw invalid(subject, `its ${name} "${value}" is not a date`);
    return time;
  };
  const list = paragraph.get('SHA256');
  if (list === undefined) throw invalid(subject, 'it has no SHA256 list');
  return {
    suite: paragraph.get('Suite'),
    codename: paragraph.get('Codename'),
    date: date('Date'),
    validUntil: date('Valid-Until'),
    acquireByHash: paragraph.get('Acquire-By-Hash') === 'yes',
    components: words('Components'),
    architectures: words('Architectures'),
    separateArchitectureAll:
      words('Architectures').includes('all') &&
      !words('No-Support-for-Architecture-all').includes('Packages'),
    files: parseFiles(list, subject),
  };
}

function parseFiles(list: string, subject: string): Map<string, ReleaseFile> {
  const files = new Map<string, ReleaseFile>();
  for (const line of list.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^\s*([0-9a-fA-F]{64})\s+(\d{1,15})\s+(\S+)\s*$/.exec(line);
    const [, sha256 = '', size = '', path = ''] = match ?? [];
    if (match === null) throw invalid(subject, `its SHA256 list has the line "${line.trim()}"`);
    if (path.startsWith('/') || path.split('/').includes('..')) throw escapes(subject, path);
    files.set(path, { path, size: Number(size), sha256: sha256.toLowerCase() });
  }
  return files;
}

function escapes(subject: string, path: string): PackageError {
  return new PackageError(
    'LOCATION_ESCAPES',
    `${subject} lists ${JSON.stringify(path)}, which is not a path beside it`,
    { hint: 'the index is damaged or hostile; do not use this repository', details: { path } },
  );
}

function invalid(subject: string, reason: string): PackageError {
  return new PackageError('REPOSITORY_INVALID', `${subject} is not a sound Release file: ${reason}`, {
    hint: 'this is the fault of the repository; use another mirror of it',
  });
}
