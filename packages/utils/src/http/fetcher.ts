import type { ClientCertificate } from './agents.js';
import type { Login } from './logins.js';
import type { ProxySettings } from './proxy-for.js';

/** How one request may be made. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes after which the body is refused (HTTP_TOO_LARGE). */
  readonly maxBytes?: number | undefined;
  /** For `download`: the file is there already, with what may be its beginning. It is asked for no more. */
  readonly resume?: boolean | undefined;
  /** Called with the number of bytes of each chunk as it comes; negative when a new try throws bytes away. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

export interface BytesResponse {
  /** 200, or 304 when a conditional header was sent. */
  readonly status: number;
  readonly body: Buffer;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a download must turn out to be. */
export interface Expected {
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

/**
 * Gets bytes by https:, http: or file: URL. Retries what may pass (timeouts, resets, 429, 5xx) with backoff,
 * keeps connections alive, bounds how many are open, redirects never from https: to http: or to file:.
 */
export interface Fetcher {
  /** Requests under way at once; who prepares downloads need not prepare more. */
  readonly connections: number;
  /**
   * A whole body in memory.
   * @throws UtilsError HTTP_STATUS (details.status), HTTP_UNREACHABLE, HTTP_UNTRUSTED, HTTP_WRONG_HOST, HTTP_TLS_TOO_OLD, HTTP_PROXY, TLS_INVALID, HTTP_TIMEOUT, HTTP_INSECURE, HTTP_REDIRECT, HTTP_TOO_LARGE, CANCELLED
   */
  bytes(url: string, options?: RequestOptions): Promise<BytesResponse>;
  /**
   * Streams a body to a new file at `path` (there must be none, but to `resume`) and proves it on the way; on any error nothing is
   * left at `path`. A cut transfer is continued where it stopped when `expected.sha256` can prove the whole.
   * Renaming is the caller's. Resolves to what was received as soon as it is on the disk (synced).
   * @throws UtilsError as `bytes`, and HTTP_MISMATCH when size or hash differ from `expected`
   */
  download(
    url: string,
    path: string,
    expected: Expected,
    options?: RequestOptions,
  ): Promise<{ readonly size: number; readonly sha256: string }>;
  /** Closes idle connections. */
  close(): void;
}

export interface FetcherOptions {
  /** Requests under way at once; default 32, or as many as to one host. */
  readonly connections?: number | undefined;
  /** Of these to one host; default 16. */
  readonly connectionsPerHost?: number | undefined;
  /** Certificate authorities beside Node's own, PEM. */
  readonly ca?: string | undefined;
  /** What this client shows to servers that ask for a certificate; one with a `host` comes before one without. */
  readonly clientCertificates?: readonly ClientCertificate[] | undefined;
  /** Default: no proxy. */
  readonly proxies?: ProxySettings | undefined;
  /** Users and passwords for servers; the first that fits a URL is sent. */
  readonly logins?: readonly Login[] | undefined;
  /** Milliseconds without a byte; default 30,000. */
  readonly idleTimeout?: number | undefined;
  /** Bytes a second, over each `idleTimeout`, below which a transfer counts as stalled; default 1000. */
  readonly minimumRate?: number | undefined;
  /** Milliseconds for a request with all its tries; default one hour. */
  readonly totalTimeout?: number | undefined;
  /** How often a failing request is tried again in a row without getting further; default 4. */
  readonly retries?: number | undefined;
  /** Milliseconds before the first new try, doubled for each further one; default 500. */
  readonly backoff?: number | undefined;
}
