import { cancelled, IcError, messageOf, UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import { isPassingError, Passing } from './retry.js';

/** Codes of OpenSSL's verification (X509_V_ERR_…, without the prefix) and Node's own for names. */
const CERTIFICATE = /CERT|CRL|SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA/;

interface Circumstances {
  readonly url: string;
  readonly timedOut: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Turns what node-fetch and sockets throw into what a caller can use. */
export function explainFailure(error: unknown, { url, timedOut, signal }: Circumstances): unknown {
  if (signal?.aborted) return cancelled(signal);
  if (error instanceof IcError) return error;
  const shown = redactUrl(url);
  if (timedOut) {
    const failure = new UtilsError('HTTP_TIMEOUT', `${shown} sent nothing for too long`, {
      details: { url: shown },
      hint: 'check the network, or choose another mirror with --mirror NAME=URL',
    });
    return new Passing(failure, undefined);
  }
  const code = (error as NodeJS.ErrnoException).code;
  const details = { url: shown, ...(code === undefined ? {} : { code }) };
  if (code !== undefined && CERTIFICATE.test(code)) {
    return new UtilsError(
      'HTTP_UNTRUSTED',
      `${shown} has a TLS certificate that does not verify: ${reasonOf(error)}`,
      {
        details,
        hint: 'check the address; for a certificate authority of your own, name its file in the environment variable NODE_EXTRA_CA_CERTS',
        cause: error,
      },
    );
  }
  const failure = new UtilsError('HTTP_UNREACHABLE', `${shown} cannot be reached: ${reasonOf(error)}`, {
    details,
    hint: 'check the network and the address, or choose another mirror with --mirror NAME=URL',
    cause: error,
  });
  return isPassingError(code) ? new Passing(failure, undefined) : failure;
}

/** node-fetch puts the URL in front of the reason, credentials and all. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'the connection is refused (ECONNREFUSED)';
  if (code === 'ENOTFOUND') return 'there is no host of this name (ENOTFOUND)';
  const message = messageOf(error);
  return message.split(', reason: ').at(-1) || String((error as NodeJS.ErrnoException).code ?? 'unknown');
}
