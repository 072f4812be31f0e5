import { createHash } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DEFAULT_ROUNDS = 5000;
const MIN_ROUNDS = 1000;
const MAX_ROUNDS = 999_999_999;
const SALT_LENGTH = 16;

/**
 * The SHA-512 crypt hash of a password, as crypt(3) writes it with the prefix `$6$`
 * (U. Drepper, "Unix crypt using SHA-256 and SHA-512", 2007; the numbers below are its steps).
 * A salt longer than 16 characters is cut, rounds are brought between 1,000 and 999,999,999.
 */
export function sha512Crypt(password: string, salt: string, rounds?: number): string {
  const key = Buffer.from(password, 'utf8');
  const shortSalt = salt.slice(0, SALT_LENGTH);
  const saltBytes = Buffer.from(shortSalt, 'utf8');
  const count = Math.min(Math.max(rounds ?? DEFAULT_ROUNDS, MIN_ROUNDS), MAX_ROUNDS);
  const first = intermediate(key, saltBytes); // 1–12
  const keySequence = repeated(sha512(...Array<Buffer>(key.length).fill(key)), key.length); // 13–16
  const saltSequence = repeated(
    sha512(...Array<Buffer>(16 + (first[0] ?? 0)).fill(saltBytes)),
    saltBytes.length,
  ); // 17–20
  let digest = first;
  for (let round = 0; round < count; round += 1) {
    const odd = round % 2 === 1;
    digest = sha512(
      odd ? keySequence : digest,
      round % 3 === 0 ? '' : saltSequence,
      round % 7 === 0 ? '' : keySequence,
      odd ? digest : keySequence,
    ); // 21
  }
  const prefix = rounds === undefined ? '$6$' : `$6$rounds=${count}$`;
  return `${prefix}${shortSalt}$${encoded(digest)}`; // 22
}

/** A salt of 16 characters (96 bits) of the crypt alphabet from bytes of a hash. */
export function cryptSalt(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, SALT_LENGTH), (byte) => ALPHABET[byte % 64]).join('');
}

function intermediate(key: Buffer, salt: Buffer): Buffer {
  const alternate = sha512(key, salt, key);
  const parts: (Buffer | string)[] = [key, salt, repeated(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits % 2 === 1 ? alternate : key);
  return sha512(...parts);
}

function sha512(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The digest over and over, cut to a length. */
function repeated(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}

/** The spec's own base 64: three bytes, 21 apart and rotating, make four characters; byte 63 makes the last two. */
function encoded(digest: Buffer): string {
  let text = '';
  let [a, b, c] = [0, 21, 42];
  for (let group = 0; group < 21; group += 1) {
    text += characters(((digest[a] ?? 0) << 16) | ((digest[b] ?? 0) << 8) | (digest[c] ?? 0), 4);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  return text + characters(digest[63] ?? 0, 2);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 63]).join('');
}
