import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import type { Attempts, OpenAnswer } from './attempts.js';
import { createDownloadSink, type DownloadSink } from './download-sink.js';
import type { Expected, RequestOptions } from './fetcher.js';
import { Passing } from './retry.js';

interface DownloadRequest {
  readonly url: string;
  readonly path: string;
  readonly expected: Expected;
  readonly options: RequestOptions;
}

interface Received {
  readonly size: number;
  readonly sha256: string;
}

/** See Fetcher.download. */
export async function download(wanted: DownloadRequest, attempts: Attempts): Promise<Received> {
  // Opened and closed in place: both take less than the way to a thread of Node's and back.
  const file = openSync(wanted.path, wanted.options.resume === true ? 'r+' : 'wx', 0o644);
  const sink = createDownloadSink(file, wanted.path);
  try {
    const received = await fill(wanted, attempts, sink);
    await sink.sync();
    return received;
  } catch (error) {
    await rm(wanted.path, { force: true });
    throw error;
  } finally {
    await sink.settled();
    closeSync(file);
  }
}

async function fill(wanted: DownloadRequest, attempts: Attempts, sink: DownloadSink): Promise<Received> {
  const before = wanted.options.resume === true ? await takeUp(wanted, sink) : undefined;
  if (before !== undefined) return before;
  let version: string | undefined;
  return attempts(wanted.url, wanted.options, {
    accepts: [200, 206, 416],
    headers: () => ({ ...wanted.options.headers, ...rangeFrom(sink.received, version) }),
    consume: (answer) => {
      if (answer.status === 200) version = strongTag(answer);
      return receive(wanted, answer, sink);
    },
    progress: () => sink.received,
  });
}

/** Goes on from what is in the file; resolves to all of it when nothing is missing. */
async function takeUp(
  { expected, options }: DownloadRequest,
  sink: DownloadSink,
): Promise<Received | undefined> {
  await sink.takeUp();
  const { received: size } = sink;
  if (size < (expected.size ?? 0) && expected.sha256 !== undefined) {
    options.onBytes?.(size);
    return undefined;
  }
  const sha256 = sink.digest();
  if (size === expected.size && sha256 === expected.sha256) {
    options.onBytes?.(size);
    return { size, sha256 };
  }
  await sink.restart();
  return undefined;
}

/** With the tag a server answers with the whole when it has another version by now (RFC 9110, 13.1.5). */
function rangeFrom(received: number, version: string | undefined): Record<string, string> {
  if (received === 0) return {};
  return { range: `bytes=${received}-`, ...(version === undefined ? {} : { 'if-range': version }) };
}

function strongTag({ headers }: OpenAnswer): string | undefined {
  return headers.etag?.startsWith('"') ? headers.etag : undefined;
}

async function receive(wanted: DownloadRequest, answer: OpenAnswer, sink: DownloadSink): Promise<Received> {
  const { expected, options } = wanted;
  const restart = async () => {
    const lost = await sink.restart();
    if (lost > 0) options.onBytes?.(-lost);
  };
  const continues = answer.status === 206 && continuesAt(answer, sink.received);
  if (!continues) await restart();
  if (answer.status !== (continues ? 206 : 200))
    throw mismatch(wanted, 'shorter', `status ${answer.status}`, true);
  try {
    await answer.read((chunk) => {
      const isWanted = sink.received + chunk.length <= (expected.size ?? Number.POSITIVE_INFINITY);
      const written = sink.append(chunk);
      options.onBytes?.(chunk.length);
      return written === undefined ? isWanted : written.then(() => isWanted);
    });
  } catch (error) {
    // Without a hash nothing would prove that two halves belong together.
    if (expected.sha256 === undefined) await restart();
    throw error;
  }
  const size = sink.received;
  if (expected.size !== undefined && size !== expected.size) {
    const problem =
      size > expected.size ? `more than ${expected.size} bytes` : `${size} of ${expected.size} bytes`;
    if (continues) await restart();
    throw mismatch(wanted, size > expected.size ? 'longer' : 'shorter', problem, continues);
  }
  const sha256 = sink.digest();
  if (expected.sha256 !== undefined && sha256 !== expected.sha256) {
    await restart();
    throw mismatch(wanted, 'sha256', `bytes with SHA-256 ${sha256} instead of ${expected.sha256}`, continues);
  }
  return { size, sha256 };
}

/** Content-Range, RFC 9110, 14.4. */
function continuesAt(answer: OpenAnswer, position: number): boolean {
  const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
  return position > 0 && start !== undefined && Number(start) === position;
}

/** Halves from two versions of a file are tried again as a whole; a whole that is wrong stays wrong. */
function mismatch(
  wanted: DownloadRequest,
  differs: 'shorter' | 'longer' | 'sha256',
  problem: string,
  mayPass: boolean,
): UtilsError | Passing {
  const url = redactUrl(wanted.url);
  const failure = new UtilsError('HTTP_MISMATCH', `${url} gave ${problem}`, {
    details: { url, differs, ...wanted.expected },
    hint: 'the mirror may be in the middle of an update: try again, or choose another with --mirror NAME=URL',
  });
  return mayPass ? new Passing(failure, undefined) : failure;
}
