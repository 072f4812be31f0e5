import type { FileHandle } from 'node:fs/promises';

/** Bytes of a disk image that are not all zero, at a whole cluster. */
export interface Extent {
  /** Bytes from the beginning of the disk; a multiple of CLUSTER. */
  readonly position: number;
  /** Whole clusters, but for the last of the disk, within one SPAN. Overwritten once the reader is asked for more. */
  readonly bytes: Buffer;
}

/** The cluster of qcow2 and the grain of vmdk: what is all zero in this size is left out. Bytes. */
export const CLUSTER = 64 * 1024;

/** The block of VHDX and VDI: no extent lies across a multiple of this. Bytes. */
export const SPAN = 1024 * 1024;

/** What a converted image is told besides its bytes. */
export interface SourceDisk {
  /** Bytes; a multiple of 512. */
  readonly size: number;
  /** Ids of the format are made of it, so that they are the same every time. */
  readonly seed: string;
  /** Seconds since 1970, for formats that tell when they were made. */
  readonly epoch: number;
  /** Of the finished file, without folder. */
  readonly file: string;
}

/** Takes the extents of one disk in ascending order; what lies between them is zero. */
export interface ExtentWriter {
  write(extent: Extent): Promise<void>;
  /** To be called once, behind the last extent. */
  finish(): Promise<void>;
}

/** Begins a file of one format; the file is empty, and stays open until `finish` is through. */
export type OpenWriter = (output: FileHandle, disk: SourceDisk) => ExtentWriter;

export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** Writes all bytes, where FileHandle.write may write some. */
export async function writeAt(output: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await output.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
