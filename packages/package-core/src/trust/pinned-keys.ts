import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fetcher, messageOf, redactUrl, throwIfCancelled } from '@ic/utils';
import type { KeySource, Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import { normalizeFingerprint, type PublicKey, readKeys } from './public-key.js';
import type { Trust } from './verify-signature.js';

export interface PinnedKeysOptions {
  readonly fetcher: Pick<Fetcher, 'bytes'>;
  readonly signal?: AbortSignal | undefined;
  /** For tests and other roots; default: node:fs. */
  readonly readFile?: ((path: string) => Promise<Uint8Array>) | undefined;
}

/** The whole Debian keyring has 100 KB; nobody's key file has as much as this. */
const MAX_KEY_BYTES = 16 * 1024 * 1024;

/**
 * Reads the key sources of a repository in order until every pinned key is found. A pinned key that no source has is
 * not missed as long as another one is there: targets pin the next key before it is in use.
 *
 * @throws PackageError KEY_UNPINNED when the repository pins no fingerprint, with those that its sources have;
 *   KEY_UNAVAILABLE when no source has a pinned key
 */
export async function loadPinnedKeys(repository: Repository, options: PinnedKeysOptions): Promise<Trust> {
  const fingerprints = repository.fingerprints.map(normalizeFingerprint);
  const found = new Map<string, PublicKey>();
  const others: PublicKey[] = [];
  const problems: string[] = [];
  for (const source of repository.keySources) {
    if (fingerprints.length > 0 && fingerprints.every((fingerprint) => found.has(fingerprint))) break;
    try {
      for (const key of await readKeys(await readSource(source, options))) {
        if (!fingerprints.includes(key.fingerprint)) others.push(key);
        else found.set(key.fingerprint, await merged(found.get(key.fingerprint), key));
      }
    } catch (error) {
      throwIfCancelled(options.signal);
      problems.push(`${redactUrl(source)}: ${messageOf(error)}`);
    }
  }
  if (fingerprints.length === 0) throw unpinned(repository, others, problems);
  if (found.size === 0) throw unavailable(repository, fingerprints, others, problems);
  const { weakDigests } = repository;
  return { keys: [...found.values()], fingerprints, weakDigests };
}

/** Two copies of a key say together what they say: a revocation in the second counts. */
async function merged(known: PublicKey | undefined, key: PublicKey): Promise<PublicKey> {
  return known === undefined ? key : { ...known, openpgp: await known.openpgp.update(key.openpgp) };
}

async function readSource(source: KeySource, options: PinnedKeysOptions): Promise<Uint8Array> {
  const read = options.readFile ?? readFile;
  if (isAbsolute(source)) return read(source);
  if (source.startsWith('file:')) return read(fileURLToPath(source));
  if (!source.startsWith('https:')) throw new Error('a key comes from an absolute path, file: or https:');
  const response = await options.fetcher.bytes(source, { signal: options.signal, maxBytes: MAX_KEY_BYTES });
  return response.body;
}

function unpinned(
  repository: Repository,
  offered: readonly PublicKey[],
  problems: readonly string[],
): PackageError {
  const sources = repository.keySources.map(redactUrl).join(', ') || 'no key source is given';
  const seen =
    offered.length > 0
      ? `the keys found there are ${describe(offered)}`
      : problems.length > 0
        ? `it could not be read (${problems.join('; ')})`
        : 'no key was found there';
  return new PackageError(
    'KEY_UNPINNED',
    `it is not known which key signs repository "${repository.name}", and keys are not trusted just because they are there (${sources}): ${seen}`,
    {
      fault: 'request',
      details: {
        repository: repository.name,
        offered: offered.map(({ fingerprint, userIds }) => ({ fingerprint, userIds })),
      },
      hint: `compare the fingerprint with one that you have from another place, then give it: --trust-key ${repository.name}=${offered[0]?.fingerprint ?? 'FINGERPRINT'}`,
    },
  );
}

function unavailable(
  repository: Repository,
  fingerprints: readonly string[],
  others: readonly PublicKey[],
  problems: readonly string[],
): PackageError {
  const reasons = [
    ...problems,
    ...(others.length > 0 ? [`the keys that were found are others: ${describe(others)}`] : []),
    ...(repository.keySources.length === 0 ? ['it names no key source'] : []),
  ];
  return new PackageError(
    'KEY_UNAVAILABLE',
    `no key source of repository "${repository.name}" gave a key with the fingerprint ${fingerprints.join(' or ')}: ${reasons.join('; ')}`,
    {
      details: { repository: repository.name, fingerprints: [...fingerprints], problems: [...problems] },
      hint: 'name a file or https: URL with that key in the "pkey" of the repository, or install the keyring package of the distribution',
    },
  );
}

function describe(keys: readonly PublicKey[]): string {
  return keys.map((key) => `${key.fingerprint} (${key.userIds[0] ?? 'no name'})`).join(', ');
}
