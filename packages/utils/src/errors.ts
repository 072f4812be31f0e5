/** Whose fault an error is: it decides the exit code of the command line (request 2, failure 1, cancelled 130). */
export type Fault = 'request' | 'failure' | 'cancelled';

export interface IcErrorOptions {
  /** What the reader can do next; one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Facts for programs: plain JSON, no secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** Default: 'failure'. */
  readonly fault?: Fault | undefined;
}

/**
 * The base of every error that Image Composer throws on purpose. Each package narrows `Code` to a closed union. What a
 * message quotes may come from anywhere: it is made fit for a terminal here.
 */
export class IcError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly fault: Fault;

  constructor(code: Code, message: string, options: IcErrorOptions = {}) {
    super(shown(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.fault = options.fault ?? 'failure';
  }
}

/** Longer than any reason that people read. */
const LONGEST_MESSAGE = 8_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is made visible
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Without escape sequences that a terminal would obey, and without the megabytes that a damaged file may have in a line. */
function shown(message: string): string {
  const half = LONGEST_MESSAGE / 2;
  const clipped =
    message.length > LONGEST_MESSAGE ? `${message.slice(0, half)} … ${message.slice(-half)}` : message;
  return clipped.replace(CONTROL, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Codes of `@ic/utils`. */
export type UtilsErrorCode =
  | 'EXEC_NOT_FOUND' // the program is not installed
  | 'EXEC_FAILED' // the program ended with another status than 0
  | 'EXEC_TIMEOUT'
  | 'CANCELLED'
  | 'ARCHIVE_INVALID' // ar, tar or cpio bytes that are not well formed
  | 'ARCHIVE_ESCAPES' // a member's name, or the one that it links to, leaves the root
  | 'COMPRESSION_UNSUPPORTED'
  | 'COMPRESSION_INVALID'
  | 'COMPRESSION_LIMIT' // more output than the caller allowed
  | 'SIZE_INVALID'
  | 'DURATION_INVALID'
  | 'HTTP_STATUS'
  | 'HTTP_UNREACHABLE'
  | 'HTTP_INSECURE' // an http: URL or redirect where only https: is allowed
  | 'HTTP_REDIRECT' // a redirect to something that is neither https: nor http:, such as a file
  | 'HTTP_UNTRUSTED' // a TLS certificate that does not verify
  | 'HTTP_WRONG_HOST' // a TLS certificate that verifies, of another host
  | 'HTTP_TLS_TOO_OLD' // a server that speaks no TLS 1.2 or newer
  | 'HTTP_PROXY' // a proxy that cannot be used, or refuses
  | 'HTTP_TIMEOUT'
  | 'HTTP_TOO_LARGE'
  | 'HTTP_MISMATCH' // size or SHA-256 of a download is not what was expected
  | 'TLS_INVALID' // a certificate authority, client certificate or key that cannot be used
  | 'DISK_FULL'
  | 'FOLDER_UNUSABLE'; // a folder that cannot be made or written to

export class UtilsError extends IcError<UtilsErrorCode> {}

/** The error of an aborted signal: what every cancelled operation rejects with. */
export function cancelled(signal?: AbortSignal): UtilsError {
  return new UtilsError('CANCELLED', 'cancelled', { fault: 'cancelled', cause: signal?.reason });
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
