import { type Key, readKeys as readOpenPgpKeys } from 'openpgp';
import { PackageError } from '../errors.js';

/** A primary key with its subkeys, as read: nothing is known yet of whether it may be trusted. */
export interface PublicKey {
  /** Of the primary key, whole, upper-case hex: what a repository pins. */
  readonly fingerprint: string;
  /** Whose key it says it is; the words of whoever made it, without control characters. */
  readonly userIds: readonly string[];
  readonly openpgp: Key;
}

const BEGIN_ARMOR = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
const END_ARMOR = '-----END PGP PUBLIC KEY BLOCK-----';

/**
 * The keys of a key file or keyring (RFC 9580 §10.1 transferable public keys), armored (one block or many) or binary.
 *
 * @throws PackageError KEY_UNAVAILABLE when the bytes are no such file
 */
export async function readKeys(bytes: Uint8Array): Promise<PublicKey[]> {
  const blocks = armoredBlocks(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'),
  );
  try {
    const keys =
      blocks.length === 0
        ? await readOpenPgpKeys({ binaryKeys: bytes })
        : (await Promise.all(blocks.map((block) => readOpenPgpKeys({ armoredKeys: block })))).flat();
    return keys.map((key) => ({
      fingerprint: key.getFingerprint().toUpperCase(),
      userIds: key.getUserIDs().map((userId) => userId.replace(/\p{Cc}/gu, ' ')),
      openpgp: key,
    }));
  } catch (cause) {
    throw new PackageError('KEY_UNAVAILABLE', 'these bytes are no OpenPGP public keys, armored or binary', {
      cause,
      hint: 'export the key with "gpg --export" and point the repository at that file',
    });
  }
}

/** Goes over the text once; an expression with `*?` would look for the end of each beginning that has none. */
function armoredBlocks(text: string): string[] {
  const blocks: string[] = [];
  for (let start = text.indexOf(BEGIN_ARMOR); start !== -1; ) {
    const end = text.indexOf(END_ARMOR, start);
    if (end === -1) break;
    blocks.push(text.slice(start, end + END_ARMOR.length));
    start = text.indexOf(BEGIN_ARMOR, end);
  }
  return blocks;
}

/** A fingerprint as people write it (spaces, 0x, lower case) in the form in which fingerprints are compared. */
export function normalizeFingerprint(text: string): string {
  return text.replace(/\s+/g, '').replace(/^0x/i, '').toUpperCase();
}
