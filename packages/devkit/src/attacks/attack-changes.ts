/** What an attacker does to bytes on their way. */
export const attackChanges = {
  /** One bit of the last byte. */
  flipped(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
    return copy;
  },
  longer: (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.from('more')]),
  cut: (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 10),
  replaced:
    (from: string, to: string) =>
    (bytes: Buffer): Buffer =>
      Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1'),
};
