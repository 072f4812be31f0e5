import { type FileHandle, open } from 'node:fs/promises';
import { sha256, throwIfCancelled } from '@ic/utils';
import { writeAt } from './extent.js';
import { ovfDescriptor } from './ovf-descriptor.js';

const BLOCK = 512;
const CHUNK = 1024 * 1024;

export interface Ova {
  /** Of the virtual machine. */
  readonly name: string;
  /** A streamOptimized VMDK; `file` is what it is called in the package. */
  readonly disk: {
    readonly path: string;
    readonly file: string;
    readonly bytes: number;
    readonly sha256: string;
    /** What the virtual machine sees, in bytes. */
    readonly capacity: number;
  };
  /** Whether the firmware has to be UEFI. */
  readonly efi: boolean;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/**
 * Writes an OVF package in one file (DSP0243 1.1): a ustar archive of descriptor, manifest with SHA-256 and disk, in this order.
 *
 * @throws UtilsError CANCELLED
 */
export async function writeOva(output: FileHandle, ova: Ova, signal?: AbortSignal): Promise<void> {
  const descriptor = Buffer.from(ovfDescriptor(ova));
  const manifest = Buffer.from(
    `SHA256(${ova.name}.ovf)= ${sha256(descriptor)}\nSHA256(${ova.disk.file})= ${ova.disk.sha256}\n`,
  );
  let at = 0;
  const append = async (bytes: Buffer) => {
    await writeAt(output, bytes, at);
    at += bytes.length;
  };
  for (const [name, bytes] of [
    [`${ova.name}.ovf`, descriptor],
    [`${ova.name}.mf`, manifest],
  ] as const) {
    await append(tarHeader(name, bytes.length, ova.epoch));
    await append(padded(bytes));
  }
  await append(tarHeader(ova.disk.file, ova.disk.bytes, ova.epoch));
  const disk = await open(ova.disk.path);
  try {
    for await (const chunk of disk.createReadStream({ highWaterMark: CHUNK, autoClose: false })) {
      throwIfCancelled(signal);
      await append(chunk as Buffer);
    }
  } finally {
    await disk.close();
  }
  // A VMDK is whole sectors, which are a tar's blocks too; two empty ones are the end.
  await append(Buffer.alloc(2 * BLOCK));
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

/** POSIX.1-2017 pax, "ustar Interchange Format". A size beyond eleven octal digits is written in twelve, up to 64 GiB. */
function tarHeader(name: string, size: number, epoch: number): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(name, 0, 100, 'utf8');
  bytes.write('0000644\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  bytes.write(size.toString(8).padStart(11, '0').padEnd(12, '\0'), 124, 'latin1');
  bytes.write(`${epoch.toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  bytes.fill(' ', 148, 156);
  bytes.write('0', 156, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}
