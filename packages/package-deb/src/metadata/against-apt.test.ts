import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Repository } from '@ic/package-core';
import { createFetcher, defaultContext, exec, sha256 } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Files, releaseText, serve, type TestServer } from '../testing/repository.js';
import { createSigner, type Signer } from '../testing/signer.js';
import { readMetadata } from './metadata.js';

const FOLDER = 'dists/stable/';
const LIST = `${FOLDER}main/binary-amd64/Packages`;
const PACKAGES = `Package: one\nVersion: 1.0\nArchitecture: amd64\nFilename: pool/one.deb\nSize: 1\nSHA256: ${sha256('1')}\n`;
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toUTCString();

interface Row {
  readonly title: string;
  readonly ours: string;
  /** Where apt takes what we refuse. */
  readonly aptTakesIt?: true;
  readonly fields?: Readonly<Record<string, string>>;
  readonly signer?: 'own' | 'other' | 'expired';
  /** After everything was signed. */
  readonly spoil?: (files: Files) => void;
  readonly detached?: true;
}

const ROWS: readonly Row[] = [
  { title: 'a sound one', ours: 'taken' },
  { title: 'one with a detached signature', ours: 'taken', detached: true },
  { title: 'one that is valid for an hour', ours: 'taken', fields: { 'Valid-Until': hours(1) } },
  { title: 'one that is not valid any more', ours: 'INDEX_EXPIRED', fields: { 'Valid-Until': hours(-1) } },
  { title: 'one of the future', ours: 'INDEX_NOT_YET_VALID', fields: { Date: hours(1) } },
  { title: 'one that another key signed', ours: 'KEY_UNKNOWN', signer: 'other' },
  { title: 'one that an expired key signed', ours: 'KEY_EXPIRED', signer: 'expired' },
  {
    title: 'an unsigned one',
    ours: 'SIGNATURE_MISSING',
    detached: true,
    spoil: (files) => files.delete(`${FOLDER}Release.gpg`),
  },
  {
    title: 'an altered one',
    ours: 'INDEX_ALTERED',
    spoil: (files) => replace(files, `${FOLDER}InRelease`, 'Origin: Test', 'Origin: Tost'),
  },
  {
    title: 'an altered one with a detached signature',
    ours: 'INDEX_ALTERED',
    detached: true,
    spoil: (files) => replace(files, `${FOLDER}Release`, 'Origin: Test', 'Origin: Tost'),
  },
  {
    title: 'one with text before what is signed',
    ours: 'SIGNATURE_INVALID',
    spoil: (files) =>
      replace(files, `${FOLDER}InRelease`, '-----BEGIN PGP SIGNED', 'Suite: evil\n-----BEGIN PGP SIGNED'),
  },
  {
    title: 'an altered list of the same size',
    ours: 'LIST_ALTERED',
    spoil: (files) => files.set(`${LIST}.gz`, gzipSync(PACKAGES.replace('1.0', '2.0'))),
  },
  {
    title: 'a truncated list',
    ours: 'LIST_TRUNCATED',
    spoil: (files) => files.set(`${LIST}.gz`, gzipSync(PACKAGES).subarray(0, 50)),
  },
  {
    title: 'the index of another suite',
    ours: 'REPOSITORY_INVALID',
    aptTakesIt: true,
    fields: { Suite: 'oldstable', Codename: 'older' },
  },
];

function replace(files: Files, path: string, from: string, to: string): void {
  const text = files.get(path)?.toString('utf8') ?? '';
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  files.set(path, Buffer.from(text.replace(from, to)));
}

const lacks = ['apt-get', 'gpg'].some((program) => !existsSync(`/usr/bin/${program}`));

