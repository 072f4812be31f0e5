import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { generateKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { createGnupg } from '../testing/gnupg.js';
import { readKeys } from './public-key.js';
import { verifyDetached } from './verify-detached.js';
import type { Trust } from './verify-signature.js';

const DATA = Buffer.from('the header of a package');
const KEY_MADE = new Date('2020-01-01T00:00:00Z');
const YEAR = 365 * 86_400;
const NOW = new Date('2023-01-01T00:00:00Z');
const SHA256 = 8;

let trust: Trust;
let publicKey: Uint8Array;
let keyId: string;
let privateKey: KeyObject;

beforeAll(async () => {
  const userIDs = [{ name: 'test' }];
  const made = await generateKey({
    ...{ type: 'rsa', rsaBits: 2048, userIDs, subkeys: [], date: KEY_MADE, keyExpirationTime: YEAR },
    format: 'object',
  });
  publicKey = made.publicKey.write();
  const keys = await readKeys(publicKey);
  const fingerprint = keys[0]?.fingerprint ?? '';
  trust = { keys, fingerprints: [fingerprint] };
  keyId = fingerprint.slice(-16);
  const { n, e } = made.publicKey.keyPacket.publicParams as Record<'n' | 'e', Uint8Array>;
  // OpenPGP's u is the inverse of p modulo q: with p and q exchanged, what JWK calls qi.
  const parts = (
    made.privateKey.keyPacket as unknown as { privateParams: Record<'d' | 'p' | 'q' | 'u', Uint8Array> }
  ).privateParams;
  const { d, p: q, q: p, u: qi } = parts;
  const jwk = { kty: 'RSA', ...texts({ n, e, d, p, q, qi, dp: remainder(d, p), dq: remainder(d, q) }) };
  privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
}, 60_000);

function texts(numbers: Record<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64url')]),
  );
}

function remainder(exponent: Uint8Array, prime: Uint8Array): Buffer {
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const hex = (number(exponent) % (number(prime) - 1n)).toString(16);
  return Buffer.from(hex.padStart(2 * prime.length, '0'), 'hex');
}

interface Written {
  readonly type?: number;
  readonly at?: Date;
  readonly algorithm?: number;
  readonly hash?: readonly [number, string];
  readonly keyId?: string;
}

/** A packet as RFC 4880 §5.2.2 has it. */
function signed(data: Uint8Array, written: Written = {}): Buffer {
  const {
    type = 0,
    at = new Date('2020-06-01T00:00:00Z'),
    algorithm = 1,
    hash = [SHA256, 'sha256'],
  } = written;
  const hashed = Buffer.alloc(5);
  hashed.writeUInt8(type, 0);
  hashed.writeUInt32BE(at.getTime() / 1000, 1);
  const value = sign(hash[1], Buffer.concat([data, hashed]), privateKey);
  const issuer = Buffer.from(written.keyId ?? keyId, 'hex');
  const numbers = [Buffer.from([algorithm, hash[0], 0, 0]), Buffer.from([0x08, 0x00]), value];
  const body = Buffer.concat([Buffer.from([3, 5]), hashed, issuer, ...numbers]);
  return packet(body);
}

function packet(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x89, body.length >> 8, body.length & 0xff]), body]);
}

const verify = (signature: Uint8Array, data: Uint8Array = DATA, keyValidAt?: 'signature') =>
  verifyDetached(data, signature, trust, { date: NOW, keyValidAt, subject: 'the package' });
const refusal = (code: string) => expect.objectContaining({ name: 'PackageError', code });

describe('signatures of version 3', () => {
  it('vouch for the data, judged by the time of the signature', async () => {
    await expect(verify(signed(DATA), DATA, 'signature')).resolves.toEqual({
      fingerprint: trust.fingerprints[0],
      signedAt: new Date('2020-06-01T00:00:00Z'),
    });
  });

  it.each<[string, () => Buffer, string]>([
    ['by a key that has expired since', () => signed(DATA), 'KEY_EXPIRED'],
    ['in the future', () => signed(DATA, { at: new Date('2024-01-01T00:00:00Z') }), 'SIGNATURE_INVALID'],
  ])('%s: %s', async (_title, make, code) => {
    await expect(verify(make())).rejects.toEqual(refusal(code));
  });

  it.each<[string, () => Buffer, string]>([
    ['over other data', () => signed(Buffer.from('other')), 'SIGNATURE_INVALID'],
    ['over text', () => signed(DATA, { type: 1 }), 'SIGNATURE_INVALID'],
    ['over a key', () => signed(DATA, { type: 0x18 }), 'SIGNATURE_INVALID'],
    ['said to be by DSA', () => signed(DATA, { algorithm: 17 }), 'SIGNATURE_INVALID'],
    ['with SHA-1', () => signed(DATA, { hash: [2, 'sha1'] }), 'SIGNATURE_WEAK'],
    ['with an unknown hash', () => signed(DATA, { hash: [99, 'sha256'] }), 'SIGNATURE_INVALID'],
    ['after the key expired', () => signed(DATA, { at: new Date('2021-06-01T00:00:00Z') }), 'KEY_EXPIRED'],
    [
      'before the key was made',
      () => signed(DATA, { at: new Date('2019-06-01T00:00:00Z') }),
      'SIGNATURE_INVALID',
    ],
    ['by another key', () => signed(DATA, { keyId: 'DEADBEEFDEADBEEF' }), 'KEY_UNKNOWN'],
    ['cut off', () => packet(signed(DATA).subarray(3, 100)), 'SIGNATURE_INVALID'],
    [
      'with more than a value',
      () => packet(Buffer.concat([signed(DATA).subarray(3), Buffer.alloc(1)])),
      'SIGNATURE_INVALID',
    ],
    ['without a value', () => packet(signed(DATA).subarray(3, 22)), 'SIGNATURE_MISSING'],
    ['of version 2', () => packet(Buffer.from([2, ...signed(DATA).subarray(4)])), 'SIGNATURE_MISSING'],
  ])('%s are refused', async (_title, make, code) => {
    await expect(verify(make(), DATA, 'signature')).rejects.toEqual(refusal(code));
  });

  it('whatever is done to one: it is refused', async () => {
    const good = signed(DATA);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const outcome = await verify(bytes, DATA, 'signature').catch((error) => error);
        // The two bytes of the hash are a hint that only GnuPG reads; three algorithm numbers mean RSA.
        return outcome instanceof Error
          ? outcome.name === 'PackageError'
          : at === 18 || at === 20 || at === 21;
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(!existsSync('/usr/bin/gpgv'))('are such as gpgv accepts', async () => {
    const gnupg = await createGnupg();
    try {
      const { status } = await gnupg.gpgv(publicKey, [signed(DATA), DATA]);
      expect(status).toMatch(/EXPKEYSIG|GOODSIG/);
      expect(status).toContain('VALIDSIG');
    } finally {
      await gnupg.close();
    }
  });
});
