import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ATTACKS,
  type Attack,
  type AttackKey,
  type AttackKeys,
  type AttackName,
  type AttackStage,
  attackChanges,
  type LoopbackCertificates,
  lackingPackages,
  loopbackCertificates,
  makeAttackKeys,
  openAttackStage,
  type SignOptions,
} from '../../devkit/src/index.js';
import { createRpmProvider, unpackRpms } from '../src/index.js';
import { readRpm } from '../src/rpmfile/rpm-file.js';
import { type HandMadeRpm, makeRpm } from '../src/testing/make-rpm.js';
import { addRepodata, primaryXml, type TestList, type TestPackage } from '../src/testing/repodata.js';

const needs = await lackingPackages(['gpg', 'gpg-agent', 'openssl']);

const family = {
  architecture: 'x86_64',
  createProvider: createRpmProvider,
  unpack: (packages, root, context) => unpackRpms(packages, { root, jobs: 2, context }),
} satisfies Parameters<AttackStage['walk']>[0];

const PAYLOAD = { path: '/payload', data: 'of the target' };
const INDEX = 'main/repodata/repomd.xml';
const LIST = 'main/repodata/primary.gz';
const POOL = 'main/Packages/target.rpm';
/** Tags of the signature header. */
const [EDDSA_HEADER, SHA256_HEADER, PAYLOAD_SIZE] = [267, 273, 1007];

interface Made extends HandMadeRpm {
  readonly name?: string;
  readonly version?: string;
  /** Whose signature it has; default `own`. */
  readonly by?: AttackKey | 'nobody';
}

/** A signed package named `target`, version 2-1. */
async function madeRpm(keys: AttackKeys, made: Made = {}): Promise<Buffer> {
  const { name = 'target', version = '2', by = 'own', files = [PAYLOAD], ...rest } = made;
  const tags = { 1000: { string: name }, 1001: { string: version }, ...rest.tags };
  const unsigned = { ...rest, files, tags };
  let header: Uint8Array = Buffer.alloc(0);
  makeRpm({
    ...unsigned,
    signatureTags(mainHeader) {
      header = mainHeader;
      return {};
    },
  });
  const signature = by === 'nobody' ? undefined : await keys.detachSign(header, by, { binary: true });
  return makeRpm({
    ...unsigned,
    signatureTags: (mainHeader, payload) => ({
      ...(signature && { [EDDSA_HEADER]: { binary: signature } }),
      [SHA256_HEADER]: { string: sha256(mainHeader) },
      ...rest.signatureTags?.(mainHeader, payload),
    }),
  });
}

interface Publication {
  /** Default: that of `madeRpm`. */
  readonly bytes?: Buffer;
  readonly listed?: Partial<TestPackage>;
  readonly list?: Partial<TestList>;
  readonly revision?: string;
  readonly key?: AttackKey;
  readonly sign?: SignOptions;
  readonly repository?: 'main' | 'other';
}

/** A repository with one package, its metadata and its signed index. */
async function publish(stage: AttackStage, publication: Publication = {}): Promise<void> {
  const { files, keys } = stage;
  const { repository = 'main', key = 'own', bytes = await madeRpm(keys), revision } = publication;
  files.set(`${repository}/Packages/target.rpm`, bytes);
  const pkg = {
    ...{ name: 'target', version: '2', release: '1', architecture: 'noarch', size: bytes.length },
    ...{ checksum: sha256(bytes), location: 'Packages/target.rpm', ...publication.listed },
  };
  const below = new Map<string, Buffer>();
  addRepodata(below, [{ type: 'primary', text: primaryXml([pkg]), ...publication.list }], revision);
  for (const [path, content] of below) files.set(`${repository}/${path}`, content);
  const index = files.get(`${repository}/repodata/repomd.xml`) ?? Buffer.alloc(0);
  files.set(`${repository}/repodata/repomd.xml.asc`, await keys.detachSign(index, key, publication.sign));
}

