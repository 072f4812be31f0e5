import { PackageError } from '../errors.js';
import { indexTruncated } from '../metadata/index-errors.js';
import { readSignatures, signedData } from './verify-detached.js';
import {
  signatureMissing,
  type Trust,
  type Verified,
  type VerifyOptions,
  verifySignatures,
} from './verify-signature.js';

const BEGIN_MESSAGE = '-----BEGIN PGP SIGNED MESSAGE-----';
const BEGIN_SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const END_SIGNATURE = '-----END PGP SIGNATURE-----';

/**
 * Verifies a text in the cleartext signature framework (RFC 9580 §7). The text that comes back is what the signature
 * covers: without dash escapes and white space at line ends. A file with anything but white space before or behind
 * the signed block, or with a second block, is refused: a reader of the whole file would see more than was signed.
 *
 * @throws PackageError as `verifySignatures`; INDEX_TRUNCATED
 */
export async function verifyClearSigned(
  text: string,
  trust: Trust,
  options: VerifyOptions,
): Promise<Verified & { readonly text: string }> {
  const signed = splitClearSigned(text, options.subject);
  const signatures = await readSignatures(Buffer.from(signed.signature, 'latin1'), options.subject);
  // Line ends are made CRLF, as RFC 9580 §5.2.1.2 asks of signatures over text, where the bytes are hashed.
  const textSignatures = signatures.filter((signature) => signature.signatureType === TEXT_SIGNATURE);
  const data = await signedData(Buffer.from(signed.text, 'utf8'));
  return { ...(await verifySignatures(textSignatures, data, trust, options)), text: signed.text };
}

/** RFC 9580 §5.2.1.2: signature of a canonical text document; what a cleartext signature must be (§7). */
const TEXT_SIGNATURE = 0x01;

function splitClearSigned(text: string, subject: string): { text: string; signature: string } {
  if (!text.includes(BEGIN_MESSAGE)) throw signatureMissing(subject);
  const raw = text.split('\n');
  const lines = raw.map(withoutTrailingSpace);
  const begin = lines.findIndex((line) => line !== '');
  if (lines[begin] !== BEGIN_MESSAGE) throw malformed(subject, 'there is text before the signed block');
  const blank = lines.indexOf('', begin);
  if (blank === -1) throw indexTruncated(subject);
  const headers = lines.slice(begin + 1, blank);
  if (headers.some((line) => !/^Hash: [\w, -]+$/.test(line))) {
    throw malformed(subject, 'the signed block has other headers than Hash');
  }
  const signature = lines.indexOf(BEGIN_SIGNATURE, blank);
  const end = lines.indexOf(END_SIGNATURE, signature);
  if (signature === -1 || end === -1) throw indexTruncated(subject);
  if (lines.slice(end + 1).some((line) => line !== '')) {
    throw malformed(subject, 'there is text behind the signed block');
  }
  const body = raw.slice(blank + 1, signature).map((line) => {
    if (line.startsWith('- ')) return withoutTrailingSpace(line.slice(2));
    if (line.startsWith('-')) throw malformed(subject, 'a line begins with a dash that is not escaped');
    return withoutTrailingSpace(line);
  });
  return { text: body.join('\n'), signature: `${lines.slice(signature, end + 1).join('\n')}\n` };
}

/** What a signature over text does not cover (RFC 9580 §7.2), and so no reader may depend on. */
function withoutTrailingSpace(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}

function malformed(subject: string, reason: string): PackageError {
  return new PackageError('SIGNATURE_INVALID', `${subject} is not a well-formed signed text: ${reason}`, {
    hint: 'the file was altered or damaged on its way; try another mirror',
  });
}
