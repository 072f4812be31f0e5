import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { diskFull } from '../files.js';

/** A file being filled and hashed from its beginning, which can be started over. */
export interface DownloadSink {
  readonly received: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Throws away what came; resolves to how many bytes that was. */
  restart(): Promise<number>;
  /** SHA-256 of everything, lower-case hex; ends the sink. */
  digest(): string;
}

/** `path` is only for messages. */
export function createDownloadSink(file: FileHandle, path: string): DownloadSink {
  let hash = createHash('sha256');
  let received = 0;
  return {
    get received() {
      return received;
    },
    async append(chunk) {
      hash.update(chunk);
      try {
        for (let written = 0; written < chunk.length; ) {
          const rest = chunk.length - written;
          written += (await file.write(chunk, written, rest, received + written)).bytesWritten;
        }
      } catch (error) {
        throw diskFull(error, path);
      }
      received += chunk.length;
    },
    async restart() {
      const lost = received;
      hash = createHash('sha256');
      received = 0;
      await file.truncate(0);
      return lost;
    },
    digest: () => hash.digest('hex'),
  };
}
