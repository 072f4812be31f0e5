import { UtilsError } from '../errors.js';

/**
 * The bytes of a name as text. Names that are not UTF-8 are refused: a replacement character would create
 * another file than the package has.
 */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const byte of buffer) {
    if (byte >= 0x80) return decodeUtf8(buffer);
  }
  return buffer.toString('latin1');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw archiveInvalid(`a name is not UTF-8 (${JSON.stringify(bytes.toString('latin1'))})`, cause);
  }
}

/**
 * A member's name as a path relative to the root: no leading `/` or `./`, no empty or `.` component, no trailing
 * slash; the root itself is the empty string.
 *
 * @throws UtilsError ARCHIVE_ESCAPES for a `..` component, ARCHIVE_INVALID for a NUL
 */
export function normaliseArchivePath(name: string): string {
  if (name.includes('\0')) throw archiveInvalid(`a name contains a NUL byte (${JSON.stringify(name)})`);
  let start = 0;
  let end = name.length;
  if (name.startsWith('./')) start = 2;
  if (end > start && name.charCodeAt(end - 1) === SLASH) end -= 1;
  const path = name.slice(start, end);
  if (path !== '' && path !== '.' && path !== '..' && !NEEDS_CARE.test(path)) return path;
  const components: string[] = [];
  for (const component of path.split('/')) {
    if (component === '..') throw archiveEscapes(name);
    if (component !== '' && component !== '.') components.push(component);
  }
  return components.join('/');
}

const SLASH = 0x2f;
/** An empty, `.` or `..` component may be there. */
const NEEDS_CARE = /^\.{0,2}\/|\/\.{0,2}(?:\/|$)/;

function archiveEscapes(name: string): UtilsError {
  return new UtilsError('ARCHIVE_ESCAPES', `the archive has a name that leaves it: ${JSON.stringify(name)}`, {
    hint: 'the archive is hostile; do not use its source',
    details: { name },
  });
}

export function archiveInvalid(what: string, cause?: unknown): UtilsError {
  return new UtilsError('ARCHIVE_INVALID', `the archive is malformed: ${what}`, {
    cause,
    hint: 'the file is damaged or was not made by the usual tools; fetch or build it again',
  });
}
