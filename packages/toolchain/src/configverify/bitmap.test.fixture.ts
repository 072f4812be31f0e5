/** For tests: a BMP file of one grey pixel, with these fields of its headers. */
export function bitmap({ bits = 24, compression = 0, width = 1, height = 1 } = {}): Buffer {
  const bytes = Buffer.alloc(58, 0x40);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(0, 6);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(bits, 28);
  bytes.writeUInt32LE(compression, 30);
  bytes.fill(0, 34, 54);
  return bytes;
}
