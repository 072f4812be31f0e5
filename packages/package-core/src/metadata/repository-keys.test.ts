import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultContext } from '@ic/utils';
import { generateKey, readKey, readKeys } from 'openpgp';
import { expect, it, onTestFinished } from 'vitest';
import type { Repository } from '../contract.js';
import { repositoryKeys } from './repository-keys.js';

async function makeKey(name: string) {
  const { publicKey } = await generateKey({ userIDs: [{ name }], format: 'armored' });
  return {
    publicKey,
    fingerprint: (await readKey({ armoredKey: publicKey })).getFingerprint().toUpperCase(),
  };
}

it('gives the keys that are pinned, and no others of the same file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ic-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [one, two, stranger] = await Promise.all(['one', 'two', 'stranger'].map(makeKey));
  if (one === undefined || two === undefined || stranger === undefined) throw new Error('no keys');
  const file = join(folder, 'keys.asc');
  writeFileSync(file, [stranger, one, two].map(({ publicKey }) => publicKey).join('\n'));
  const repository: Repository = {
    ...{ name: 'stable', url: 'https://a.example', suites: ['stable'], components: ['main'] },
    ...{ keySources: [file], fingerprints: [one.fingerprint, two.fingerprint] },
    ...{ trusted: false, signedIndex: true, priority: 500, keepInImage: true },
  };
  const fetcher = { bytes: () => Promise.reject(new Error('no network')) };
  const options = { fetcher, cacheDir: folder };
  const others = [{ ...repository, name: 'other', keepInImage: undefined }];
  const keys = await repositoryKeys([repository, ...others], options, defaultContext());
  expect(Object.keys(keys)).toEqual(['stable']);
  const read = await Promise.all(
    (keys.stable ?? '')
      .split(/(?=-----BEGIN)/)
      .map(async (armoredKeys) => (await readKeys({ armoredKeys })).map((key) => key.getFingerprint())),
  );
  expect(read.flat().map((text) => text.toUpperCase())).toEqual([one.fingerprint, two.fingerprint].sort());
  expect(keys.stable).not.toContain('\r');
  expect(await repositoryKeys([repository], options, defaultContext())).toEqual(keys);
});
