import { createHash } from 'node:crypto';
import { PackageError } from '@ic/package-core';
import { malformed, unsound } from './malformed.js';
import { type PayloadOptions, readPayload } from './payload.js';
import type { RpmFile } from './rpm-file.js';
import { SIGNATURE_TAG, TAG } from './tags.js';

const SHA256 = 8;
/** OpenPGP's numbers (RFC 9580 §9.5) of the algorithms that can vouch for a payload. */
const STRONG: ReadonlyMap<number, string> = new Map([
  [SHA256, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
]);

/**
 * Checks the digests of main header and payload, where the package has them. The payload's are in the main header,
 * over the compressed payload and (alternative) the uncompressed one; either will do, so that repositories may
 * compress anew.
 *
 * @throws PackageError HEADER_MISMATCH, PAYLOAD_MISMATCH, PACKAGE_INVALID; UtilsError CANCELLED, EXEC_NOT_FOUND
 */
export async function checkDigests(rpm: RpmFile, options: PayloadOptions): Promise<void> {
  try {
    for (const [tag, algorithm] of [
      [SIGNATURE_TAG.sha3Header, 'sha3-256'],
      [SIGNATURE_TAG.sha256Header, 'sha256'],
      [SIGNATURE_TAG.sha1Header, 'sha1'],
    ] as const) {
      const stated = rpm.signatureHeader.string(tag);
      if (stated !== undefined && !isDigest(rpm.mainHeader.bytes, algorithm, stated)) {
        throw mismatch('HEADER_MISMATCH', options.subject);
      }
    }
    await checkPayload(rpm, options);
  } catch (error) {
    throw unsound(error, options.subject);
  }
}

/** Whether the main header has a digest of the payload, so that what vouches for the one vouches for both. */
export function coversPayload({ mainHeader }: RpmFile): boolean {
  return mainHeader.has(TAG.payloadDigest) || mainHeader.has(TAG.payloadDigestAlternative);
}

async function checkPayload(rpm: RpmFile, options: PayloadOptions): Promise<void> {
  if (!coversPayload(rpm)) return;
  const number = rpm.mainHeader.number(TAG.payloadDigestAlgorithm) ?? SHA256;
  const algorithm = STRONG.get(number);
  if (algorithm === undefined)
    throw malformed(`the digest of its payload is of the unknown algorithm ${number}`);
  const compressed = rpm.mainHeader.string(TAG.payloadDigest);
  if (compressed !== undefined && isDigest(rpm.payload.bytes, algorithm, compressed)) return;
  const uncompressed = rpm.mainHeader.string(TAG.payloadDigestAlternative);
  if (uncompressed !== undefined && isDigest(await readPayload(rpm, options), algorithm, uncompressed))
    return;
  throw mismatch('PAYLOAD_MISMATCH', options.subject);
}

function isDigest(bytes: Uint8Array, algorithm: string, stated: string): boolean {
  return createHash(algorithm).update(bytes).digest('hex') === stated.toLowerCase();
}

function mismatch(code: 'HEADER_MISMATCH' | 'PAYLOAD_MISMATCH', subject = 'the package'): PackageError {
  const part = code === 'HEADER_MISMATCH' ? 'header' : 'payload';
  return new PackageError(code, `the ${part} of ${subject} is not the one whose digest the package states`, {
    hint: 'the file was altered or damaged before the repository was made; use another mirror or another version of it',
    details: { part },
  });
}
