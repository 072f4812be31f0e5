import { malformed } from './malformed.js';

const MAGIC = /^07070X[0-9a-fA-F]{8}$/;
const HEADER_BYTES = 14;
/** The trailer is one of newc. */
const TRAILER = /^070701[0-9a-fA-F]{104}TRAILER!!!\0$/;
const TRAILER_BYTES = 121;

/**
 * The members of rpm's own kind of cpio (`07070X`), which names files by their index in the header and takes their
 * sizes from there: for files beyond 4 GiB, and always in format 6. Undefined when the archive is of another kind.
 * Format: rpm, lib/cpio.cc.
 *
 * @param look what is known of the file with an index, and the bytes it has in the archive
 */
export function readStrippedCpio<File>(
  archive: Uint8Array,
  look: (index: number) => { readonly file: File; readonly size: number },
): Generator<{ file: File; data: Uint8Array }, void, undefined> | undefined {
  const buffer = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  return buffer.toString('latin1', 0, 6) === '07070X' ? walk(buffer, look) : undefined;
}

function* walk<File>(
  archive: Buffer,
  look: (index: number) => { readonly file: File; readonly size: number },
): Generator<{ file: File; data: Uint8Array }, void, undefined> {
  let position = 0;
  for (;;) {
    const header = archive.toString('latin1', position, position + HEADER_BYTES);
    if (!MAGIC.test(header)) {
      if (TRAILER.test(archive.toString('latin1', position, position + TRAILER_BYTES))) return;
      throw malformed(`there is no cpio header at byte ${position} of its payload`);
    }
    const { file, size } = look(Number.parseInt(header.slice(6), 16));
    const start = aligned(position + HEADER_BYTES);
    const end = start + size;
    if (end > archive.length) throw malformed(`its payload is cut off at byte ${position}`);
    yield { file, data: archive.subarray(start, end) };
    position = aligned(end);
  }
}

/** Members begin at multiples of four bytes. */
function aligned(position: number): number {
  return Math.ceil(position / 4) * 4;
}
