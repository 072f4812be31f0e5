import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Big reads keep the hash, not the event loop, the bottleneck. */
const CHUNK = 1024 * 1024;

/** The SHA-256 of bytes or text, in lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The SHA-256 of a file's bytes, in lower-case hex. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A UUID (RFC 9562 version 8 layout) that depends on the seed and the names alone: the same every time. */
export function seededUuid(seed: string, ...names: readonly string[]): string {
  const bytes = createHash('sha256')
    .update([seed, ...names].join('\0'))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
