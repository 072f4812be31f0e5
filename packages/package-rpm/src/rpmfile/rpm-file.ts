import type { Dependency } from '../dependency.js';
import type { Evr } from '../evr.js';
import { type RpmFileEntry, readFiles } from './files.js';
import { type Header, MAIN_LIMITS, readHeader, SIGNATURE_LIMITS } from './header.js';
import { malformed, unsound } from './malformed.js';
import { type RelationKind, readRelations } from './relations.js';
import { SCRIPTLET_TAGS, SIGNATURE_TAG, TAG } from './tags.js';

export type ScriptletName = keyof typeof SCRIPTLET_TAGS;

/** A package file, its headers read and its payload as it stands. */
export interface RpmFile extends Readonly<Record<RelationKind, readonly Dependency[]>> {
  readonly name: string;
  readonly evr: Evr & { readonly release: string };
  /** x86_64, noarch, …; `src` for a source package. */
  readonly architecture: string;
  readonly sourceRpm: string | undefined;
  readonly files: readonly RpmFileEntry[];
  /** OpenPGP's number of the algorithm of the files' digests (RFC 9580 §9.5). */
  readonly fileDigestAlgorithm: number;
  /** The scriptlets that the package has, each with the program that runs it and its arguments. */
  readonly scriptlets: ReadonlyMap<ScriptletName, readonly string[]>;
  readonly payload: RpmPayload;
  readonly signatureHeader: Header;
  readonly mainHeader: Header;
}

export interface RpmPayload {
  /** Still compressed. */
  readonly bytes: Uint8Array;
  /** `cpio`; `drpm` for a delta. */
  readonly format: string;
  /** What the header calls its compression: gzip, bzip2, xz, lzma, zstd; may be empty for none. */
  readonly compressor: string;
  /** Bytes after decompression, where the package says it. */
  readonly size: number | undefined;
}

export interface RpmReadOptions {
  /** What it is called in messages; default `the package`. */
  readonly subject?: string | undefined;
}

const LEAD_BYTES = 96;
const LEAD_MAGIC = 0xedabeedb;
/** A signature header follows: the only kind there has been since 1998. */
const HEADER_SIGNATURE = 5;
const MD5 = 1;

/**
 * Reads an rpm package of format 3, 4 or 6: lead, signature header, main header; nothing is decompressed. Whether
 * digests and signatures hold is `verifyPackages`' question.
 *
 * @throws PackageError PACKAGE_INVALID
 */
export function readRpm(bytes: Uint8Array, options: RpmReadOptions = {}): RpmFile {
  try {
    return read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    throw unsound(error, options.subject);
  }
}

function read(bytes: Buffer): RpmFile {
  checkLead(bytes);
  const signatureHeader = readHeader(bytes, LEAD_BYTES, {
    region: SIGNATURE_TAG.region,
    limits: SIGNATURE_LIMITS,
  });
  const mainStart = LEAD_BYTES + Math.ceil(signatureHeader.bytes.length / 8) * 8;
  const mainHeader = readHeader(bytes, mainStart, { region: TAG.region, limits: MAIN_LIMITS });
  const sourceRpm = mainHeader.string(TAG.sourceRpm);
  return {
    name: required(mainHeader, TAG.name),
    evr: {
      epoch: mainHeader.number(TAG.epoch) ?? 0,
      version: required(mainHeader, TAG.version),
      release: required(mainHeader, TAG.release),
    },
    architecture: sourceRpm === undefined ? 'src' : required(mainHeader, TAG.architecture),
    sourceRpm,
    // Those of a source package are no paths.
    files: sourceRpm === undefined ? [] : readFiles(mainHeader),
    fileDigestAlgorithm: mainHeader.number(TAG.fileDigestAlgorithm) ?? MD5,
    scriptlets: readScriptlets(mainHeader),
    provides: readRelations(mainHeader, 'provides'),
    requires: readRelations(mainHeader, 'requires'),
    conflicts: readRelations(mainHeader, 'conflicts'),
    obsoletes: readRelations(mainHeader, 'obsoletes'),
    recommends: readRelations(mainHeader, 'recommends'),
    suggests: readRelations(mainHeader, 'suggests'),
    supplements: readRelations(mainHeader, 'supplements'),
    enhances: readRelations(mainHeader, 'enhances'),
    order: readRelations(mainHeader, 'order'),
    payload: {
      bytes: bytes.subarray(mainStart + mainHeader.bytes.length),
      format: mainHeader.string(TAG.payloadFormat) ?? 'cpio',
      compressor: mainHeader.string(TAG.payloadCompressor) ?? '',
      size: payloadSize(signatureHeader, mainHeader),
    },
    signatureHeader,
    mainHeader,
  };
}

function checkLead(bytes: Buffer): void {
  if (bytes.length < LEAD_BYTES || bytes.readUInt32BE(0) !== LEAD_MAGIC) throw malformed('it is no rpm file');
  const [format, signatureType] = [bytes.readUInt8(4), bytes.readUInt16BE(78)];
  if ((format !== 3 && format !== 4) || signatureType !== HEADER_SIGNATURE) {
    throw malformed(`it is of format ${format} with signatures of type ${signatureType}`);
  }
}

function required(header: Header, tag: number): string {
  const text = header.string(tag);
  if (text === undefined || text === '') throw malformed(`its header has no tag ${tag}`);
  return text;
}

function readScriptlets(header: Header): Map<ScriptletName, readonly string[]> {
  const scriptlets = new Map<ScriptletName, readonly string[]>();
  for (const name of Object.keys(SCRIPTLET_TAGS) as ScriptletName[]) {
    const [program, text] = SCRIPTLET_TAGS[name];
    if (header.has(program) || header.has(text)) {
      scriptlets.set(name, header.strings(program) ?? ['/bin/sh']);
    }
  }
  return scriptlets;
}

function payloadSize(signatureHeader: Header, mainHeader: Header): number | undefined {
  return (
    mainHeader.number(TAG.payloadSizeAlternative) ??
    signatureHeader.number(SIGNATURE_TAG.longArchiveSize) ??
    signatureHeader.number(SIGNATURE_TAG.archiveSize) ??
    mainHeader.number(TAG.archiveSize)
  );
}
