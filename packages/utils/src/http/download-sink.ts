import { createHash } from 'node:crypto';
import { createReadStream, fsync, ftruncateSync, writev } from 'node:fs';
import { promisify } from 'node:util';
import { diskFull } from '../files.js';
import { createLimit } from '../limit.js';

/** A file being filled and hashed from its beginning, which can be started over. */
export interface DownloadSink {
  readonly received: number;
  /** Resolves when there is room for more; undefined when there is already. */
  append(chunk: Uint8Array): Promise<void> | undefined;
  /** Counts what is in the file already as received. */
  takeUp(): Promise<void>;
  /** Throws away what came; resolves to how many bytes that was. */
  restart(): Promise<number>;
  /** SHA-256 of everything, lower-case hex; ends the sink. */
  digest(): string;
  /** Writes what is still in memory and syncs the file. */
  sync(): Promise<void>;
  /** Resolves when no write is under way any more, whether it failed or not: only then may the file be closed. */
  settled(): Promise<void>;
}

/** Bytes gathered for one write: TLS gives 16 KiB at a time, and each write is a journey through the thread pool. */
const GATHERED = 1024 * 1024;

/** As many as Node has threads for files: they share the commits of the journal, and more would stand before what is written. */
const syncing = createLimit(4);

const [write, synced] = [promisify(writev), promisify(fsync)];

/** @param file descriptor of a file open for writing, and for reading where it is taken up; `path` is only for messages */
export function createDownloadSink(file: number, path: string): DownloadSink {
  let hash = createHash('sha256');
  let received = 0;
  let written = 0;
  let waiting: Uint8Array[] = [];
  let writing = Promise.resolve();
  const writeWaiting = async () => {
    let rest = waiting;
    waiting = [];
    let left = rest.reduce((sum, { length }) => sum + length, 0);
    try {
      while (left > 0) {
        const { bytesWritten } = await write(file, rest, written);
        written += bytesWritten;
        left -= bytesWritten;
        // All of it, but when the disk is nearly full.
        rest = left === 0 ? [] : [Buffer.concat(rest).subarray(bytesWritten)];
      }
    } catch (error) {
      throw diskFull(error, path);
    }
  };
  // One after the other: a connection that fails does not wait for its last write, and the next goes on from there.
  const flush = () => {
    writing = writing.then(writeWaiting);
    return writing;
  };
  return {
    get received() {
      return received;
    },
    append(chunk) {
      hash.update(chunk);
      waiting.push(chunk);
      received += chunk.length;
      return received - written >= GATHERED ? flush() : undefined;
    },
    async takeUp() {
      for await (const chunk of createReadStream(path, { fd: file, start: 0, autoClose: false })) {
        hash.update(chunk as Buffer);
        received += (chunk as Buffer).length;
      }
      written = received;
    },
    async restart() {
      await writing;
      const lost = received;
      hash = createHash('sha256');
      received = 0;
      waiting = [];
      if (written > 0) ftruncateSync(file);
      written = 0;
      return lost;
    },
    digest: () => hash.digest('hex'),
    async sync() {
      await flush();
      await syncing(() => synced(file));
    },
    settled: () => writing.catch(() => {}),
  };
}
