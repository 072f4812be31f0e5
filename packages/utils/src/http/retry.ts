import type { UtilsError } from '../errors.js';

/** A server that asks for more patience than this is tried again after this long. */
const LONGEST_WAIT = 60_000;

/** The `code` of the error of a request whose proxy answers CONNECT with something else than 200. */
export const PROXY_REFUSED = 'EPROXY';

/** Thrown inside the fetcher for what may pass if tried again; the `failure` is what the caller sees in the end. */
export class Passing extends Error {
  constructor(
    readonly failure: UtilsError,
    /** Milliseconds that the server asked to wait. */
    readonly retryAfter: number | undefined,
  ) {
    super(failure.message);
  }
}

/** Whether another try may be answered differently. 408, 425, 429 and the 5xx that speak of load or a gateway. */
export function isPassingStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** Names that do not exist and certificates that do not verify will not change within a minute. */
export function isPassingError(code: string | undefined): boolean {
  return (
    code === undefined ||
    !/^(ENOTFOUND|CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|ERR_INVALID)/.test(
      code,
    )
  );
}

/**
 * Milliseconds to wait for `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, judged by the server's own `Date`.
 */
export function parseRetryAfter(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(value.trim())
    ? Number(value) * 1000
    : Date.parse(value) - (date === undefined ? Number.NaN : Date.parse(date));
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WAIT);
}

/** Milliseconds before try number `attempt` + 1: doubling, with jitter so that many clients do not return at once. */
export function backoff(base: number, attempt: number): number {
  return Math.min(base * 2 ** attempt, LONGEST_WAIT) * (0.5 + Math.random() / 2);
}
