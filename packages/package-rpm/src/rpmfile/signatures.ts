import {
  PackageError,
  type Trust,
  type Verified,
  type VerifyOptions,
  verifyDetached,
} from '@ic/package-core';
import { coversPayload } from './digests.js';
import { unsound } from './malformed.js';
import type { RpmFile } from './rpm-file.js';
import { SIGNATURE_TAG } from './tags.js';

/**
 * Verifies that a trusted key vouches for header and payload: by a signature over the header, which has the digest of
 * the payload (see `checkDigests`), or, as before rpm 4.14, by one over both.
 *
 * @throws PackageError as `verifyDetached`; PACKAGE_UNSIGNED, PACKAGE_INVALID
 */
export async function checkSignature(rpm: RpmFile, trust: Trust, options: VerifyOptions): Promise<Verified> {
  const { overHeader, overBoth } = readSignatures(rpm, options.subject);
  if (overHeader.length > 0 && coversPayload(rpm)) {
    return verifyDetached(rpm.mainHeader.bytes, overHeader, trust, options);
  }
  if (overBoth.length > 0) {
    const signed = Buffer.concat([rpm.mainHeader.bytes, rpm.payload.bytes]);
    return verifyDetached(signed, overBoth, trust, options);
  }
  throw new PackageError(
    'PACKAGE_UNSIGNED',
    overHeader.length === 0
      ? `${options.subject} is not signed`
      : `${options.subject} is signed, but neither the signature nor a digest in what is signed covers its payload`,
    {
      hint: 'use a repository whose packages are signed; only one whose pkey is "[trusted=yes]" may have others',
    },
  );
}

function readSignatures(
  { signatureHeader }: RpmFile,
  subject: string,
): { overHeader: Uint8Array; overBoth: Uint8Array } {
  const packets = (...tags: readonly number[]) => tags.flatMap((tag) => signatureHeader.binary(tag) ?? []);
  try {
    const newer = (signatureHeader.strings(SIGNATURE_TAG.openPgp) ?? []).map((text) =>
      Buffer.from(text, 'base64'),
    );
    const overHeader = [...newer, ...packets(SIGNATURE_TAG.rsaHeader, SIGNATURE_TAG.dsaHeader)];
    const overBoth = packets(SIGNATURE_TAG.pgp, SIGNATURE_TAG.gpg);
    return { overHeader: Buffer.concat(overHeader), overBoth: Buffer.concat(overBoth) };
  } catch (error) {
    throw unsound(error, subject);
  }
}
