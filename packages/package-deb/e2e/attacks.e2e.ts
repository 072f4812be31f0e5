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
import { createDebProvider, unpackDebs } from '../src/index.js';
import { makeDeb, type TestDeb } from '../src/testing/deb.js';
import { releaseText } from '../src/testing/repository.js';
import type { TestEntry } from '../src/testing/tar.js';

const needs = await lackingPackages(['gpg', 'gpg-agent', 'openssl']);

const family = {
  architecture: 'amd64',
  createProvider: createDebProvider,
  unpack: (packages, root, context) =>
    unpackDebs(packages, { root, architecture: 'amd64', jobs: 2, context }),
} satisfies Parameters<AttackStage['walk']>[0];

const TARGET: TestDeb = { name: 'target', version: '2', files: [{ path: 'payload', data: 'of the target' }] };
const SUITE = 'main/dists/stable/';
const INDEX = `${SUITE}InRelease`;
const LIST = `${SUITE}main/binary-amd64/Packages`;
const POOL = 'main/pool/target.deb';

interface Publication {
  readonly deb?: TestDeb;
  readonly debs?: readonly TestDeb[];
  /** In place of the package's bytes. */
  readonly bytes?: Buffer;
  /** Fields of the package in the list, in place of the true ones. */
  readonly stanza?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly key?: AttackKey;
  readonly sign?: SignOptions;
  readonly repository?: 'main' | 'other';
  /** Changes the files before the index of them is made. */
  readonly before?: (files: Map<string, Buffer>) => void;
  readonly more?: string;
}

/** A repository with one package, its list and its signed index. */
async function publish(stage: AttackStage, publication: Publication = {}): Promise<void> {
  const { files, keys, folder } = stage;
  const { deb = TARGET, repository = 'main', stanza = {}, key = 'own' } = publication;
  const made = makeDeb(folder, deb);
  const bytes = publication.bytes ?? (await readFile(made.path));
  files.set(`${repository}/pool/${deb.name}.deb`, bytes);
  const fields = {
    ...{ Package: deb.name, Version: deb.version ?? '1', Architecture: 'all' },
    ...{ Filename: `pool/${deb.name}.deb`, Size: String(bytes.length) },
    ...{ SHA256: sha256(bytes), ...stanza },
  };
  const text = `${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')}${publication.more ?? ''}`;
  const suite = `${repository}/dists/stable/`;
  for (const path of [...files.keys()]) if (path.startsWith(suite)) files.delete(path);
  files.set(`${suite}main/binary-amd64/Packages`, Buffer.from(text));
  files.set(`${suite}main/binary-amd64/Packages.gz`, gzipSync(text));
  publication.before?.(files);
  const release = releaseText(files, suite, { fields: publication.fields ?? {} });
  files.set(`${suite}InRelease`, await keys.clearSign(release, key, publication.sign));
  files.delete(LIST);
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
const { flipped, longer, cut, replaced } = attackChanges;

const listing = (stanza: Readonly<Record<string, string>>) => (stage: AttackStage) =>
  publish(stage, { stanza });
const containing =
  (...files: readonly TestEntry[]) =>
  (stage: AttackStage) =>
    publish(stage, { deb: { ...TARGET, files: [...(TARGET.files ?? []), ...files] } });
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
/** A package with a control archive that unpacks to 272 MiB. */
function bomb(): Buffer {
  const piece = gzipSync(Buffer.alloc(16 * 1024 * 1024));
  const control = Buffer.concat(Array.from({ length: 17 }, () => piece));
  const member = (name: string, data: Buffer) => [
    Buffer.from(
      `${name.padEnd(16)}${'0'.padEnd(12)}0     0     100644  ${String(data.length).padEnd(10)}\`\n`,
    ),
    data,
    Buffer.alloc(data.length % 2, '\n'),
  ];
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    ...member('debian-binary', Buffer.from('2.0\n')),
    ...member('control.tar.gz', control),
    ...member('data.tar', Buffer.alloc(1024)),
  ]);
}

const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
const withoutMain = /\/InRelease$/;