/** An index signed by a key that is pinned but for the stranger's. */
const signedBy = (key: AttackKey, sign?: SignOptions) => async (stage: AttackStage) => {
  const { fingerprints, files } = stage.keys;
  if (key !== 'stranger') stage.pin(fingerprints[key], files[key]);
  await publish(stage, { key, ...(sign && { sign }) });
};
/** Publishes, and alters a file afterwards. */
const altered = (path: string, change: (bytes: Buffer) => Buffer) => async (stage: AttackStage) => {
  await publish(stage);
  stage.files.set(path, change(stage.files.get(path) ?? Buffer.alloc(0)));
};
const listing = (location: string) => (stage: AttackStage) => publish(stage, { listed: { location } });
const packaged = (made: Made) => async (stage: AttackStage) =>
  publish(stage, { bytes: await madeRpm(stage.keys, made) });
const redirecting = (path: RegExp, location: string) => async (stage: AttackStage) => {
  await publish(stage);
  await stage.serve({
    answer: (request, response) => {
      const isIt = path.test(request.url ?? '');
      if (isIt) response.writeHead(302, { location }).end();
      return isIt;
    },
  });
};

/** Lead and signature header of one package before main header and payload of another. */
function joined(signatures: Buffer, rest: Buffer): Buffer {
  const start = (bytes: Buffer) => bytes.indexOf(Buffer.from(readRpm(bytes).mainHeader.bytes));
  return Buffer.concat([signatures.subarray(0, start(signatures)), rest.subarray(start(rest))]);
}

const { flipped, longer, cut, replaced } = attackChanges;

/** What each attack of the table does to a sound repository. */
const attempts: Partial<Record<AttackName, (stage: AttackStage) => Promise<void>>> = {
  'index-unsigned': async (stage) => {
    await publish(stage);
    stage.files.delete(`${INDEX}.asc`);
  },
  'index-unknown-key': signedBy('stranger'),
  'index-foreign-key': async (stage) => {
    stage.addOther();
    await publish(stage, { key: 'foreign' });
    await publish(stage, { key: 'foreign', repository: 'other' });
  },
  'key-expired': signedBy('expired'),
  'key-revoked': signedBy('revoked'),
  'key-weak': signedBy('weak'),
  'digest-weak': signedBy('own', { digest: 'SHA1' }),
  'index-altered': altered(INDEX, longer),
  'index-altered-same-size': altered(INDEX, replaced('<revision>17', '<revision>18')),
  'index-truncated': altered(INDEX, cut),
  'index-replayed': async (stage) => {
    await publish(stage, { revision: '1700000000' });
    const old = new Map(stage.files);
    await publish(stage, { revision: '1700000001' });
    await stage.walk(family);
    await stage.forgetUnpacked();
    for (const [path, bytes] of old) stage.files.set(path, bytes);
  },
  'list-altered': altered(LIST, longer),
  'list-altered-same-size': altered(LIST, flipped),
  'list-truncated': altered(LIST, cut),
  'list-mixed': async (stage) => {
    await publish(stage, { revision: '1700000000' });
    const old = stage.files.get(LIST) ?? Buffer.alloc(0);
    await stage.walk(family);
    await stage.forgetUnpacked();
    await publish(stage, { revision: '1700000001', listed: { fileTime: 1_700_000_001 } });
    stage.files.set(LIST, old);
  },
  'list-mixed-unseen': async (stage) => {
    await publish(stage, { revision: '1700000000' });
    const old = stage.files.get(LIST) ?? Buffer.alloc(0);
    await publish(stage, { revision: '1700086400', listed: { fileTime: 1_700_086_400 } });
    stage.files.set(LIST, old);
    stage.modified.set(LIST, new Date(1_700_000_000_000));
  },
  'list-bomb': (stage) => publish(stage, { list: { compress: () => gzipSync(Buffer.alloc(20_000_000)) } }),
  'list-location-up': listing('../../etc/passwd'),
  'list-location-absolute': listing('/etc/passwd'),
  'index-location-up': (stage) =>
    publish(stage, { list: { says: { location: '<location href="../../etc/passwd"/>' } } }),
  'package-altered': altered(POOL, longer),
  'package-altered-same-size': altered(POOL, flipped),
  'package-truncated': altered(POOL, cut),
  'package-bomb': packaged({
    payload: gzipSync(Buffer.alloc(1_000_000)),
    signatureTags: () => ({ [PAYLOAD_SIZE]: { int32: [1000] } }),
  }),
  'package-other-name': packaged({ name: 'another' }),
  'package-other-version': packaged({ version: '1' }),
  'package-unsigned': packaged({ by: 'nobody' }),
  'package-unknown-key': packaged({ by: 'stranger' }),
  'package-foreign-key': async (stage) => {
    stage.addOther();
    await publish(stage, { key: 'foreign', repository: 'other', listed: { name: 'elsewhere' } });
    await packaged({ by: 'foreign' })(stage);
  },
  'header-swapped': async (stage) => {
    const signed = await madeRpm(stage.keys);
    const other = await madeRpm(stage.keys, { files: [{ path: '/payload', data: 'bad' }], by: 'nobody' });
    await publish(stage, { bytes: joined(signed, other) });
  },
  'header-swapped-with-digest': async (stage) => {
    const { mainHeader } = readRpm(await madeRpm(stage.keys));
    const signature = await stage.keys.detachSign(mainHeader.bytes, 'own', { binary: true });
    const bytes = await madeRpm(stage.keys, {
      ...{ files: [{ path: '/payload', data: 'bad' }], by: 'nobody' as const },
      signatureTags: () => ({ [EDDSA_HEADER]: { binary: signature } }),
    });
    await publish(stage, { bytes });
  },
  'header-outside-region': async (stage) => {
    const bytes = await madeRpm(stage.keys);
    const at = bytes.indexOf(Buffer.from(readRpm(bytes).mainHeader.bytes));
    const entries = bytes.readUInt32BE(at + 8);
    const trailer = at + 16 + 16 * entries + bytes.readUInt32BE(at + 24);
    bytes.writeInt32BE(-16 * (entries - 1), trailer + 8);
    await publish(stage, { bytes });
  },
  'member-name': packaged({
    files: [PAYLOAD, { path: '/../../etc/passwd', archivePath: 'passwd', data: 'bad' }],
  }),
  'member-symlink': packaged({
    files: [
      PAYLOAD,
      { path: '/out', mode: 0o120777, linkTarget: '../outside' },
      { path: '/out/secret', data: 'bad' },
    ],
  }),
  'redirect-index': redirecting(/repomd\.xml$/, 'http://127.0.0.1:9/repomd.xml'),
  'redirect-package': redirecting(/\.rpm$/, 'http://127.0.0.1:9/target.rpm'),
  'redirect-file': redirecting(/\.rpm$/, 'file:///etc/passwd'),
  'host-name': async (stage) => {
    await publish(stage);
    await stage.serve({ address: '127.0.0.2' });
  },
  'certificate-authority': (stage) => publish(stage),
  'tls-1.1': async (stage) => {
    await publish(stage);
    const tls = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await stage.serve({ tls });
  },
};

