import { readXml, type XmlElement } from './read-xml.js';
import type { Checksum } from './repomd.js';

/** What a mirror list or metalink says. */
export interface MirrorList {
  /** Base URLs of repositories without a slash at the end, in the order in which they are to be tried. */
  readonly urls: readonly string[];
  /** Of repomd.xml: one of these must be its checksum. Mirror lists have none. */
  readonly checksums: readonly Checksum[];
}

/** A mirror list: a URL a line, `#` begins a comment. */
export function parseMirrorList(text: string): MirrorList {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return { urls: unique(lines.filter((line) => line !== '' && !line.startsWith('#'))), checksums: [] };
}

/** The algorithms as RFC 5854 and metalink 3 spell them. */
const ALGORITHMS: ReadonlyMap<
  string,
  { readonly algorithm: Checksum['algorithm']; readonly digits: number }
> = new Map([
  ['sha256', { algorithm: 'sha256', digits: 64 }],
  ['sha-256', { algorithm: 'sha256', digits: 64 }],
  ['sha512', { algorithm: 'sha512', digits: 128 }],
  ['sha-512', { algorithm: 'sha512', digits: 128 }],
]);

const REPOMD_PATH = /\/repodata\/repomd\.xml$/;

/**
 * A metalink for repomd.xml: RFC 5854, or version 3 as Fedora serves it, with the checksums of `mm0:alternates` (older
 * states that mirrors may still have). `fail` makes an error of a reason.
 */
export function parseMetalink(text: string, fail: (reason: string) => Error): MirrorList {
  const root = readXml(text, 'metalink', fail);
  const files = [...root.all('file'), ...root.all('files').flatMap((element) => element.all('file'))];
  const file = files.find((element) => element.attribute('name') === 'repomd.xml');
  if (file === undefined) throw fail('it does not tell of repomd.xml');
  const states = [file, ...file.all('alternates').flatMap((element) => element.all('alternate'))];
  const hashes = states.flatMap((state) => [
    ...state.all('hash'),
    ...state.all('verification').flatMap((element) => element.all('hash')),
  ]);
  const checksums = hashes.flatMap(readHash);
  if (checksums.length === 0) throw fail('it has no sha256 or sha512 checksum of repomd.xml');
  const mirrors = [...file.all('url'), ...file.all('resources').flatMap((element) => element.all('url'))];
  const urls = mirrors
    .filter(({ text: url }) => REPOMD_PATH.test(url))
    .sort((a, b) => rank(a) - rank(b))
    .map(({ text: url }) => url.replace(REPOMD_PATH, ''));
  return { urls: unique(urls), checksums };
}

function readHash(element: XmlElement): Checksum[] {
  const known = ALGORITHMS.get(element.attribute('type')?.toLowerCase() ?? '');
  const hex = element.text.toLowerCase();
  if (known === undefined || hex.length !== known.digits || !/^[0-9a-f]+$/.test(hex)) return [];
  return [{ algorithm: known.algorithm, hex }];
}

/** RFC 5854: a lower `priority` is better; version 3: a higher `preference`. */
function rank(url: XmlElement): number {
  const priority = Number(url.attribute('priority') ?? Number.NaN);
  if (!Number.isNaN(priority)) return priority;
  return -(Number(url.attribute('preference') ?? 0) || 0);
}

function unique(urls: readonly string[]): string[] {
  return [...new Set(urls.map((url) => url.replace(/(?<!\/)\/+$/, '')))];
}
