import { type Config, config, enums, type Key, type SignaturePacket, type Subkey } from 'openpgp';
import { PackageError } from '../errors.js';
import type { PublicKey } from './public-key.js';

/** Whose signatures count. Only a key whose primary fingerprint is in both lists does, and so do its subkeys. */
export interface Trust {
  readonly keys: readonly PublicKey[];
  /** Pinned: whole fingerprints of primary keys, upper-case hex. */
  readonly fingerprints: readonly string[];
}

export interface VerifyOptions {
  /** The present, as far as expiry is concerned. */
  readonly date: Date;
  /**
   * When the signing key must be valid: at `date` (the default), or when the signature was made, which lets what an
   * expired key signed in its time stand. A key revoked as compromised is never valid.
   */
  readonly keyValidAt?: 'date' | 'signature' | undefined;
  /** What is verified, for messages: `the InRelease file of repository "debian"`. */
  readonly subject: string;
}

export interface Verified {
  /** Of the primary key that signed, or whose subkey did. */
  readonly fingerprint: string;
  readonly signedAt: Date;
}

/** What openpgp.js signs and verifies: a LiteralDataPacket. */
export type SignedData = Parameters<SignaturePacket['verify']>[2];

const WEAK_HASHES: ReadonlyMap<number | null, string> = new Map([
  [enums.hash.md5, 'MD5'],
  [enums.hash.sha1, 'SHA-1'],
  [enums.hash.ripemd, 'RIPEMD-160'],
]);

/**
 * DSA, Elgamal and secp256k1 are refused by openpgp.js's own defaults. Keys without flags may sign, as GnuPG has it
 * (RFC 9580 §5.2.3.29 leaves it open, and keys older than the flags are still in use).
 */
const POLICY: Config = { ...config, minRSABits: 2048, allowMissingKeyFlags: true };

type Judgement =
  | { readonly verdict: 'good'; readonly verified: Verified }
  | { readonly verdict: 'rejected' | 'invalid'; readonly reason: string };

/**
 * One good signature of one pinned key is enough; signatures of other keys are neither asked for nor harmful.
 *
 * @throws PackageError SIGNATURE_MISSING, KEY_UNKNOWN, KEY_REJECTED, SIGNATURE_INVALID
 */
export async function verifySignatures(
  signatures: readonly SignaturePacket[],
  data: SignedData,
  trust: Trust,
  options: VerifyOptions,
): Promise<Verified> {
  if (signatures.length === 0) throw signatureMissing(options.subject);
  const pinned = trust.keys.filter((key) => trust.fingerprints.includes(key.fingerprint));
  const judgements: Judgement[] = [];
  for (const signature of signatures) {
    for (const key of pinned) {
      for (const signer of key.openpgp.getKeys(signature.issuerKeyID)) {
        const judgement = await judge({ signature, data, key, signer, options });
        if (judgement.verdict === 'good') return judgement.verified;
        judgements.push(judgement);
      }
    }
  }
  throw refusal(signatures, judgements, trust, options.subject);
}

interface Claim {
  readonly signature: SignaturePacket;
  readonly data: SignedData;
  readonly key: PublicKey;
  readonly signer: Key | Subkey;
  readonly options: VerifyOptions;
}

async function judge(claim: Claim): Promise<Judgement> {
  const { signature, data, key, signer, options } = claim;
  const weak = weakness(signature, signer);
  if (weak !== undefined) return { verdict: 'rejected', reason: weak };
  const signedAt = signature.created;
  try {
    // Other types, such as a stand-alone signature, do not cover the data.
    if (
      signature.signatureType !== enums.signature.binary &&
      signature.signatureType !== enums.signature.text
    ) {
      return { verdict: 'invalid', reason: 'it is not a signature over a document' };
    }
    await signature.verify(signer.keyPacket, signature.signatureType, data, options.date, true, POLICY);
  } catch (error) {
    return { verdict: 'invalid', reason: (error as Error).message };
  }
  if (signedAt === null || signedAt < signer.getCreationTime()) {
    return { verdict: 'invalid', reason: 'it was made before its key' };
  }
  const unfit = await unfitness(claim, options.keyValidAt === 'signature' ? signedAt : undefined);
  return unfit === undefined
    ? { verdict: 'good', verified: { fingerprint: key.fingerprint, signedAt } }
    : { verdict: 'rejected', reason: unfit };
}

function weakness(signature: SignaturePacket, signer: Key | Subkey): string | undefined {
  const weakHash = WEAK_HASHES.get(signature.hashAlgorithm);
  if (weakHash !== undefined) return `it uses the broken hash ${weakHash}`;
  const { algorithm, bits } = signer.getAlgorithmInfo();
  return algorithm.startsWith('rsa') && (bits ?? 0) < POLICY.minRSABits
    ? `its RSA key has ${bits} bits, fewer than ${POLICY.minRSABits}`
    : undefined;
}

/** Why the signer may not sign now (nor at `alsoAt`): expired, revoked, unbound, without the flag to sign. */
async function unfitness(claim: Claim, alsoAt: Date | undefined): Promise<string | undefined> {
  const { key, signer, options } = claim;
  let reason: string | undefined;
  for (const date of alsoAt === undefined ? [options.date] : [options.date, alsoAt]) {
    try {
      const found = await key.openpgp.getSigningKey(signer.getKeyID(), date, undefined, POLICY);
      // Key ids are short: the one found must be the one that verified the signature.
      if (found.getFingerprint() === signer.getFingerprint()) return undefined;
      reason ??= 'its subkey is not bound to the pinned key';
    } catch (error) {
      reason ??= (error as Error).message;
    }
  }
  return reason;
}

export function signatureMissing(subject: string): PackageError {
  return new PackageError('SIGNATURE_MISSING', `${subject} is not signed`, {
    hint: 'use a mirror that serves the signed index; only a repository whose pkey is "[trusted=yes]" may be unsigned',
  });
}

function refusal(
  signatures: readonly SignaturePacket[],
  judgements: readonly Judgement[],
  trust: Trust,
  subject: string,
): PackageError {
  const keyIds = [...new Set(signatures.map((signature) => signature.issuerKeyID.toHex().toUpperCase()))];
  const details = { keyIds, pinned: [...trust.fingerprints] };
  const failed =
    judgements.find((judgement) => judgement.verdict === 'invalid') ??
    judgements.find((judgement) => judgement.verdict === 'rejected');
  if (failed === undefined || failed.verdict === 'good') {
    return new PackageError(
      'KEY_UNKNOWN',
      `${subject} is signed, but by none of the keys that are pinned for it: the signatures are by ${keyIds.join(', ')}, pinned are ${trust.fingerprints.join(', ')}`,
      {
        details,
        hint: 'if you know the new key to be right, add its whole fingerprint with --trust-key NAME=FINGERPRINT',
      },
    );
  }
  return failed.verdict === 'invalid'
    ? new PackageError('SIGNATURE_INVALID', `the signature of ${subject} is not valid: ${failed.reason}`, {
        details,
        hint: 'the file was altered or damaged on its way, or the clock of this machine is wrong; try another mirror',
      })
    : new PackageError('KEY_REJECTED', `the key that signed ${subject} is not accepted: ${failed.reason}`, {
        details,
        hint: 'get the current key of the repository, or a mirror whose index is signed by a sound one',
      });
}
