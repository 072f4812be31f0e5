import { generateKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Repository } from '../contract.js';
import { loadPinnedKeys } from './pinned-keys.js';
import { readKeys } from './public-key.js';

const files = new Map<string, Uint8Array>();
const fingerprints: string[] = [];

beforeAll(async () => {
  for (const name of ['first', 'second']) {
    const { publicKey } = await generateKey({ type: 'ecc', userIDs: [{ name }], format: 'binary' });
    files.set(`/keys/${name}.gpg`, publicKey);
    fingerprints.push((await readKeys(publicKey))[0]?.fingerprint ?? '');
  }
});

const asked: string[] = [];
const options = {
  readFile: async (path: string) => {
    asked.push(path);
    const bytes = files.get(path);
    if (bytes === undefined) throw new Error(`${path} is not there`);
    return bytes;
  },
  fetcher: {
    bytes: async (url: string) => {
      asked.push(url);
      return { status: 200, headers: {}, body: Buffer.from(files.get('/keys/second.gpg') ?? []) };
    },
  },
};

function repository(keySources: readonly string[], pinned: readonly string[]): Repository {
  return {
    name: 'test',
    url: 'https://example.org/debian',
    suites: ['stable'],
    components: ['main'],
    keySources,
    fingerprints: pinned,
    trusted: false,
    signedIndex: true,
    priority: 500,
  };
}

describe('loadPinnedKeys', () => {
  it('asks no further once every pinned key is found', async () => {
    asked.length = 0;
    const pinned = fingerprints.slice(0, 1);
    const trust = await loadPinnedKeys(
      repository(['/keys/none.gpg', 'file:///keys/first.gpg', 'https://example.org/key'], pinned),
      options,
    );
    expect(trust.keys.map((key) => key.fingerprint)).toEqual(pinned);
    expect(asked).toEqual(['/keys/none.gpg', '/keys/first.gpg']);
  });

  it('gathers keys from several sources, in whatever way the fingerprints are written', async () => {
    const written = fingerprints.map((text) => `0x${text.toLowerCase().replace(/(.{4})/g, '$1 ')}`);
    const trust = await loadPinnedKeys(
      repository(['/keys/first.gpg', 'https://user:secret@example.org/key'], written),
      options,
    );
    expect(trust.keys).toHaveLength(2);
    expect(trust.fingerprints).toEqual(fingerprints);
  });

  it('is content with one of several pinned keys', async () => {
    const trust = await loadPinnedKeys(repository(['/keys/second.gpg'], fingerprints), options);
    expect(trust.keys.map((key) => key.fingerprint)).toEqual(fingerprints.slice(1));
  });

  it('says which fingerprints there are when none is pinned', async () => {
    const error = await loadPinnedKeys(repository(['/keys/first.gpg'], []), options).catch((e) => e);
    expect(error).toMatchObject({ code: 'KEY_UNPINNED', fault: 'request' });
    expect(error.message).toContain(`${fingerprints[0]} (first)`);
    expect(error.hint).toContain(`--trust-key test=${fingerprints[0]}`);
    await expect(loadPinnedKeys(repository(['/keys/none.gpg'], []), options)).rejects.toMatchObject({
      code: 'KEY_UNPINNED',
      message: expect.stringContaining('/keys/none.gpg is not there'),
    });
  });

  it.each([
    ['other keys', ['/keys/first.gpg'], 'first'],
    ['no file', ['/keys/none.gpg'], '/keys/none.gpg is not there'],
    ['plain http', ['http://user:secret@example.org/key'], 'http://example.org/key: a key comes from'],
    ['no source', [], 'names no key source'],
  ])('with %s says what was tried', async (_title, sources, message) => {
    const error = await loadPinnedKeys(repository(sources, fingerprints.slice(1)), options).catch((e) => e);
    expect(error).toMatchObject({ code: 'KEY_UNAVAILABLE', message: expect.stringContaining(message) });
    expect(error.message).not.toContain('secret');
  });
});
