import { createPublicKey, verify } from 'node:crypto';
import { enums, SignaturePacket } from 'openpgp';

const HASHES: ReadonlyMap<number, string> = new Map([
  [enums.hash.sha256, 'sha256'],
  [enums.hash.sha384, 'sha384'],
  [enums.hash.sha512, 'sha512'],
  [enums.hash.sha224, 'sha224'],
  // Whether these count is for who judges the signature to say.
  [enums.hash.sha1, 'sha1'],
  [enums.hash.md5, 'md5'],
]);

/** Of the fields before the signature's numbers, and of the hashed ones among them: type and time. */
const FIELDS_BYTES = 19;
const HASHED = [2, 7] as const;

/**
 * A signature of version 3 (RFC 4880 §5.2.2) by an RSA key, as signing services and old tools put into rpm packages.
 * openpgp.js knows only newer versions; to whoever judges signatures this one is like them.
 */
export class Version3Signature extends SignaturePacket {
  readonly #hashed: Uint8Array;
  readonly #bits: number;
  readonly #value: Uint8Array;

  /** @param body of the packet. Undefined for what is no such signature. */
  static from(body: Uint8Array): Version3Signature | undefined {
    const sound = body[0] === 3 && body[1] === HASHED[1] - HASHED[0] && body.length > FIELDS_BYTES + 2;
    return sound ? new Version3Signature(Buffer.from(body)) : undefined;
  }

  private constructor(body: Buffer) {
    super();
    this.version = 3;
    this.signatureType = body.readUInt8(2);
    this.created = new Date(body.readUInt32BE(3) * 1000);
    this.issuerKeyID.bytes = body.toString('latin1', 7, 15);
    this.publicKeyAlgorithm = body.readUInt8(15);
    this.hashAlgorithm = body.readUInt8(16);
    this.signedHashValue = body.subarray(17, FIELDS_BYTES);
    this.#hashed = body.subarray(...HASHED);
    this.#bits = body.readUInt16BE(FIELDS_BYTES);
    this.#value = body.subarray(FIELDS_BYTES + 2);
  }

  /** @throws Error when the signature is not the key's over the data, or was made after `date` */
  override async verify(...[key, type, data, date]: Parameters<SignaturePacket['verify']>): Promise<void> {
    const hash = HASHES.get(this.hashAlgorithm ?? -1);
    if (hash === undefined) throw new Error('it is of version 3 and uses a hash that is not supported');
    if (type !== enums.signature.binary) throw new Error('it is of version 3 and not over bytes');
    const { n, e } = key.publicParams as { readonly n?: Uint8Array; readonly e?: Uint8Array };
    if (
      this.publicKeyAlgorithm === null ||
      this.publicKeyAlgorithm > RSA_SIGN ||
      n === undefined ||
      e === undefined
    ) {
      throw new Error('it is of version 3 and not by an RSA key');
    }
    if (this.#value.length !== Math.ceil(this.#bits / 8))
      throw new Error('it is cut off or has more than one number');
    const jwk = { kty: 'RSA', n: base64url(n), e: base64url(e) };
    const value = Buffer.concat([Buffer.alloc(Math.max(0, n.length - this.#value.length)), this.#value]);
    const message = Buffer.concat([(data as { getBytes(): Uint8Array }).getBytes(), this.#hashed]);
    if (!verify(hash, message, createPublicKey({ key: jwk, format: 'jwk' }), value)) {
      throw new Error('Signature verification failed');
    }
    if (date instanceof Date && this.created !== null && this.created > date) {
      throw new Error('Signature creation time is in the future');
    }
  }
}

/** 1 is RSA for both purposes, 2 and 3 for one of them. */
const RSA_SIGN = 3;

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}