/** What each attack of the table does to a sound repository. */
const attempts: Partial<Record<AttackName, (stage: AttackStage) => Promise<void>>> = {
  'index-unsigned': async (stage) => {
    await publish(stage);
    const release = releaseText(stage.files, SUITE, { list: ['main/binary-amd64/Packages.gz'] });
    stage.files.set(`${SUITE}Release`, Buffer.from(release));
    stage.files.delete(INDEX);
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
  'index-altered': altered(INDEX, replaced('Origin: Test', 'Origin: Tests')),
  'index-altered-same-size': altered(INDEX, replaced('Origin: Test', 'Origin: Tost')),
  'index-truncated': altered(INDEX, cut),
  'index-replayed': async (stage) => {
    await publish(stage, { fields: { Date: at(-3600) } });
    const old = new Map(stage.files);
    await publish(stage, { fields: { Date: at(-60) }, more: '\n' });
    await stage.walk(family);
    await stage.forgetUnpacked();
    for (const [path, bytes] of old) stage.files.set(path, bytes);
  },
  'index-expired': (stage) => publish(stage, { fields: { Date: at(-7200), 'Valid-Until': at(-3600) } }),
  'list-altered': altered(`${LIST}.gz`, longer),
  'list-altered-same-size': altered(`${LIST}.gz`, flipped),
  'list-truncated': altered(`${LIST}.gz`, cut),
  'list-mixed': async (stage) => {
    await publish(stage, { fields: { Date: at(-3600) } });
    const old = stage.files.get(`${LIST}.gz`) ?? Buffer.alloc(0);
    await stage.walk(family);
    await stage.forgetUnpacked();
    await publish(stage, { fields: { Date: at(-60) }, stanza: { Section: 'misc' } });
    stage.files.set(`${LIST}.gz`, old);
  },
  'list-mixed-unseen': async (stage) => {
    await publish(stage, { fields: { Date: at(-86_400) } });
    const old = stage.files.get(`${LIST}.gz`) ?? Buffer.alloc(0);
    await publish(stage, { fields: { Date: at(-60) }, stanza: { Section: 'misc' } });
    stage.files.set(`${LIST}.gz`, old);
    stage.modified.set(`${LIST}.gz`, new Date(at(-86_400)));
  },
  'list-bomb': (stage) =>
    publish(stage, { before: (files) => files.set(`${LIST}.gz`, gzipSync(Buffer.alloc(20_000_000))) }),
  'list-location-up': listing({ Filename: '../../etc/passwd' }),
  'list-location-absolute': listing({ Filename: '/etc/passwd' }),
  'index-location-up': (stage) =>
    publish(stage, { before: (files) => files.set(`${SUITE}../../etc/passwd`, Buffer.from('x')) }),
  'package-altered': altered(POOL, longer),
  'package-altered-same-size': altered(POOL, flipped),
  'package-truncated': altered(POOL, cut),
  'package-bomb': (stage) => publish(stage, { bytes: bomb() }),
  'package-other-name': async (stage) => {
    const other = makeDeb(stage.folder, { ...TARGET, name: 'another' });
    await publish(stage, { bytes: await readFile(other.path) });
  },
  'package-other-version': async (stage) => {
    const older = makeDeb(stage.folder, { ...TARGET, version: '1' });
    await publish(stage, { bytes: await readFile(older.path) });
  },
  'member-name': containing({ path: '../../etc/passwd', data: 'bad' }),
  'member-symlink': containing(
    { path: 'out', type: 'symlink', linkTarget: '../outside' },
    { path: 'out/secret', data: 'bad' },
  ),
  'member-hard-link': containing({ path: 'twin', type: 'hardlink', linkTarget: '../outside/secret' }),
  'redirect-index': redirecting(withoutMain, 'http://127.0.0.1:9/InRelease'),
  'redirect-package': redirecting(/\.deb$/, 'http://127.0.0.1:9/target.deb'),
  'redirect-file': redirecting(/\.deb$/, 'file:///etc/passwd'),
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

describe.skipIf(needs !== '')(`attacks on the deb family${needs}`, () => {
  let folder = '';
  let keys: AttackKeys;
  let certificates: LoopbackCertificates;
  let stranger: LoopbackCertificates;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-attacks-deb-'));
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
    const repository = { suites: ['stable'], components: ['main'] };
    const stage = await openAttackStage({ keys, certificates, ca, repository });
    try {
      if (name === 'none') await publish(stage);
      else await attempts[name]?.(stage);
      const outcome = await stage.walk(family).catch((error: unknown) => error);
      expect(await stage.wrongInCache()).toEqual([]);
      expect(await stage.unpacked()).toEqual(name === 'none' ? ['payload'] : []);
      if (name === 'none') expect(outcome).toBeUndefined();
      else expect(outcome).toMatchObject({ code: ATTACKS[name].outcome.deb, hint: expect.any(String) });
    } finally {
      await stage.close();
    }
  }

  it('without an attack the package is unpacked', () => tried('none'));

  const table = Object.entries(ATTACKS) as [AttackName, Attack][];
  it.each(table.filter(([, { outcome }]) => typeof outcome.deb === 'string'))('%s', async (name) => {
    expect(attempts[name], 'the family does not try it').toBeDefined();
    await tried(name);
  });

  it('tries nothing that the table does not have for it', () => {
    for (const name of Object.keys(attempts) as AttackName[]) {
      expect(ATTACKS[name].outcome.deb, name).toEqual(expect.any(String));
    }
  });
});
