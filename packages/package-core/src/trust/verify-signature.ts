import { type Config, config, enums, type Key, type SignaturePacket, type Subkey } from 'openpgp';
import { PackageError, type PackageErrorCode } from '../errors.js';
import type { PublicKey } from './public-key.js';

/** Whose signatures count. Only a key whose primary fingerprint is in both lists does, and so do its subkeys. */
export interface Trust {
  readonly keys: readonly PublicKey[];
  /** Pinned: whole fingerprints of primary keys, upper-case hex. */
  readonly fingerprints: readonly string[];
  /** Signatures over MD5 and SHA-1, RSA keys from 1024 bits on and DSA keys count as well. */
  readonly weakDigests?: boolean | undefined;
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
  /** The code for data that the key has not signed as they are; default SIGNATURE_INVALID. */
  readonly altered?: PackageErrorCode | undefined;
}

export interface Verified {
  /** Of the primary key that signed, or whose subkey did. */
  readonly fingerprint: string;
  readonly signedAt: Date;
  /** Why it counts with `weakDigests` alone: `it uses the broken hash SHA-1`. */
  readonly weakness?: string | undefined;
}

/** What openpgp.js signs and verifies: a LiteralDataPacket. */
export type SignedData = Parameters<SignaturePacket['verify']>[2];

const WEAK_HASHES: ReadonlyMap<number | null, string> = new Map([
  [enums.hash.md5, 'MD5'],
  [enums.hash.sha1, 'SHA-1'],
]);

/**
 * DSA, Elgamal, secp256k1 and RIPEMD-160 are refused by openpgp.js's own defaults. Keys without flags may sign, as GnuPG
 * has it (RFC 9580 §5.2.3.29 leaves it open, and keys older than the flags are still in use).
 */
const POLICY: Config = { ...config, minRSABits: 2048, allowMissingKeyFlags: true };

/** With `weakDigests`. What is shorter than 1024 bits anybody can forge. */
const WEAK_POLICY: Config = {
  ...POLICY,
  minRSABits: 1024,
  rejectHashAlgorithms: new Set([enums.hash.ripemd]),
  rejectMessageHashAlgorithms: new Set([enums.hash.ripemd]),
  rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal]),
};

type Judgement =
  | { readonly verdict: 'good'; readonly verified: Verified }
  | { readonly verdict: Refusal; readonly reason: string };

type Refusal = 'altered' | 'invalid' | 'weak-digest' | 'weak-key' | 'expired' | 'revoked' | 'rejected';

/**
 * One good signature of one pinned key is enough; signatures of other keys are neither asked for nor harmful.
 *
 * @throws PackageError SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_WEAK, KEY_WEAK, KEY_UNKNOWN, KEY_EXPIRED, KEY_REVOKED,
 *   KEY_REJECTED
 */
export async function verifySignatures(
  signatures: readonly SignaturePacket[],
  data: SignedData,
  trust: Trust,
  options: VerifyOptions,
): Promise<Verified> {
  if (signatures.length === 0) throw signatureMissing(options.subject);
  if (signatures.length > MOST_SIGNATURES) throw tooMany(signatures.length, options.subject);
  const pinned = trust.keys.filter((key) => trust.fingerprints.includes(key.fingerprint));
  const policy = trust.weakDigests === true ? WEAK_POLICY : POLICY;
  const judgements: Judgement[] = [];
  for (const signature of signatures) {
    for (const key of pinned) {
      for (const signer of key.openpgp.getKeys(signature.issuerKeyID)) {
        const judgement = await judge({ signature, data, key, signer, options, policy });
        if (judgement.verdict === 'good') return judgement.verified;
        judgements.push(judgement);
      }
    }
  }
  throw refusal(signatures, judgements, trust, options);
}

/** Each is hashed anew over all of the data. Debian's Release files have three. */
const MOST_SIGNATURES = 32;

function tooMany(count: number, subject: string): PackageError {
  return new PackageError(
    'SIGNATURE_INVALID',
    `${subject} has ${count} signatures, more than the ${MOST_SIGNATURES} that are looked at`,
    { hint: 'the file was tampered with; try another mirror' },
  );
}

interface Claim {
  readonly signature: SignaturePacket;
  readonly data: SignedData;
  readonly key: PublicKey;
  readonly signer: Key | Subkey;
  readonly options: VerifyOptions;
  readonly policy: Config;
}

async function judge(claim: Claim): Promise<Judgement> {
  const { signature, data, key, signer, options, policy } = claim;
  const weakness = weaknessOf(signature, signer);
  if (weakness !== undefined && policy !== WEAK_POLICY) return weakness;
  const signedAt = signature.created;
  try {
    // Other types, such as a stand-alone signature, do not cover the data.
    if (
      signature.signatureType !== enums.signature.binary &&
      signature.signatureType !== enums.signature.text
    ) {
      return { verdict: 'invalid', reason: 'it is not a signature over a document' };
    }
    await signature.verify(signer.keyPacket, signature.signatureType, data, options.date, true, policy);
  } catch (error) {
    const reason = (error as Error).message;
    return { verdict: ALTERED.test(reason) ? 'altered' : 'invalid', reason };
  }
  if (signedAt === null || signedAt < signer.getCreationTime()) {
    return { verdict: 'invalid', reason: 'it was made before its key' };
  }
  const unfit = await unfitness(claim, options.keyValidAt === 'signature' ? signedAt : undefined);
  if (unfit !== undefined) return unfit;
  const { fingerprint } = key;
  return {
    verdict: 'good',
    verified: { fingerprint, signedAt, ...(weakness !== undefined && { weakness: weakness.reason }) },
  };
}

