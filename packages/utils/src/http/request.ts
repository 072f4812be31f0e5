import { open } from 'node:fs/promises';
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { messageOf, UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import type { Agents } from './agents.js';
import { type Login, loginFor } from './logins.js';

/** The head of an answer and its body as it comes. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface OneRequest {
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>>;
}

/** How servers are reached, and what is shown to them. */
export interface Ways {
  readonly agents: Agents;
  readonly logins: readonly Login[];
}

const MOST_REDIRECTS = 10;
const FILE_CHUNK = 1024 * 1024;

/**
 * One GET with its redirects, by hand: never from https: to http:, never to another scheme, and headers that carry
 * secrets stay with the origin they were meant for.
 *
 * @throws UtilsError HTTP_INSECURE, HTTP_REDIRECT, HTTP_UNREACHABLE (too many redirects, a URL of another kind); what sockets throw
 */
export async function request(url: string, options: OneRequest, { agents, logins }: Ways): Promise<Answer> {
  let target = parseUrl(url);
  if (target.protocol === 'file:') return readFile(target);
  let headers: Record<string, string> = {
    'accept-encoding': 'identity',
    'user-agent': 'image-composer',
    ...options.headers,
  };
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await ask(target, {
      agent: await agents.for(target),
      headers: { ...headers, ...credentials(target, logins) },
      signal: options.signal,
    });
    const location = redirectOf(response);
    if (location === undefined) {
      return { status: response.statusCode ?? 0, headers: headersOf(response), body: response };
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

interface Ask {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The head of the answer to one GET. */
function ask(url: URL, { agent, headers, signal }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = make(withoutCredentials(url), { agent, headers });
    const stop = () => {
      // A request that waits for its connection would not tell before it has one.
      reject(signal.reason);
      request.destroy();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    request.once('close', () => signal.removeEventListener('abort', stop));
    request.once('response', resolve);
    // It may also fail later, which the body tells as well.
    request.on('error', reject);
    request.end();
  });
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined;
}

function nextTarget(location: string, from: URL, url: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new UtilsError('HTTP_UNREACHABLE', `${redactUrl(url)} redirects to something that is not a URL`);
  }
  const next = new URL(location, from);
  const isSecure = next.protocol === 'https:' || (next.protocol === 'http:' && from.protocol === 'http:');
  if (isSecure) return next;
  throw new UtilsError(
    next.protocol === 'http:' ? 'HTTP_INSECURE' : 'HTTP_REDIRECT',
    `${redactUrl(url)} redirects from ${from.protocol} to ${next.protocol} (${redactUrl(next.href)}), which is not followed`,
    { hint: 'name the final address in the template if you trust it, or choose another mirror' },
  );
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(authorization|cookie|proxy-authorization)$/i.test(name)),
  );
}

function withoutCredentials(url: URL): URL {
  if (url.username === '' && url.password === '') return url;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

/** Those in the URL, else the login of the server that it leads to. */
function credentials(url: URL, logins: readonly Login[]): Record<string, string> {
  const login =
    url.password === ''
      ? loginFor(url, logins)
      : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  if (login === undefined && url.username === '') return {};
  const pair = `${login?.user ?? decodeURIComponent(url.username)}:${login?.password ?? ''}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}

/** A small body is read to keep the connection; a large one is not worth it. */
function discard(response: IncomingMessage): void {
  const length = Number(response.headers['content-length'] ?? Number.NaN);
  if (length <= 65_536) response.on('error', () => {}).resume();
  else response.destroy();
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
