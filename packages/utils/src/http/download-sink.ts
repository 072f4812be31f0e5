import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { diskFull } from '../files.js';

/** A file being filled and hashed from its beginning, which can be started over. */
export interface DownloadSink {
  readonly received: number;
  /** Resolves when there is room for more; undefined when there is already. */
  append(chunk: Uint8Array): Promise<void> | undefined;
  /** Writes what is still in memory. */
  flush(): Promise<void>;
  /** Counts what is in the file already as received. */
  takeUp(): Promise<void>;
  /** Throws away what came; resolves to how many bytes that was. */
  restart(): Promise<number>;
  /** SHA-256 of everything, lower-case hex; ends the sink. */
  digest(): string;
}

/** Bytes gathered for one write: TLS gives 16 KiB at a time, and each write is a journey through the thread pool. */
const GATHERED = 1024 * 1024;

/** `path` is only for messages. */
export function createDownloadSink(file: FileHandle, path: string): DownloadSink {
  let hash = createHash('sha256');
  let received = 0;
  let written = 0;
  let waiting: Uint8Array[] = [];
  const flush = async () => {
    let rest = waiting;
    waiting = [];
    try {
      while (rest.length > 0) {
        const { bytesWritten } = await file.writev(rest, written);
        written += bytesWritten;
        // All of it, but when the disk is nearly full.
        rest = written === received ? [] : [Buffer.concat(rest).subarray(bytesWritten)];
      }
    } catch (error) {
      throw diskFull(error, path);
    }
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
    flush,
    async takeUp() {
      for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
        hash.update(chunk as Buffer);
        received += (chunk as Buffer).length;
      }
      written = received;
    },
    async restart() {
      const lost = received;
      hash = createHash('sha256');
      received = 0;
      waiting = [];
      if (written > 0) await file.truncate(0);
      written = 0;
      return lost;
    },
    digest: () => hash.digest('hex'),
  };
}
