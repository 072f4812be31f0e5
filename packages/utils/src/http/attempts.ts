import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, throwIfCancelled, UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import type { Connections } from './connections.js';
import { explainFailure } from './explain-failure.js';
import type { RequestOptions } from './fetcher.js';
import type { HostLimits } from './host-limits.js';
import { receiveAll } from './receive-all.js';
import type { Answer } from './request.js';
import { backoff, isPassingStatus, Passing, parseRetryAfter } from './retry.js';
import { createTransferWatch, type TransferWatch } from './transfer-watch.js';

/** An answer with an accepted status; reading its bytes fails with Passing where a new try may help. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Hands over the bytes as they come; `take` says whether it wants more. */
  read(take: (chunk: Buffer) => boolean | Promise<boolean>): Promise<void>;
}

/** What each try sends and does with the answer. */
export interface Attempt<T> {
  readonly accepts: readonly number[];
  headers(): Readonly<Record<string, string>>;
  consume(answer: OpenAnswer): Promise<T>;
  /** Bytes that the next try need not ask for again. */
  progress?(): number;
}

/** Requests a URL until an answer was consumed or no try is left. */
export type Attempts = <T>(url: string, options: RequestOptions, attempt: Attempt<T>) => Promise<T>;

export interface Settings {
  readonly connections: () => Promise<Connections>;
  readonly limits: HostLimits;
  readonly idleTimeout: number;
  readonly minimumRate: number;
  readonly totalTimeout: number;
  readonly retries: number;
  readonly backoff: number;
}

export function createAttempts(settings: Settings): Attempts {
  return async (url, options, attempt) => {
    let deadline: number | undefined;
    let furthest = 0;
    for (let count = 0; ; count += 1) {
      try {
        return await settings.limits(url, () => {
          deadline ??= performance.now() + settings.totalTimeout;
          return tryOnce({ settings, url, options, deadline }, attempt);
        });
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        const reached = attempt.progress?.() ?? 0;
        if (reached > furthest) {
          furthest = reached;
          count = 0;
        }
        const wait = error.retryAfter ?? backoff(settings.backoff, count);
        const isLate = performance.now() + wait > (deadline ?? Number.POSITIVE_INFINITY);
        if (count >= settings.retries || isLate) throw error.failure;
        await pause(wait, options.signal);
      }
    }
  };
}

interface Try {
  readonly settings: Settings;
  readonly url: string;
  readonly options: RequestOptions;
  readonly deadline: number;
}

async function tryOnce<T>({ settings, url, options, deadline }: Try, attempt: Attempt<T>): Promise<T> {
  throwIfCancelled(options.signal);
  const { idleTimeout: idle, minimumRate } = settings;
  const connections = await settings.connections();
  const watch = createTransferWatch({ idle, minimumRate, deadline }, options.signal);
  const explain = (error: unknown) =>
    explainFailure(error, {
      ...{ url, timedOut: watch.timedOut, signal: options.signal },
      ...{ mayPass: performance.now() < deadline, proxy: connections.proxyOf(url) },
    });
  let answer: Answer | undefined;
  try {
    watch.waiting();
    const { signal } = watch;
    answer = await connections
      .request(url, { signal, headers: attempt.headers() })
      .catch((error: unknown) => {
        throw explain(error);
      });
    watch.received(0);
    if (!attempt.accepts.includes(answer.status)) throw badStatus(answer, url);
    const { status, headers } = answer;
    const reading = { answer, watch, options, url, explain };
    return await attempt.consume({ status, headers, read: (take) => read(reading, take) });
  } finally {
    watch.end();
    answer?.body.destroy();
  }
}

function badStatus({ status, headers }: Answer, url: string): UtilsError | Passing {
  const failure = new UtilsError('HTTP_STATUS', `${redactUrl(url)} was answered with status ${status}`, {
    details: { status, url: redactUrl(url) },
    hint: hintFor(status),
  });
  if (!isPassingStatus(status)) return failure;
  return new Passing(failure, parseRetryAfter(headers['retry-after'], headers.date));
}

function hintFor(status: number): string {
  if (status === 404 || status === 410) return 'check the address; the file may have left the mirror';
  if (status === 401 || status === 403) {
    return 'the server wants other credentials (--auth-file FILE, or --client-cert FILE), or none of this network';
  }
  return 'try again later, or choose another mirror with --mirror NAME=URL';
}

interface Reading {
  readonly answer: Answer;
  readonly watch: TransferWatch;
  readonly options: RequestOptions;
  readonly url: string;
  readonly explain: (error: unknown) => unknown;
}

async function read(
  { answer, watch, options, url, explain }: Reading,
  take: (chunk: Buffer) => boolean | Promise<boolean>,
): Promise<void> {
  const most = options.maxBytes ?? Number.POSITIVE_INFINITY;
  if (Number(answer.headers['content-length'] ?? 0) > most) throw tooLarge(url, most);
  let left = most;
  await receiveAll(answer.body, {
    waiting: watch.waiting,
    take(chunk) {
      watch.received(chunk.length);
      left -= chunk.length;
      if (left < 0) throw tooLarge(url, most);
      return take(chunk);
    },
    explain,
  });
}

function tooLarge(url: string, maxBytes: number): UtilsError {
  return new UtilsError('HTTP_TOO_LARGE', `${redactUrl(url)} is larger than the ${maxBytes} bytes allowed`, {
    details: { url: redactUrl(url), maxBytes },
  });
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => {
    throw cancelled(signal);
  });
}
