import { open, readdir, stat } from 'node:fs/promises';
import type { ConfigIo } from './loaded-config.js';

/** Far more than `readYaml` takes; devices and pipes that never end are not read to their end. */
const BYTES_LIMIT = 4_000_000;

/** The file system of this machine. */
export const nodeIo: ConfigIo = {
  async readFile(path) {
    const file = await open(path);
    try {
      if ((await file.stat()).isDirectory()) throw new Error('it is a folder');
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of file.createReadStream({ autoClose: false })) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes > BYTES_LIMIT) throw new Error('it has more than 4 MB');
      }
      return textOf(Buffer.concat(chunks));
    } finally {
      await file.close();
    }
  },
  async readStart(path, length) {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
  async kindOf(path) {
    try {
      return (await stat(path)).isDirectory() ? 'folder' : 'file';
    } catch {
      return undefined;
    }
  },
  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch {
      return [];
    }
  },
};

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error('it is not text in UTF-8', { cause });
  }
}
