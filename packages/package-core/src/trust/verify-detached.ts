import { createMessage, enums, readSignature, SignaturePacket, UnparseablePacket } from 'openpgp';
import { PackageError } from '../errors.js';
import {
  type SignedData,
  signatureMissing,
  type Trust,
  type Verified,
  type VerifyOptions,
  verifySignatures,
} from './verify-signature.js';
import { Version3Signature } from './version-3-signature.js';

/**
 * Verifies a detached OpenPGP signature (RFC 9580 §10.4), armored or binary, over bytes.
 *
 * @throws PackageError as `verifySignatures`
 */
export async function verifyDetached(
  data: Uint8Array,
  signature: Uint8Array,
  trust: Trust,
  options: VerifyOptions,
): Promise<Verified> {
  if (signature.length === 0) throw signatureMissing(options.subject);
  const signatures = await readSignatures(signature, options.subject);
  return verifySignatures(signatures, await signedData(data), trust, options);
}

/** @throws PackageError SIGNATURE_INVALID when the bytes are no signature */
export async function readSignatures(bytes: Uint8Array, subject: string): Promise<SignaturePacket[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  try {
    const { packets } = text.trimStart().startsWith('-----BEGIN PGP SIGNATURE-----')
      ? await readSignature({ armoredSignature: text })
      : await readSignature({ binarySignature: bytes });
    return [...(packets as Iterable<unknown>)].flatMap(known);
  } catch (cause) {
    throw new PackageError('SIGNATURE_INVALID', `the signature of ${subject} cannot be read`, {
      cause,
      hint: 'the file was altered or damaged on its way; try another mirror',
    });
  }
}

/** Packets of versions that openpgp.js does not know are in its list unparsed. */
function known(packet: unknown): SignaturePacket[] {
  if (packet instanceof SignaturePacket) return [packet];
  if (!(packet instanceof UnparseablePacket) || packet.tag !== enums.packet.signature) return [];
  const older = Version3Signature.from(packet.write());
  return older === undefined ? [] : [older];
}

export async function signedData(bytes: Uint8Array): Promise<SignedData> {
  const message = await createMessage({ binary: bytes });
  return message.packets[0] as SignedData;
}
