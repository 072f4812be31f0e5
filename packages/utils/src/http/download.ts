import { open, rm } from 'node:fs/promises';
import { UtilsError } from '../errors.js';
import { createLimit } from '../limit.js';
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

/** Node has four threads for files: what is being synced must leave some to those who write. */
const syncing = createLimit(2);

/** See Fetcher.download. */
export async function download(wanted: DownloadRequest, attempts: Attempts): Promise<Received> {
  const resume = wanted.options.resume === true;
  const file = await open(wanted.path, resume ? 'r+' : 'wx', 0o644);
  try {
    const sink = createDownloadSink(file, wanted.path);
    const before = resume ? await takeUp(wanted, sink) : undefined;
    let version: string | undefined;
    const ask = () =>
      attempts(wanted.url, wanted.options, {
        accepts: [200, 206, 416],
        headers: () => ({ ...wanted.options.headers, ...rangeFrom(sink.received, version) }),
        consume: (answer) => {
          if (answer.status === 200) version = strongTag(answer);
          return receive(wanted, answer, sink);
        },
        progress: () => sink.received,
      });
    const received = before ?? (await ask());
    await sink.flush();
    await syncing(() => file.sync());
    await file.close();
    return received;
  } catch (error) {
    await file.close();
    await rm(wanted.path, { force: true });
    throw error;
  }
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
