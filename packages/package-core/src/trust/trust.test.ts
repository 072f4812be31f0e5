import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { config, enums, generateKey, SignaturePacket } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../lockfile/lockfile.test.fixture.js';
import { createGnupg, type Gnupg } from '../testing/gnupg.js';
import { loadPinnedKeys } from './pinned-keys.js';
import { readKeys } from './public-key.js';
import { verifyClearSigned } from './verify-clear-signed.js';
import { signedData, verifyDetached } from './verify-detached.js';
import { type Trust, verifySignatures } from './verify-signature.js';

const withGnupg = existsSync('/usr/bin/gpg') && existsSync('/usr/bin/gpgv');
const TEXT = 'Origin: Test\n- a line with a dash\nFrom here  \n\nSuite: stable\n';
/** What of TEXT a signature covers: no white space at line ends, no line break at the end. */
const COVERED = 'Origin: Test\n- a line with a dash\nFrom here\n\nSuite: stable';
const now = () => new Date(Date.now() + 1000);

const KEYS = ['good', 'rsa', 'other', 'weak', 'dsa', 'expired', 'revoked', 'subkey'] as const;
type KeyName = (typeof KEYS)[number];

describe.skipIf(!withGnupg)('signatures made by GnuPG', () => {
  let gnupg: Gnupg;
  const fingerprints = {} as Record<KeyName, string>;
  let keyring: Buffer;

  beforeAll(async () => {
    gnupg = await createGnupg();
    fingerprints.good = await gnupg.generate('Good <good@example.org>');
    fingerprints.rsa = await gnupg.generate('RSA', { algorithm: 'rsa2048' });
    fingerprints.other = await gnupg.generate('Other');
    fingerprints.weak = await gnupg.generate('Weak', { algorithm: 'rsa1024' });
    fingerprints.dsa = await gnupg.generate('DSA', { algorithm: 'dsa1024' });
    fingerprints.expired = await gnupg.generate('Expired', { at: '20200101T000000', expires: '30d' });
    fingerprints.revoked = await gnupg.generate('Revoked');
    fingerprints.subkey = await gnupg.generate('Subkey');
    await gnupg.addSubkey(fingerprints.subkey);
  }, 60_000);
  afterAll(() => gnupg?.close());

  async function trusting(...names: readonly KeyName[]): Promise<Trust> {
    keyring = await gnupg.exportKeys(names.map((name) => fingerprints[name]));
    return { keys: await readKeys(keyring), fingerprints: names.map((name) => fingerprints[name]) };
  }

  interface Case {
    readonly title: string;
    readonly signers: readonly KeyName[];
    readonly pinned: readonly KeyName[];
    readonly alter?: (text: string) => string;
    readonly at?: string;
    readonly digest?: string;
    readonly keyValidAt?: 'signature';
    readonly weakDigests?: true;
    /** What is told of a signature that counts with weakDigests alone. */
    readonly weakness?: RegExp;
    /** An error code, or the key whose signature counted. */
    readonly expected: string;
    /** Where our policy is stricter or laxer than gpgv's on purpose. */
    readonly gpgvDiffers?: true;
  }

  const altered = (text: string) => text.replace('Suite: stable', 'Suite: stabel');
  const cases: Case[] = [
    { title: 'ed25519', signers: ['good'], pinned: ['good'], expected: 'good' },
    { title: 'rsa2048', signers: ['rsa'], pinned: ['rsa'], expected: 'rsa' },
    { title: 'by a subkey of a pinned key', signers: ['subkey'], pinned: ['subkey'], expected: 'subkey' },
    {
      title: 'by a pinned and by another key',
      signers: ['other', 'good'],
      pinned: ['good'],
      expected: 'good',
      gpgvDiffers: true,
    },
    { title: 'by one of two pinned keys', signers: ['rsa'], pinned: ['good', 'rsa'], expected: 'rsa' },
    { title: 'by another key', signers: ['other'], pinned: ['good'], expected: 'KEY_UNKNOWN' },
    { title: 'by no pinned key at all', signers: ['good'], pinned: [], expected: 'KEY_UNKNOWN' },
    { title: 'altered', signers: ['good'], pinned: ['good'], alter: altered, expected: 'SIGNATURE_INVALID' },
    {
      title: 'with white space at a line end that nobody signed',
      signers: ['good'],
      pinned: ['good'],
      alter: (text) => text.replace('Suite: stable', 'Suite: stable \t'),
      expected: 'good',
    },
    {
      title: 'by an expired key while it was valid',
      signers: ['expired'],
      pinned: ['expired'],
      at: '20200110T000000',
      expected: 'KEY_EXPIRED',
    },
    {
      title: 'by an expired key while it was valid, judged by the time of the signature',
      signers: ['expired'],
      pinned: ['expired'],
      at: '20200110T000000',
      keyValidAt: 'signature',
      expected: 'expired',
      gpgvDiffers: true,
    },
    {
      title: 'by a key of 1024 bits',
      signers: ['weak'],
      pinned: ['weak'],
      expected: 'KEY_WEAK',
      gpgvDiffers: true,
    },
    {
      title: 'by a DSA key',
      signers: ['dsa'],
      pinned: ['dsa'],
      expected: 'SIGNATURE_WEAK',
      gpgvDiffers: true,
    },
    {
      title: 'by weak keys and a good one',
      signers: ['weak', 'dsa', 'rsa'],
      pinned: ['weak', 'dsa', 'rsa'],
      expected: 'rsa',
    },
    {
      title: 'over SHA-1',
      signers: ['rsa'],
      pinned: ['rsa'],
      digest: 'SHA1',
      expected: 'SIGNATURE_WEAK',
      gpgvDiffers: true,
    },
    { title: 'over MD5', signers: ['rsa'], pinned: ['rsa'], digest: 'MD5', expected: 'SIGNATURE_WEAK' },
    ...(
      [
        ['by a key of 1024 bits', 'weak', 'SHA256', /1024 bits, fewer than 2048/],
        ['by a DSA key', 'dsa', 'SHA256', /DSA key of 1024 bits/],
        ['over SHA-1', 'rsa', 'SHA1', /broken hash SHA-1/],
        ['over MD5', 'rsa', 'MD5', /broken hash MD5/],
      ] as const
    ).map(
      ([what, key, digest, weakness]): Case => ({
        title: `${what}, with weakDigests`,
        ...{ signers: [key], pinned: [key], expected: key, digest, weakness, weakDigests: true },
        gpgvDiffers: true,
      }),
    ),
    {
      title: 'altered and over SHA-1, with weakDigests',
      ...{ signers: ['rsa'], pinned: ['rsa'], digest: 'SHA1', alter: altered, weakDigests: true },
      expected: 'SIGNATURE_INVALID',
    },
    {
      title: 'by another weak key, with weakDigests',
      ...{ signers: ['weak'], pinned: ['good'], weakDigests: true, expected: 'KEY_UNKNOWN' },
    },
    {
      title: 'over RIPEMD-160, with weakDigests',
      ...{ signers: ['rsa'], pinned: ['rsa'], digest: 'RIPEMD160', weakDigests: true },
      expected: 'SIGNATURE_INVALID',
      gpgvDiffers: true,
    },
    {
      title: 'in the future',
      signers: ['good'],
      pinned: ['good'],
      at: '20400101T000000',
      expected: 'SIGNATURE_INVALID',
      gpgvDiffers: true,
    },
  ];

  it.each(cases)('$title: $expected', async (row) => {
    const trust = { ...(await trusting(...row.pinned)), weakDigests: row.weakDigests };
    if (row.pinned.length === 0) Object.assign(trust, { keys: (await trusting(...row.signers)).keys });
    const options = { date: now(), keyValidAt: row.keyValidAt, subject: 'the test file' };
    const signers = row.signers.map((name) => fingerprints[name]);
    const signing = { ...(row.at && { at: row.at }), ...(row.digest && { digest: row.digest }) };
    const alter = row.alter ?? ((text: string) => text);

    const clear = alter(await gnupg.clearSign(TEXT, signers, signing));
    const outcome = await verifyClearSigned(clear, trust, options).catch((error) => error);
    const data = Buffer.from(alter(TEXT));
    const signature = await gnupg.detachSign(Buffer.from(TEXT), signers, signing);
    const detached = await verifyDetached(data, signature, trust, options).catch((error) => error);

    const isCode = row.expected === row.expected.toUpperCase();
    if (isCode) {
      expect(outcome).toMatchObject({ name: 'PackageError', code: row.expected });
      expect(detached).toMatchObject({ name: 'PackageError', code: row.expected });
    } else {
      expect(outcome).toMatchObject({ text: COVERED, fingerprint: fingerprints[row.expected as KeyName] });
      if (row.weakness) expect(outcome.weakness).toMatch(row.weakness);
      else expect(outcome).not.toHaveProperty('weakness');
      if (row.alter === undefined) expect(detached.fingerprint).toBe(fingerprints[row.expected as KeyName]);
    }
    if (row.gpgvDiffers !== true && row.pinned.length > 0) {
      expect((await gnupg.gpgv(keyring, [Buffer.from(clear)])).accepted).toBe(!isCode);
      if (row.alter === undefined) {
        expect((await gnupg.gpgv(keyring, [signature, data])).accepted).toBe(!isCode);
      }
    }
  });

  it('a revoked key is rejected, whenever it signed', async () => {
    const text = await gnupg.clearSign(TEXT, [fingerprints.revoked]);
    const options = { date: now(), subject: 'the test file' };
    await expect(verifyClearSigned(text, await trusting('revoked'), options)).resolves.toBeDefined();
    await gnupg.revoke(fingerprints.revoked);
    const trust = await trusting('revoked');
    const rejected = { code: 'KEY_REVOKED', message: expect.stringContaining('revoked') };
    await expect(verifyClearSigned(text, trust, options)).rejects.toMatchObject(rejected);
    await expect(
      verifyClearSigned(text, trust, { ...options, keyValidAt: 'signature' }),
    ).rejects.toMatchObject(rejected);
    expect((await gnupg.gpgv(keyring, [Buffer.from(text)])).accepted).toBe(false);
  });

  it('a revocation counts that only the second copy of the key in a file has', async () => {
    const fingerprint = await gnupg.generate('Twice');
    const text = await gnupg.clearSign(TEXT, [fingerprint]);
    const before = await gnupg.exportKeys([fingerprint], true);
    await gnupg.revoke(fingerprint);
    const after = await gnupg.exportKeys([fingerprint], true);
    const options = { date: now(), subject: 'the test file' };
    for (const file of [Buffer.concat([before, after]), Buffer.concat([after, before])]) {
      const trust = await loadPinnedKeys(repository({ keySources: ['/key'], fingerprints: [fingerprint] }), {
        fetcher: { bytes: () => Promise.reject(new Error('no network')) },
        readFile: async () => file,
      });
      await expect(verifyClearSigned(text, trust, options)).rejects.toMatchObject({ code: 'KEY_REVOKED' });
    }
  });

  it('more signatures than anybody needs are not looked at', async () => {
    const data = Buffer.from(TEXT);
    const one = await gnupg.detachSign(data, [fingerprints.good]);
    const trust = await trusting('good');
    const options = { date: now(), subject: 'the test file' };
    const copies = (count: number) => Buffer.concat(Array.from({ length: count }, () => one));
    await expect(verifyDetached(data, copies(32), trust, options)).resolves.toBeDefined();
    await expect(verifyDetached(data, copies(33), trust, options)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining('33 signatures'),
    });
  });

  it('a subkey that is not for signing is rejected, with weakDigests too', async () => {
    const { privateKey, publicKey } = await generateKey({
      ...{ type: 'rsa', rsaBits: 1024, userIDs: [{ name: 'Encryption' }], subkeys: [{ rsaBits: 1024 }] },
      ...{ format: 'object', config: { minRSABits: 1024 } },
    });
    const [subkey] = privateKey.getSubkeys();
    const signature = new SignaturePacket();
    Object.assign(signature, {
      signatureType: enums.signature.binary,
      publicKeyAlgorithm: enums.publicKey.rsaEncryptSign,
      hashAlgorithm: enums.hash.sha256,
    });
    const data = await signedData(Buffer.from(TEXT));
    const sign = signature.sign.bind(signature) as (...parts: readonly unknown[]) => Promise<void>;
    await sign(subkey?.keyPacket, data, new Date(), true, config);
    const fingerprint = publicKey.getFingerprint().toUpperCase();
    const trust = { fingerprints: [fingerprint], weakDigests: true };
    const keys = [{ fingerprint, userIds: [], openpgp: publicKey }];
    await expect(
      verifySignatures([signature], data, { ...trust, keys }, { date: now(), subject: 'the test file' }),
    ).rejects.toMatchObject({ code: 'KEY_REJECTED' });
  });

  it('the fingerprint of a subkey pins nothing', async () => {
    const subkey = await gnupg.addSubkey(fingerprints.other);
    const text = await gnupg.clearSign(TEXT, [`${subkey}!`]);
    const trust = { keys: (await trusting('other')).keys, fingerprints: [subkey] };
    await expect(
      verifyClearSigned(text, trust, { date: now(), subject: 'the test file' }),
    ).rejects.toMatchObject({ code: 'KEY_UNKNOWN', details: { keyIds: [subkey.slice(-16)] } });
  });

  it('reads armored files with several blocks, and says who the keys are', async () => {
    const blocks = await Promise.all([
      gnupg.exportKeys([fingerprints.good], true),
      gnupg.exportKeys([fingerprints.rsa, fingerprints.subkey], true),
    ]);
    const keys = await readKeys(Buffer.concat(blocks));
    const names: KeyName[] = ['good', 'rsa', 'subkey'];
    expect(keys.map((key) => key.fingerprint)).toEqual(names.map((name) => fingerprints[name]));
    expect(keys[0]?.userIds).toEqual(['Good <good@example.org>']);
    await expect(readKeys(Buffer.from('not keys'))).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    await expect(readKeys(Buffer.alloc(0))).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    const started = performance.now();
    const beginnings = Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----\n'.repeat(50_000));
    await expect(readKeys(beginnings)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each([
    ['no signature', (_: string) => 'Suite: stable\n', 'SIGNATURE_MISSING'],
    ['text before the block', (text: string) => `Suite: evil\n${text}`, 'SIGNATURE_INVALID'],
    ['text behind the block', (text: string) => `${text}Suite: evil\n`, 'SIGNATURE_INVALID'],
    ['a second block', (text: string) => `${text}${text}`, 'SIGNATURE_INVALID'],
    ['a header that is text', (t: string) => t.replace('Hash:', 'Suite: evil\nHash:'), 'SIGNATURE_INVALID'],
    ['an unescaped dash', (text: string) => text.replace('\n- - a', '\n- a'), 'SIGNATURE_INVALID'],
    ['no end', (text: string) => text.replace(/-----END.*/s, ''), 'INDEX_TRUNCATED'],
    [
      'a broken signature',
      (t: string) => t.replace(/(SIGNATURE-----\n\n)..../, '$1AAAA'),
      'SIGNATURE_INVALID',
    ],
    ['an empty signature', (t: string) => t.replace(/(SIGNATURE-----\n\n)[^-]*/, '$1'), 'SIGNATURE_INVALID'],
  ])('clear-signed text with %s is refused', async (_title, alter, code) => {
    const text = alter(await gnupg.clearSign(TEXT, [fingerprints.good]));
    const trust = await trusting('good');
    await expect(
      verifyClearSigned(text, trust, { date: now(), subject: 'the test file' }),
    ).rejects.toMatchObject({ code });
  });

  it('an empty or unreadable detached signature is refused', async () => {
    const trust = await trusting('good');
    const options = { date: now(), subject: 'the test file' };
    const data = Buffer.from(TEXT);
    await expect(verifyDetached(data, Buffer.alloc(0), trust, options)).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
    });
    await expect(verifyDetached(data, Buffer.from('<html>'), trust, options)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const armored = await gnupg.detachSign(data, [fingerprints.good], { armored: true });
    await expect(verifyDetached(data, armored, trust, options)).resolves.toMatchObject({
      fingerprint: fingerprints.good,
    });
  });

  it('runs the example of the README', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const example = /```js\n(.*?)```/s.exec(readme)?.[1]?.replace(/^import .*$/gm, '') ?? '';
    const scope = {
      readKeys,
      verifyClearSigned,
      keyFile: await gnupg.exportKeys([fingerprints.good]),
      fingerprint: fingerprints.good,
      inRelease: await gnupg.clearSign(TEXT, [fingerprints.good]),
    };
    const run = new Function(...Object.keys(scope), `return (async () => {${example}; return text;})()`);
    expect(await run(...Object.values(scope))).toBe(COVERED);
  });

  it('whatever is done to a signed text: it is refused, or what comes back is what was signed', async () => {
    const text = await gnupg.clearSign(TEXT, [fingerprints.good]);
    const trust = await trusting('good');
    const position = fc.nat(text.length - 1);
    const piece = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('\n', '- ', '\r\n', '-----', ' \n'));
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(position, fc.nat(3), piece, async (at, removed, inserted) => {
        const mutated = text.slice(0, at) + inserted + text.slice(at + removed);
        const result = await verifyClearSigned(mutated, trust, { date: now(), subject: 'it' }).catch(
          (error) => error,
        );
        if (result instanceof Error) expect(result).toMatchObject({ name: 'PackageError' });
        else expect(result.text).toBe(COVERED);
        accepted += result instanceof Error ? 0 : 1;
      }),
      { numRuns: 200 },
    );
    expect(accepted).toBeLessThan(200);
  });
});
