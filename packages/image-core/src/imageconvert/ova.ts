import type { FileHandle } from 'node:fs/promises';
import { sha256 } from '@ic/utils';
import { ovfDescriptor } from './ovf-descriptor.js';
import { openUstar } from './ustar.js';

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
  const archive = openUstar(output, ova.epoch, signal);
  await archive.add(`${ova.name}.ovf`, descriptor);
  await archive.add(`${ova.name}.mf`, manifest);
  await archive.addFile(ova.disk.file, ova.disk);
  await archive.finish();
}
