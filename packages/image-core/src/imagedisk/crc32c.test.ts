import { expect, it } from 'vitest';
import { crc32c } from './crc32c.js';

const finished = (bytes: Uint8Array) => (crc32c(bytes, 0xffffffff) ^ 0xffffffff) >>> 0;

it.each([
  ['nine digits', Buffer.from('123456789'), 0xe3069283], // the catalogue's check value
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa], // RFC 3720 B.4
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
])('crc32c of %s', (_title, bytes, value) => {
  expect(finished(bytes)).toBe(value);
});

it('goes on where it stopped', () => {
  const bytes = Buffer.from('123456789');
  const half = crc32c(bytes.subarray(0, 4), 0xffffffff);
  expect(crc32c(bytes.subarray(4), half)).toBe(crc32c(bytes, 0xffffffff));
});
