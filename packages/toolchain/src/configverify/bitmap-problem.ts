/** File header and the fixed part of the information header that follows it. */
export const BITMAP_HEADER_BYTES = 54;
/** Bits of a pixel, and with which of its kinds of compression systemd-stub takes them: 0 is none, 3 are masks for colours. */
const COMPRESSIONS: Readonly<Record<number, readonly number[]>> = {
  1: [0],
  4: [0],
  8: [0],
  16: [0, 3],
  24: [0],
  32: [0, 3],
};

/**
 * Why systemd's stub could not draw a file of which these are the first bytes (Microsoft's "Bitmap Storage"); undefined
 * when nothing stands against it. Pure.
 */
export function bitmapProblem(start: Buffer): string | undefined {
  if (start.toString('latin1', 0, 2) !== 'BM') return 'it is no BMP file';
  if (start.length < BITMAP_HEADER_BYTES) return 'it ends within its headers';
  const [width, height] = [start.readInt32LE(18), start.readInt32LE(22)];
  if (width <= 0 || height <= 0) return `it is ${width} by ${height} pixels large`;
  const [bits, compression] = [start.readUInt16LE(28), start.readUInt32LE(30)];
  if (COMPRESSIONS[bits]?.includes(compression) === true) return undefined;
  return COMPRESSIONS[bits] === undefined
    ? `its pixels have ${bits} bits`
    : `it is compressed (kind ${compression})`;
}
