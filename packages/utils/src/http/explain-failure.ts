import { cancelled, IcError, messageOf, UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import { isPassingError, isPassingStatus, Passing, PROXY_REFUSED } from './retry.js';

/** Codes of OpenSSL's verification (X509_V_ERR_…, without the prefix) and Node's own for names. */
const CERTIFICATE = /CERT|CRL|SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA/;

/** Of these, the ones of Node and OpenSSL that are about the host's name. */
const OTHER_HOST = /ALTNAME|HOSTNAME_MISMATCH/;

interface Circumstances {
  readonly url: string;
  /** What took too long. */
  readonly timedOut: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** The proxy on the way, as it may be shown. */
  readonly proxy?: string | undefined;
  /** Whether there is time for another try. */
  readonly mayPass: boolean;
}

/** What the two ends say when they have no version of TLS in common. */
const OLD_TLS = /alert protocol version|unsupported protocol|wrong version number/i;

/** Turns what requests and sockets throw into what a caller can use. */
export function explainFailure(error: unknown, circumstances: Circumstances): unknown {
  const { url, timedOut, signal, proxy, mayPass } = circumstances;
  if (signal?.aborted) return cancelled(signal);
  if (error instanceof IcError) return error;
  const shown = redactUrl(url);
  if (timedOut !== undefined) {
    const failure = new UtilsError('HTTP_TIMEOUT', `${shown} ${timedOut}`, {
      details: { url: shown },
      hint: 'check the network, or choose another mirror with --mirror NAME=URL',
    });
    return mayPass ? new Passing(failure, undefined) : failure;
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === PROXY_REFUSED) return proxyRefused(error, shown, proxy);
  const details = { url: shown, ...(code === undefined ? {} : { code }) };
  if (code !== undefined && CERTIFICATE.test(code)) {
    return new UtilsError(
      OTHER_HOST.test(code) ? 'HTTP_WRONG_HOST' : 'HTTP_UNTRUSTED',
      `${shown} has a TLS certificate that does not verify: ${reasonOf(error)}`,
      {
        details,
        hint: 'check the address; a certificate authority of your own is given with --ca FILE or the environment variable NODE_EXTRA_CA_CERTS',
        cause: error,
      },
    );
  }
  if (OLD_TLS.test(messageOf(error))) {
    return new UtilsError(
      'HTTP_TLS_TOO_OLD',
      `${shown} does not speak TLS 1.2 or newer: ${reasonOf(error)}`,
      {
        details,
        hint: 'use another mirror; a server that speaks no newer TLS than 1.1, or none at all, is not asked over https:',
        cause: error,
      },
    );
  }
  const way = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  const failure = new UtilsError('HTTP_UNREACHABLE', `${shown} cannot be reached${way}: ${reasonOf(error)}`, {
    details,
    hint: 'check the network and the address, or choose another mirror with --mirror NAME=URL',
    cause: error,
  });
  return isPassingError(code) ? new Passing(failure, undefined) : failure;
}

function proxyRefused(error: unknown, shown: string, proxy: string | undefined): UtilsError | Passing {
  const status = Number(/status (\d{3})/.exec(messageOf(error))?.[1]);
  const failure = new UtilsError(
    'HTTP_PROXY',
    `the proxy ${proxy} does not lead to ${shown}: it answered with status ${status}`,
    {
      details: { url: shown, proxy, status },
      hint:
        status === 407
          ? 'put user and password into the URL of the proxy: http://USER:PASSWORD@HOST:PORT'
          : 'check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment, or list the server in NO_PROXY',
    },
  );
  return isPassingStatus(status) ? new Passing(failure, undefined) : failure;
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'the connection is refused (ECONNREFUSED)';
  if (code === 'ENOTFOUND') return 'there is no host of this name (ENOTFOUND)';
  return messageOf(error) || String(code ?? 'unknown');
}
