import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, throwIfCancelled, UtilsError } from '../errors.js';
import type { Limit } from '../limit.js';
import { redactUrl } from '../redact.js';
import type { Agents } from './agents.js';
import { explainFailure } from './explain-failure.js';
import type { RequestOptions } from './fetcher.js';
import { createIdleWatch, type IdleWatch } from './idle-watch.js';
import { type Answer, request } from './request.js';
import { backoff, isPassingStatus, Passing, parseRetryAfter } from './retry.js';

/** An answer with an accepted status, and its bytes; reading them fails with Passing where a new try may help. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<Buffer>;
}

/** What each try sends and does with the answer. */
export interface Attempt<T> {
  readonly accepts: readonly number[];
  headers(): Readonly<Record<string, string>>;
  consume(answer: OpenAnswer): Promise<T>;
}

/** Requests a URL until an answer was consumed or no try is left. */
export type Attempts = <T>(url: string, options: RequestOptions, attempt: Attempt<T>) => Promise<T>;

export interface Settings {
  readonly agents: () => Promise<Agents>;
  readonly limit: Limit;
  readonly idleTimeout: number;
  readonly retries: number;
  readonly backoff: number;
}

export function createAttempts(settings: Settings): Attempts {
  return async (url, options, attempt) => {
    for (let count = 0; ; count += 1) {
      try {
        return await settings.limit(() => tryOnce(settings, url, options, attempt));
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        if (count >= settings.retries) throw error.failure;
        await pause(error.retryAfter ?? backoff(settings.backoff, count), options.signal);
      }
    }
  };
}

async function tryOnce<T>(
  settings: Settings,
  url: string,
  options: RequestOptions,
  attempt: Attempt<T>,
): Promise<T> {
  throwIfCancelled(options.signal);
  const watch = createIdleWatch(settings.idleTimeout, options.signal);
  const explain = (error: unknown) =>
    explainFailure(error, { url, timedOut: watch.timedOut, signal: options.signal });
  let answer: Answer | undefined;
  try {
    watch.waiting();
    answer = await request(url, {
      agents: settings.agents,
      signal: watch.signal,
      headers: attempt.headers(),
    }).catch((error: unknown) => {
      throw explain(error);
    });
    watch.busy();
    if (!attempt.accepts.includes(answer.status)) throw badStatus(answer, url);
    return await attempt.consume({ ...answer, chunks: chunksOf(answer, { watch, options, url, explain }) });
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
  if (status === 401 || status === 403) return 'the server wants other credentials, or none of this network';
  return 'try again later, or choose another mirror with --mirror NAME=URL';
}

interface Reading {
  readonly watch: IdleWatch;
  readonly options: RequestOptions;
  readonly url: string;
  readonly explain: (error: unknown) => unknown;
}

async function* chunksOf(answer: Answer, reading: Reading): AsyncGenerator<Buffer> {
  const { watch, options, url } = reading;
  let left = options.maxBytes ?? Number.POSITIVE_INFINITY;
  if (Number(answer.headers['content-length'] ?? 0) > left) throw tooLarge(url, left);
  const iterator = answer.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    watch.waiting();
    const next = await iterator.next().catch((error: unknown) => {
      throw reading.explain(error);
    });
    watch.busy();
    if (next.done) return;
    left -= next.value.length;
    if (left < 0) throw tooLarge(url, options.maxBytes ?? 0);
    yield next.value;
  }
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