describe.skipIf(lacks)('what apt refuses we refuse', { timeout: 30_000 }, () => {
  let signer: Signer;
  let folder: string;
  let files: Files;
  let server: TestServer;
  const keys = { own: '', other: '', expired: '' };
  const paths = { own: '', other: '', expired: '' };
  const fetcher = createFetcher({ retries: 0 });

  beforeAll(async () => {
    signer = await createSigner();
    folder = await mkdtemp(join(tmpdir(), 'ic-against-apt-'));
    keys.own = await signer.generate('Own');
    keys.other = await signer.generate('Other');
    keys.expired = await signer.generate('Expired', { at: '20200101T000000', expires: '30d' });
    for (const name of ['own', 'expired'] as const) paths[name] = await signer.export(keys[name]);
    files = new Map();
    server = await serve(files);
  }, 30_000);
  afterAll(async () => {
    fetcher.close();
    await server?.close();
    await signer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish({ fields = {}, signer: by = 'own', spoil, detached }: Row) {
    files.clear();
    files.set(`${LIST}.gz`, gzipSync(PACKAGES));
    // apt wants the uncompressed one listed, not served.
    files.set(LIST, Buffer.from(PACKAGES));
    const text = releaseText(files, FOLDER, { fields });
    files.delete(LIST);
    if (detached) {
      files.set(`${FOLDER}Release`, Buffer.from(text));
      files.set(`${FOLDER}Release.gpg`, await signer.detachSign(text, keys[by]));
    } else {
      const at = by === 'expired' ? '20200110T000000' : undefined;
      files.set(`${FOLDER}InRelease`, await signer.clearSign(text, keys[by], at));
    }
    spoil?.(files);
  }

  async function ours(key: 'own' | 'expired', cacheDir: string): Promise<string> {
    const repository: Repository = {
      ...{ name: 'test', url: server.url, suites: ['stable'], components: ['main'], priority: 500 },
      ...{ keySources: [paths[key]], fingerprints: [keys[key]], trusted: false, signedIndex: true },
    };
    const context = defaultContext({ clock: { now: () => new Date(Date.now() + 2000) } });
    const options = { fetcher, cacheDir, architecture: 'amd64', offline: false };
    const result = await readMetadata([repository], options, context).catch((error) => error.code);
    return typeof result === 'string' ? result : 'taken';
  }

  async function apt(key: 'own' | 'expired', root: string): Promise<boolean> {
    for (const part of ['lists/partial', 'cache/archives/partial', 'etc']) {
      await mkdir(join(root, part), { recursive: true });
    }
    await writeFile(join(root, 'status'), '');
    await copyFile(paths[key], join(root, 'key.gpg'));
    await writeFile(
      join(root, 'sources.list'),
      `deb [arch=amd64 signed-by=${join(root, 'key.gpg')}] ${server.url} stable main\n`,
    );
    const settings = {
      'Dir::Etc': join(root, 'etc'),
      'Dir::Etc::sourcelist': join(root, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State': root,
      'Dir::State::Lists': join(root, 'lists'),
      'Dir::State::status': join(root, 'status'),
      'Dir::Cache': join(root, 'cache'),
      'APT::Architecture': 'amd64',
      'APT::Update::Error-Mode': 'any',
      'APT::Sandbox::User': userInfo().username,
      'Acquire::Languages': 'none',
      'Acquire::Retries': '0',
      // Whatever the host says.
      'Acquire::Check-Valid-Until': 'true',
      'Acquire::Check-Date': 'true',
      'Acquire::http::Proxy': 'DIRECT',
    };
    const given = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const { status } = await exec('apt-get', ['update', ...given], { allow: [0, 100] });
    const lists = await readdir(join(root, 'lists'));
    return status === 0 && lists.some((name) => /_Packages(\.\w+)?$/.test(name));
  }

  it.each(ROWS)('$title: $ours', async (row) => {
    await publish(row);
    const root = await mkdtemp(join(folder, 'apt-'));
    const key = row.signer === 'expired' ? 'expired' : 'own';
    expect(await ours(key, join(root, 'ours'))).toBe(row.ours);
    expect(await apt(key, root)).toBe(row.ours === 'taken' || row.aptTakesIt === true);
  });
});
