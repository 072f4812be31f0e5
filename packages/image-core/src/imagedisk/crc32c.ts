const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value;
});

/** CRC-32C (Castagnoli) as ext4 uses it: continued from `seed`, without inversion at either end. */
export function crc32c(bytes: Uint8Array, seed: number): number {
  let value = seed;
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return value >>> 0;
}
