const MAGIC = /^07070[12]$/;
const HEADER_BYTES = 110;
const TRAILER = 'TRAILER!!!';

/** Where the uncompressed archives of an initramfs lie; byte offsets. */
export interface CpioArchives {
  /** End of the leading archive when that is one for the early kernel (microcode, ACPI tables), padded; 0 without one. */
  readonly earlyEnd: number;
  /** Behind the last archive: what follows, if anything, is of another form. */
  readonly end: number;
}

/**
 * Finds the concatenated newc archives that an initramfs begins with (kernel Documentation/driver-api/early-userspace/
 * buffer-format.rst). The early kernel reads only an uncompressed first archive whose files lie below `kernel/`, so that
 * one must stay as it is.
 */
export function cpioArchives(bytes: Buffer): CpioArchives {
  let earlyEnd = 0;
  let end = 0;
  for (let start = 0, first = true; ; first = false) {
    const archive = readArchive(bytes, start);
    if (archive === undefined) break;
    end = archive.end;
    if (first && archive.isEarly) earlyEnd = end;
    start = end;
  }
  return { earlyEnd, end };
}

function readArchive(
  bytes: Buffer,
  start: number,
): { readonly end: number; readonly isEarly: boolean } | undefined {
  let isEarly = true;
  for (let at = start; ; ) {
    if (at + HEADER_BYTES > bytes.length || !MAGIC.test(bytes.toString('latin1', at, at + 6)))
      return undefined;
    const fileSize = field(bytes, at, 6);
    const nameSize = field(bytes, at, 11);
    const name = bytes.toString('latin1', at + HEADER_BYTES, at + HEADER_BYTES + nameSize - 1);
    const next = start + align(align(at - start + HEADER_BYTES + nameSize) + fileSize);
    if (Number.isNaN(next) || next > bytes.length + 3) return undefined;
    if (name === TRAILER) return { end: skipZeros(bytes, Math.min(next, bytes.length)), isEarly };
    if (!/^(?:\.\/)?(?:\.|kernel(?:\/.*)?|early_cpio)$/.test(name)) isEarly = false;
    at = next;
  }
}

/** One of the thirteen hexadecimal fields behind the magic number. */
function field(bytes: Buffer, header: number, index: number): number {
  const text = bytes.toString('latin1', header + 6 + index * 8, header + 14 + index * 8);
  return /^[0-9A-Fa-f]{8}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

function align(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

function skipZeros(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at += 1;
  return at;
}
