import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A number that changes whenever a package of the workspace is compiled to something else: the checksum of the compiler's
 * notes, which hold a hash of each source. Undefined where the packages are installed, without those notes.
 */
export function compiledState() {
  const notes = readdirSync(PACKAGES).sort().flatMap(notesOf);
  return notes.length === 0 ? undefined : notes.reduce((sum, bytes) => crc32(bytes, sum), 0);
}

/** @param {string} name */
function notesOf(name) {
  try {
    return [readFileSync(`${PACKAGES}${name}/dist/.tsbuildinfo`)];
  } catch {
    return [];
  }
}