/** In the words of openpgp.js, which says it in no other way. */
const ALTERED = /^(?:Signed digest did not match|Signature verification failed)/;

function weaknessOf(
  signature: SignaturePacket,
  signer: Key | Subkey,
): { readonly verdict: Refusal; readonly reason: string } | undefined {
  const weakHash = WEAK_HASHES.get(signature.hashAlgorithm);
  if (weakHash !== undefined) {
    return { verdict: 'weak-digest', reason: `it uses the broken hash ${weakHash}` };
  }
  const { algorithm, bits = 0 } = signer.getAlgorithmInfo();
  const verdict = 'weak-key';
  if (algorithm === 'dsa') return { verdict, reason: `it is by a DSA key of ${bits} bits` };
  return algorithm.startsWith('rsa') && bits < POLICY.minRSABits
    ? { verdict, reason: `its RSA key has ${bits} bits, fewer than ${POLICY.minRSABits}` }
    : undefined;
}

/** Why the signer may not sign now (nor at `alsoAt`): expired, revoked, unbound, without the flag to sign. */
async function unfitness(
  { key, signer, options, policy }: Claim,
  alsoAt: Date | undefined,
): Promise<Judgement | undefined> {
  let reason: string | undefined;
  for (const date of alsoAt === undefined ? [options.date] : [options.date, alsoAt]) {
    try {
      const found = await key.openpgp.getSigningKey(signer.getKeyID(), date, undefined, policy);
      // Key ids are short: the one found must be the one that verified the signature.
      if (found.getFingerprint() === signer.getFingerprint()) return undefined;
      reason ??= 'its subkey is not bound to the pinned key';
    } catch (error) {
      reason ??= (error as Error).message;
    }
  }
  if (reason === undefined) return undefined;
  // In the words of openpgp.js, which says it in no other way.
  const verdict = /is revoked/.test(reason) ? 'revoked' : /is expired/.test(reason) ? 'expired' : 'rejected';
  return { verdict, reason };
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
  { subject, altered }: VerifyOptions,
): PackageError {
  const keyIds = [...new Set(signatures.map((signature) => signature.issuerKeyID.toHex().toUpperCase()))];
  const details = { keyIds, pinned: [...trust.fingerprints] };
  const failures = judgements.filter((judgement) => judgement.verdict !== 'good');
  const failed = failures.find(({ verdict }) => ['altered', 'invalid'].includes(verdict)) ?? failures[0];
  if (failed === undefined) {
    return new PackageError(
      'KEY_UNKNOWN',
      `${subject} is signed, but by none of the keys that are pinned for it: the signatures are by ${keyIds.join(', ')}, pinned are ${trust.fingerprints.join(', ')}`,
      {
        details,
        hint: 'if you know the new key to be right, add its whole fingerprint with --trust-key NAME=FINGERPRINT',
      },
    );
  }
  const { code, what, hint } = REFUSALS[failed.verdict];
  const isAltered = failed.verdict === 'altered' && altered !== undefined;
  return new PackageError(isAltered ? altered : code, `${what(subject)}: ${failed.reason}`, {
    details,
    hint,
  });
}

const rejected = (subject: string) => `the key that signed ${subject} is not accepted`;

const weak = {
  what: (subject: string) => `the signature of ${subject} is too weak to prove anything`,
  hint: 'ask the repository for a better one; "weakDigests: true" in its entry of packageRepositories, or of target.yml, accepts it, for that repository alone, and the manifest tells',
};

const REFUSALS: Record<
  Refusal,
  { readonly code: PackageErrorCode; readonly what: (subject: string) => string; readonly hint: string }
> = {
  altered: {
    code: 'SIGNATURE_INVALID',
    what: (subject) => `the signature of ${subject} is not of what is there now`,
    hint: 'the file was altered or damaged on its way, or the mirror is just being updated: try another mirror, or again in some minutes',
  },
  invalid: {
    code: 'SIGNATURE_INVALID',
    what: (subject) => `the signature of ${subject} is not valid`,
    hint: 'the file was damaged on its way, or the clock of this machine (or --at) is wrong; try another mirror',
  },
  'weak-digest': { code: 'SIGNATURE_WEAK', ...weak },
  'weak-key': { code: 'KEY_WEAK', ...weak },
  expired: {
    code: 'KEY_EXPIRED',
    what: rejected,
    hint: 'get the current key of the repository, or a mirror whose index is signed by it; --at judges by a time in the past',
  },
  revoked: {
    code: 'KEY_REVOKED',
    what: rejected,
    hint: 'its owner took the key back: get the one that took its place, and pin that',
  },
  rejected: {
    code: 'KEY_REJECTED',
    what: rejected,
    hint: 'get the current key of the repository, or a mirror whose index is signed by a sound one',
  },
};
