import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMetadataCache,
  type FetchedPackage,
  type PackageProof,
  type Repository,
} from '@ic/package-core';
import { createFetcher, defaultContext, exec, type IcEvent, sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRpm } from './rpmfile/rpm-file.js';
import { buildRpm } from './testing/build-rpm.js';
import { type HandMadeRpm, makeRpm, type TestTags } from './testing/make-rpm.js';
import { createRpmSigner, type RpmSigner, type SigningKey, type SignOptions } from './testing/rpm-signer.js';
import { verifyPackages } from './verify.js';

const withGnupg = existsSync('/usr/bin/gpg');
const withRpmsign = ['rpmbuild', 'rpmsign', 'rpmkeys'].every((program) => existsSync(`/usr/bin/${program}`));
/** Tags of the signature header. */
const [DSA_HEADER, RSA_HEADER, SHA256_HEADER, OPENPGP, PGP, GPG] = [267, 268, 273, 278, 1002, 1005];
const NO_PAYLOAD_DIGEST = { 5092: undefined, 5093: undefined };
const FILES = [{ path: '/f', data: 'text' }];

describe.skipIf(!withGnupg)('verifyPackages', () => {
  let folder: string;
  let signer: RpmSigner;
  const keys = {} as Record<'rsa' | 'eddsa' | 'ecdsa' | 'other', SigningKey>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-rpm-verify-'));
    signer = await createRpmSigner();
    keys.rsa = await signer.generate('RSA', 'rsa2048');
    keys.eddsa = await signer.generate('EdDSA', 'ed25519');
    keys.ecdsa = await signer.generate('ECDSA', 'nistp256');
    keys.other = await signer.generate('Other', 'rsa2048');
  }, 60_000);
  afterAll(async () => {
    await signer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const repository = (over: Partial<Repository> = {}): Repository => ({
    ...{ name: 'base', url: 'https://example.org/base', suites: [], components: [], priority: 500 },
    ...{
      keySources: [keys.rsa.file],
      fingerprints: [keys.rsa.fingerprint],
      trusted: false,
      signedIndex: true,
    },
    ...over,
  });
  const trusting = (key: SigningKey) =>
    repository({ keySources: [key.file], fingerprints: [key.fingerprint] });

  let count = 0;
  async function fetched(bytes: Uint8Array, over: Partial<FetchedPackage> = {}): Promise<FetchedPackage> {
    const path = join(folder, `package-${count++}.rpm`);
    await writeFile(path, bytes);
    return {
      ...{ name: 'made', version: '1-1', architecture: 'noarch', repository: 'base', location: 'made.rpm' },
      ...{ path, size: bytes.length, sha256: sha256(bytes), installedSize: 0 },
      ...over,
    };
  }

  const events: IcEvent[] = [];
  async function verify(pkg: FetchedPackage, repositories: readonly Repository[]): Promise<PackageProof[]> {
    const cache = createMetadataCache({ fetcher: createFetcher(), cacheDir: folder, offline: true });
    const context = defaultContext({ events: (event) => events.push(event) });
    return verifyPackages([pkg], repositories, { cache, jobs: 2 }, context);
  }

  /** A package with what `make` puts into its signature header, given what there is to sign. */
  async function signed(
    make: (header: Buffer, payload: Buffer) => Promise<TestTags>,
    rpm: HandMadeRpm = {},
  ): Promise<Buffer> {
    const unsigned = { files: FILES, ...rpm };
    const { mainHeader, payload } = readRpm(makeRpm(unsigned));
    const [header, content] = [Buffer.from(mainHeader.bytes), Buffer.from(payload.bytes)];
    const tags = { [SHA256_HEADER]: { string: sha256(header) }, ...(await make(header, content)) };
    return makeRpm({ ...unsigned, signatureTags: () => tags });
  }

  const over = (key: SigningKey, options?: SignOptions) => (tag: number) =>
    signed(async (header) => ({ [tag]: { binary: await signer.sign(header, key, options) } }));

  it.each<[string, keyof typeof keys, () => Promise<Buffer>]>([
    ['RSA over the header', 'rsa', () => over(keys.rsa)(RSA_HEADER)],
    ['RSA and SHA-512', 'rsa', () => over(keys.rsa, { digest: 'SHA512' })(RSA_HEADER)],
    ['EdDSA over the header', 'eddsa', () => over(keys.eddsa)(DSA_HEADER)],
    ['ECDSA over the header', 'ecdsa', () => over(keys.ecdsa)(DSA_HEADER)],
    [
      'two signatures as rpm 6 has them',
      'eddsa',
      () =>
        signed(async (header) => {
          const both = [await signer.sign(header, keys.other), await signer.sign(header, keys.eddsa)];
          return { [OPENPGP]: { strings: both.map((bytes) => bytes.toString('base64')) } };
        }),
    ],
    [
      'RSA over header and payload, as before rpm 4.14',
      'rsa',
      () =>
        signed(
          async (header, payload) => ({
            [RSA_HEADER]: { binary: await signer.sign(header, keys.rsa) },
            [PGP]: { binary: await signer.sign(Buffer.concat([header, payload]), keys.rsa) },
          }),
          { tags: NO_PAYLOAD_DIGEST },
        ),
    ],
    [
      'EdDSA over header and payload alone',
      'eddsa',
      () =>
        signed(async (header, payload) => ({
          [GPG]: { binary: await signer.sign(Buffer.concat([header, payload]), keys.eddsa) },
        })),
    ],
  ])('accepts %s', async (_title, key, make) => {
    const pkg = await fetched(await make());
    expect(await verify(pkg, [trusting(keys[key])])).toEqual([
      { repository: 'base', sha256: pkg.sha256, signedBy: keys[key].fingerprint },
    ]);
  });

  it('accepts RSA and SHA-1 where the repository opts in, for that repository alone', async () => {
    const bytes = await over(keys.rsa, { digest: 'SHA1' })(RSA_HEADER);
    const repositories = [{ ...repository(), name: 'old', weakDigests: true }, repository()];
    expect(await verify(await fetched(bytes, { repository: 'old' }), repositories)).toHaveLength(1);
    await expect(verify(await fetched(bytes), repositories)).rejects.toMatchObject({
      code: 'SIGNATURE_WEAK',
      hint: expect.stringContaining('"weakDigests: true"'),
    });
  });

  it.skipIf(!existsSync('/usr/bin/gpg1'))('accepts RSA of version 3', async () => {
    const bytes = await signed(async (header) => {
      const signature = await signer.signOld(header, keys.rsa);
      expect(signature[3]).toBe(3);
      return { [RSA_HEADER]: { binary: signature } };
    });
    await verify(await fetched(bytes), [trusting(keys.rsa)]);
    await expect(verify(await fetched(bytes), [trusting(keys.other)])).rejects.toMatchObject({
      code: 'KEY_UNKNOWN',
    });
  });

  describe('a key that expired in 2021', () => {
    // GnuPG does not sign with an expired key: the later signature is made before it is made to expire.
    const signedAt = async (time: string) => {
      const key = await signer.generate(`Key of ${time}`, 'rsa2048', '20200101T000000');
      const bytes = await over(key, { at: time })(RSA_HEADER);
      return { bytes, trust: [trusting(await signer.expire(key, '20210101T000000', '20200102T000000'))] };
    };

    it('vouches for what it signed before', async () => {
      const { bytes, trust } = await signedAt('20200601T000000');
      await verify(await fetched(bytes), trust);
    });

    it('vouches for nothing that it signed later', async () => {
      const { bytes, trust } = await signedAt('20210601T000000');
      await expect(verify(await fetched(bytes), trust)).rejects.toMatchObject({ code: 'KEY_EXPIRED' });
    });
  });

  it.each<[string, string, () => Promise<Buffer>]>([
    ['no signature', 'PACKAGE_UNSIGNED', async () => makeRpm({ files: FILES })],
    [
      'a signature that leaves the payload out',
      'PACKAGE_UNSIGNED',
      () =>
        signed(async (header) => ({ [RSA_HEADER]: { binary: await signer.sign(header, keys.rsa) } }), {
          tags: NO_PAYLOAD_DIGEST,
        }),
    ],
    ['a signature of another key', 'KEY_UNKNOWN', () => over(keys.other)(RSA_HEADER)],
    ['a signature over SHA-1', 'SIGNATURE_WEAK', () => over(keys.rsa, { digest: 'SHA1' })(RSA_HEADER)],
    [
      'no OpenPGP at all',
      'SIGNATURE_INVALID',
      () => signed(async () => ({ [RSA_HEADER]: { binary: Buffer.from('<x>') } })),
    ],
    [
      'the signature of another header',
      'SIGNATURE_INVALID',
      () => signed(async () => ({ [RSA_HEADER]: { binary: await signer.sign(Buffer.from('x'), keys.rsa) } })),
    ],
    [
      'the signature of another payload',
      'SIGNATURE_INVALID',
      () =>
        signed(async (header) => ({ [PGP]: { binary: await signer.sign(header, keys.rsa) } }), {
          tags: NO_PAYLOAD_DIGEST,
        }),
    ],
    [
      'another payload than the header says',
      'PAYLOAD_MISMATCH',
      async () => {
        const bytes = await over(keys.rsa)(RSA_HEADER);
        bytes.write('TEXT', bytes.lastIndexOf('text'));
        return bytes;
      },
    ],
    [
      'another header than its digest says',
      'HEADER_MISMATCH',
      async () => {
        const bytes = await over(keys.rsa)(RSA_HEADER);
        bytes.write('evil', bytes.lastIndexOf('root'));
        return bytes;
      },
    ],
  ])('refuses a package with %s: %s', async (_title, code, make) => {
    await expect(verify(await fetched(await make()), [repository()])).rejects.toMatchObject({
      name: 'PackageError',
      code,
    });
  });

  it('trusts each key for its own repository alone', async () => {
    const bytes = await over(keys.other)(RSA_HEADER);
    const other = { ...trusting(keys.other), name: 'other' };
    await verify(await fetched(bytes, { repository: 'other' }), [repository(), other]);
    await expect(verify(await fetched(bytes), [repository(), other])).rejects.toMatchObject({
      code: 'KEY_FOREIGN',
    });
  });

  it('asks no signature of a repository that is trusted, and no key either', async () => {
    events.length = 0;
    const pkg = await fetched(makeRpm({ files: FILES }));
    const trusted = repository({ trusted: true, keySources: [], fingerprints: [] });
    expect(await verify(pkg, [trusted])).toEqual([]);
    await expect(verify(pkg, [repository({ signedIndex: false })])).rejects.toMatchObject({
      code: 'PACKAGE_UNSIGNED',
    });
    // Whoever builds has told of it.
    expect(events).toEqual([]);
  });

  it('needs the pinned key', async () => {
    const pkg = await fetched(await over(keys.rsa)(RSA_HEADER));
    await expect(verify(pkg, [repository({ fingerprints: [] })])).rejects.toMatchObject({
      code: 'KEY_UNPINNED',
    });
    await expect(verify(pkg, [repository({ keySources: [keys.other.file] })])).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
    });
  });

  it.each<[string, Partial<FetchedPackage>, HandMadeRpm]>([
    ['name', { name: 'other' }, {}],
    ['version', { version: '1:1-1' }, {}],
    ['version', { version: '1-1' }, { tags: { 1003: { int32: [1] } } }],
    ['architecture', { architecture: 'x86_64' }, {}],
    ['architecture', {}, { tags: { 1044: undefined } }],
  ])('refuses another %s than the index has', async (field, expected, rpm) => {
    const pkg = await fetched(makeRpm({ files: FILES, ...rpm }), expected);
    await expect(verify(pkg, [repository({ trusted: true })])).rejects.toMatchObject({
      code: 'PACKAGE_SWAPPED',
      message: expect.stringContaining(`its ${field} is`),
      details: { field },
    });
  });

  it('says which package is no package', async () => {
    const pkg = await fetched(Buffer.from('<html>404</html>'));
    await expect(verify(pkg, [repository()])).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining(
        'the file of package made 1-1 from repository "base" is not a sound rpm package',
      ),
    });
  });

  describe.skipIf(!withRpmsign)('packages signed by rpmsign', () => {
    let unsigned: string;
    beforeAll(async () => {
      unsigned = await buildRpm(folder, { name: 'made', install: ['echo text > f'], files: ['/f'] });
    }, 60_000);

    it('state the SHA-256 of their header, which is held against it', async () => {
      const bytes = await readFile(unsigned);
      const { mainHeader } = readRpm(bytes);
      const at = bytes.indexOf(sha256(mainHeader.bytes), 0, 'latin1');
      expect(at).toBeGreaterThan(0);
      const trusted = [repository({ trusted: true })];
      await verify(await fetched(bytes), trusted);
      bytes.write('0'.repeat(64), at, 'latin1');
      await expect(verify(await fetched(bytes), trusted)).rejects.toMatchObject({
        code: 'HEADER_MISMATCH',
        details: { part: 'header' },
      });
    });

    it.each(['rsa', 'eddsa'] as const)('%s', async (name) => {
      const path = join(folder, `${name}.rpm`);
      await writeFile(path, await readFile(unsigned));
      await signer.signRpm(path, keys[name]);
      const pkg = await fetched(await readFile(path));
      await verify(pkg, [trusting(keys[name])]);
      await expect(verify(pkg, [trusting(keys.other)])).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
      const database = ['--define', `_dbpath ${join(folder, `db-${name}`)}`];
      await exec('rpmkeys', [...database, '--import', keys[name].file]);
      const { stdout } = await exec('rpmkeys', [...database, '--checksig', path]);
      expect(stdout).toContain('digests signatures OK');
    });
  });
});
