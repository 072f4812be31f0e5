/** What is read before anybody has vouched for it: signed texts, signatures and keys. */
import { afterAll, beforeAll, it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { createGnupg, type Gnupg } from '../src/testing/gnupg.js';
import { readKeys } from '../src/trust/public-key.js';
import { verifyClearSigned } from '../src/trust/verify-clear-signed.js';
import { verifyDetached } from '../src/trust/verify-detached.js';
import type { Trust, VerifyOptions } from '../src/trust/verify-signature.js';

const TEXT = `Origin: Test
Suite: stable
- dashed
SHA256:
 ${'0'.repeat(64)} 10 main/binary-amd64/Packages
`;
const OPTIONS: VerifyOptions = { date: new Date('2026-06-01'), subject: 'the index' };
const CODES = [
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNATURE_WEAK',
  'KEY_WEAK',
  'INDEX_TRUNCATED',
  'KEY_UNKNOWN',
  'KEY_EXPIRED',
  'KEY_REVOKED',
  'KEY_REJECTED',
];
const ARMOR = [
  ...[
    '-----BEGIN PGP SIGNED MESSAGE-----\n',
    '-----BEGIN PGP SIGNATURE-----\n',
    '-----END PGP SIGNATURE-----\n',
  ],
  ...['-----BEGIN PGP PUBLIC KEY BLOCK-----\n', '-----END PGP PUBLIC KEY BLOCK-----\n', '-----'],
  ...['Hash: SHA512\n', 'Hash: ', '\n', '\n\n', '\r\n', '- ', '=', '=njUN\n', 'Version: 1\n', ' \t'],
];
/** Heads of OpenPGP packets: signatures, keys, user ids, compressed data, indeterminate and partial lengths. */
const PACKETS = [0x88, 0x89, 0x8b, 0x98, 0x99, 0xb4, 0xc2, 0xc6, 0xc8, 0xa3, 0xcb, 0xd2, 0xff, 0xe0].map(
  (tag) => Buffer.from([tag]),
);

let gnupg: Gnupg;
let trust: Trust;
let signed: Readonly<Record<'text' | 'detached' | 'armored' | 'rsa', Uint8Array>>;
let keys: Readonly<Record<'binary' | 'armored', Uint8Array>>;

beforeAll(async () => {
  gnupg = await createGnupg();
  const at = '20260101T000000';
  const elliptic = await gnupg.generate('Elliptic <e@example.org>', { at });
  const rsa = await gnupg.generate('Rsa <r@example.org>', { algorithm: 'rsa2048', at });
  await gnupg.addSubkey(elliptic);
  const fingerprints = [elliptic, rsa];
  const text = Buffer.from(TEXT);
  keys = {
    binary: await gnupg.exportKeys(fingerprints),
    armored: await gnupg.exportKeys(fingerprints, true),
  };
  signed = {
    text: Buffer.from(await gnupg.clearSign(TEXT, fingerprints, { at })),
    detached: await gnupg.detachSign(text, fingerprints, { at }),
    armored: await gnupg.detachSign(text, fingerprints, { at, armored: true }),
    rsa: await gnupg.detachSign(text, [rsa], { at, digest: 'SHA1' }),
  };
  trust = { keys: await readKeys(keys.binary), fingerprints };
});
afterAll(() => gnupg.close());

const run = fuzzRun(process.env);

it('clear-signed text', async () => {
  const target: FuzzTarget = {
    name: 'clear-signed text',
    inputs: 25_000,
    seeds: [signed.text, Buffer.concat([signed.text, signed.text])],
    words: ARMOR,
    codes: CODES,
    async read(input) {
      const { text, fingerprint } = await verifyClearSigned(input.toString('utf8'), trust, OPTIONS);
      if (text !== TEXT.trimEnd() && text !== TEXT) throw new Error(`another text is taken: ${text}`);
      return { text, fingerprint };
    },
  };
  console.log(await runFuzz(target, run));
});

it('detached signature', async () => {
  const target: FuzzTarget = {
    name: 'detached signature',
    inputs: 40_000,
    seeds: [signed.detached, signed.armored, signed.rsa],
    words: [...ARMOR, ...PACKETS],
    codes: CODES,
    read: (input) => verifyDetached(Buffer.from(TEXT), input, trust, OPTIONS),
  };
  console.log(await runFuzz(target, run));
});

it('keys', async () => {
  const target: FuzzTarget = {
    name: 'keys',
    inputs: 25_000,
    seeds: [keys.binary, keys.armored, Buffer.concat([keys.armored, keys.armored])],
    words: [...ARMOR, ...PACKETS],
    codes: ['KEY_UNAVAILABLE'],
    read: async (input) =>
      (await readKeys(input)).map(({ fingerprint, userIds }) => ({ fingerprint, userIds })),
  };
  console.log(await runFuzz(target, run));
});

it('signature against damaged keys', async () => {
  const target: FuzzTarget = {
    name: 'signature against damaged keys',
    inputs: 15_000,
    seeds: [keys.binary],
    words: PACKETS,
    codes: [...CODES, 'KEY_UNAVAILABLE'],
    async read(input) {
      const damaged = { keys: await readKeys(input), fingerprints: trust.fingerprints };
      const { fingerprint } = await verifyDetached(Buffer.from(TEXT), signed.detached, damaged, OPTIONS);
      return fingerprint;
    },
  };
  console.log(await runFuzz(target, run));
});
