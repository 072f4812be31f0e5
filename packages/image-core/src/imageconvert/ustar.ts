import { type FileHandle, open } from 'node:fs/promises';
import { throwIfCancelled } from '@ic/utils';
import { writeAt } from './extent.js';

const BLOCK = 512;
const CHUNK = 1024 * 1024;

/** Writes an archive of plain files of root, all of one time. Names have at most 100 bytes. */
export interface UstarWriter {
  add(name: string, bytes: Buffer): Promise<void>;
  /** A file of this machine, which has so many bytes. */
  addFile(name: string, file: { readonly path: string; readonly bytes: number }): Promise<void>;
  addFolder(name: string): Promise<void>;
  /** To be called once, behind the last member. */
  finish(): Promise<void>;
}

/**
 * Begins an archive of POSIX.1-2017 pax, "ustar Interchange Format", at the beginning of an empty file.
 *
 * @param epoch seconds since 1970
 * @throws UtilsError CANCELLED, from each method
 */
export function openUstar(output: FileHandle, epoch: number, signal?: AbortSignal): UstarWriter {
  let at = 0;
  const append = async (bytes: Buffer) => {
    throwIfCancelled(signal);
    await writeAt(output, bytes, at);
    at += bytes.length;
  };
  const pad = () => append(Buffer.alloc((BLOCK - (at % BLOCK)) % BLOCK));
  return {
    add: async (name, bytes) => {
      await append(header({ name, size: bytes.length, epoch, kind: 'file' }));
      await append(bytes);
      await pad();
    },
    addFile: async (name, { path, bytes }) => {
      await append(header({ name, size: bytes, epoch, kind: 'file' }));
      const file = await open(path);
      try {
        for await (const chunk of file.createReadStream({ highWaterMark: CHUNK, autoClose: false })) {
          await append(chunk as Buffer);
        }
      } finally {
        await file.close();
      }
      await pad();
    },
    addFolder: (name) => append(header({ name: `${name}/`, size: 0, epoch, kind: 'folder' })),
    finish: () => append(Buffer.alloc(2 * BLOCK)),
  };
}

interface Member {
  readonly name: string;
  readonly size: number;
  readonly epoch: number;
  readonly kind: 'file' | 'folder';
}

/** A size beyond eleven octal digits is written in twelve, up to 64 GiB. */
function header({ name, size, epoch, kind }: Member): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(name, 0, 100, 'utf8');
  bytes.write(kind === 'file' ? '0000644\0' : '0000755\0', 100, 'latin1');
  bytes.write('0000000\0' + '0000000\0', 108, 'latin1');
  bytes.write(size.toString(8).padStart(11, '0').padEnd(12, '\0'), 124, 'latin1');
  bytes.write(`${epoch.toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  bytes.fill(' ', 148, 156);
  bytes.write(kind === 'file' ? '0' : '5', 156, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