describe.skipIf(needs !== '')(`attacks on the rpm family${needs}`, () => {
  let folder = '';
  let keys: AttackKeys;
  let certificates: LoopbackCertificates;
  let stranger: LoopbackCertificates;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-attacks-rpm-'));
    keys = await makeAttackKeys();
    certificates = await loopbackCertificates(join(folder, 'certificates'));
    stranger = await loopbackCertificates(join(folder, 'stranger'));
  }, 120_000);
  afterAll(async () => {
    await keys?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  async function tried(name: AttackName | 'none'): Promise<void> {
    const ca = name === 'certificate-authority' ? await readFile(stranger.caFile, 'utf8') : undefined;
    const stage = await openAttackStage({
      keys,
      certificates,
      ca,
      repository: { suites: [], components: [] },
    });
    try {
      if (name === 'none') await publish(stage);
      else await attempts[name]?.(stage);
      const outcome = await stage.walk(family).catch((error: unknown) => error);
      expect(await stage.wrongInCache()).toEqual([]);
      expect(await stage.unpacked()).toEqual(name === 'none' ? ['payload'] : []);
      if (name === 'none') expect(outcome).toBeUndefined();
      else expect(outcome).toMatchObject({ code: ATTACKS[name].outcome.rpm, hint: expect.any(String) });
    } finally {
      await stage.close();
    }
  }

  it('without an attack the package is unpacked', () => tried('none'));

  const table = Object.entries(ATTACKS) as [AttackName, Attack][];
  it.each(table.filter(([, { outcome }]) => typeof outcome.rpm === 'string'))('%s', async (name) => {
    expect(attempts[name], 'the family does not try it').toBeDefined();
    await tried(name);
  });

  it('tries nothing that the table does not have for it', () => {
    for (const name of Object.keys(attempts) as AttackName[]) {
      expect(ATTACKS[name].outcome.rpm, name).toEqual(expect.any(String));
    }
  });
});
