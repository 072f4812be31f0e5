import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Response } from 'node-fetch';
import { messageOf, UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import type { Agents } from './agents.js';

/** The head of an answer and its body as it comes. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface OneRequest {
  readonly agents: () => Promise<Agents>;
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

const MOST_REDIRECTS = 10;
const FILE_CHUNK = 1024 * 1024;

/**
 * One GET with its redirects, by hand: never from https: to http:, never to another scheme, and headers that carry
 * secrets stay with the origin they were meant for.
 *
 * @throws UtilsError HTTP_INSECURE, HTTP_UNREACHABLE (too many redirects, a URL of another kind); what node-fetch throws
 */
export async function request(url: string, options: OneRequest): Promise<Answer> {
  let target = parseUrl(url);
  if (target.protocol === 'file:') return readFile(target);
  const { default: fetch } = await import('node-fetch');
  const agents = await options.agents();
  let headers: Record<string, string> = {
    'accept-encoding': 'identity',
    'user-agent': 'image-composer',
    ...options.headers,
  };
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await fetch(withoutCredentials(target), {
      agent: (parsed) => agents.for(parsed),
      headers: { ...headers, ...credentials(target) },
      redirect: 'manual',
      compress: false,
      signal: options.signal,
    });
    const location = redirectOf(response);
    if (location === undefined) {
      return { status: response.status, headers: headersOf(response), body: bodyOf(response) };
    }
    discard(response);
    const next = nextTarget(location, target, url);
    if (next.origin !== target.origin) headers = withoutSecrets(headers);
    target = next;
  }
  throw new UtilsError('HTTP_UNREACHABLE', `${redactUrl(url)} redirects more than ${MOST_REDIRECTS} times`);
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['https:', 'http:', 'file:'].includes(parsed.protocol)) {
    throw new UtilsError('HTTP_UNREACHABLE', `${redactUrl(url)} is not an https:, http: or file: URL`, {
      fault: 'request',
    });
  }
  return parsed;
}

function redirectOf(response: Response): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  return response.headers.get('location') ?? undefined;
}

function nextTarget(location: string, from: URL, url: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new UtilsError('HTTP_UNREACHABLE', `${redactUrl(url)} redirects to something that is not a URL`);
  }
  const next = new URL(location, from);
  const isSecure = next.protocol === 'https:' || (next.protocol === 'http:' && from.protocol === 'http:');
  if (isSecure) return next;
  throw new UtilsError(
    'HTTP_INSECURE',
    `${redactUrl(url)} redirects from ${from.protocol} to ${next.protocol} (${redactUrl(next.href)}), which is not followed`,
    { hint: 'name the final address in the template if you trust it, or choose another mirror' },
  );
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(authorization|cookie|proxy-authorization)$/i.test(name)),
  );
}

/** node-fetch refuses URLs with a user and password in them. */
function withoutCredentials(url: URL): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

function credentials(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries(response.headers.entries());
}

function bodyOf(response: Response): Readable {
  // node-fetch types the body as the older interface; it is a PassThrough.
  return response.body as Readable;
}

/** A small body is read to keep the connection; a large one is not worth it. */
function discard(response: Response): void {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (length <= 65_536) bodyOf(response).resume();
  else bodyOf(response).destroy();
}

/** A file answers as a server would: 200 with its bytes, or 404. */
async function readFile(url: URL): Promise<Answer> {
  const path = fileURLToPath(url);
  try {
    const file = await open(path);
    const { size } = await file.stat();
    return {
      status: 200,
      headers: { 'content-length': String(size) },
      body: file.createReadStream({ highWaterMark: FILE_CHUNK }),
    };
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing
      ? new UtilsError('HTTP_STATUS', `there is no file ${path}`, { details: { status: 404 }, cause })
      : new UtilsError('HTTP_UNREACHABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
