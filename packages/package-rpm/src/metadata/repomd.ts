import { PackageError } from '@ic/package-core';
import { readXml, type XmlElement } from './read-xml.js';

export interface Checksum {
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower-case hex. */
  readonly hex: string;
}

/** What repomd.xml says of a metadata file beside it. */
export interface RepomdFile {
  /** `primary`, `filelists`, `modules`, … */
  readonly type: string;
  /** Below the repository's URL. */
  readonly path: string;
  /** Of the file as it is served. */
  readonly checksum: Checksum;
  /** Bytes of the file as it is served. */
  readonly size?: number | undefined;
  /** Of what is in it, where it is compressed. */
  readonly openChecksum?: Checksum | undefined;
  readonly openSize?: number | undefined;
}

/** A repository's repomd.xml, as createrepo writes it. */
export interface Repomd {
  /** When the repository was made: its revision, where that is a time, else that of its newest file. */
  readonly date?: Date | undefined;
  /** Its revision, where that is a number and no time: one that grows, as far as anybody knows. */
  readonly revision?: number | undefined;
  readonly primary: RepomdFile;
  readonly filelists?: RepomdFile | undefined;
  /** Of module streams. */
  readonly modules?: RepomdFile | undefined;
}

/**
 * Reads a repomd.xml whose signature was checked; `subject` names it in messages.
 *
 * @throws PackageError LOCATION_ESCAPES; REPOSITORY_INVALID, for files with weaker checksums than SHA-256 too
 */
export function parseRepomd(text: string, subject: string): Repomd {
  const root = readXml(text, 'repomd', (reason) => invalid(subject, reason));
  const data = root.all('data');
  // Databases and zchunk files of the same content are not read: what is said of them does not matter.
  const file = (type: string) => {
    const element = data.find((candidate) => candidate.attribute('type') === type);
    return element && readFile(element, type, subject);
  };
  const primary = file('primary');
  if (primary === undefined) throw invalid(subject, 'it lists no primary metadata');
  return {
    date: dateOf(root, data),
    revision: revisionOf(root),
    primary,
    filelists: file('filelists'),
    modules: file('modules'),
  };
}

function readFile(element: XmlElement, type: string, subject: string): RepomdFile {
  const path = element.first('location')?.attribute('href') ?? '';
  const isBelow =
    /^[^\p{Cc}\\]+$/u.test(path) &&
    !/^[a-z][a-z0-9+.-]*:/i.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isBelow || element.first('location')?.attribute('xml:base') !== undefined) {
    throw new PackageError(
      'LOCATION_ESCAPES',
      `${subject} places its ${type} file at ${JSON.stringify(path)}, which is not a path below the repository`,
      { hint: 'the index is damaged or hostile; do not use this repository', details: { path } },
    );
  }
  const checksum = readChecksum(element.first('checksum'), type, subject);
  if (checksum === undefined) throw invalid(subject, `its ${type} file has no checksum`);
  return {
    type,
    path,
    checksum,
    size: readSize(element, 'size', type, subject),
    openChecksum: readChecksum(element.first('open-checksum'), type, subject),
    openSize: readSize(element, 'open-size', type, subject),
  };
}

const HEX_DIGITS = { sha256: 64, sha512: 128 } as const;

function readChecksum(element: XmlElement | undefined, type: string, subject: string): Checksum | undefined {
  if (element === undefined) return undefined;
  const algorithm = element.attribute('type')?.toLowerCase() ?? '';
  if (algorithm !== 'sha256' && algorithm !== 'sha512') {
    throw invalid(
      subject,
      `its ${type} file has a checksum of the type ${JSON.stringify(algorithm)}, and only sha256 and sha512 count`,
    );
  }
  const hex = element.text.toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex) || hex.length !== HEX_DIGITS[algorithm]) {
    throw invalid(subject, `its ${type} file has the ${algorithm} checksum ${JSON.stringify(hex)}`);
  }
  return { algorithm, hex };
}

function readSize(element: XmlElement, name: string, type: string, subject: string): number | undefined {
  const text = element.first(name)?.text;
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw invalid(subject, `its ${type} file has the ${name} ${JSON.stringify(text)}`);
  return Number(text);
}

/** Seconds since 1970 from 2001 to 2286 have ten digits; other revisions are not times. */
function dateOf(root: XmlElement, data: readonly XmlElement[]): Date | undefined {
  const revision = root.first('revision')?.text ?? '';
  const times = /^\d{10}$/.test(revision)
    ? [revision]
    : data
        .map((element) => element.first('timestamp')?.text ?? '')
        .filter((text) => /^\d{10}(\.\d+)?$/.test(text));
  const newest = times.reduce((latest, time) => Math.max(latest, Number(time)), 0);
  return times.length === 0 ? undefined : new Date(newest * 1000);
}

/** Zero stands for none where tools have to write something. */
function revisionOf(root: XmlElement): number | undefined {
  const revision = root.first('revision')?.text ?? '';
  return /^\d{1,15}$/.test(revision) && !/^(\d{10}|0+)$/.test(revision) ? Number(revision) : undefined;
}

function invalid(subject: string, reason: string): PackageError {
  return new PackageError('REPOSITORY_INVALID', `${subject} is not a sound repomd.xml: ${reason}`, {
    hint: 'this is the fault of the repository; use another mirror of it',
  });
}
