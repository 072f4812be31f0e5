import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleDisk, type DiskPlan } from '@ic/image-core';
import type { ArtifactConfig, ImageConfig, ToolRunner } from '@ic/toolchain';
import { type Context, compressFile, diskFull, sha256File, throwIfCancelled } from '@ic/utils';
import { sha256SparseFile } from './sha256-sparse-file.js';

export interface RawImageOptions {
  readonly config: Pick<ImageConfig, 'image' | 'disk'>;
  readonly plan: DiskPlan;
  /** Absolute path of the finished root file system. */
  readonly rootfs: string;
  /** Has mke2fs, mkfs.vfat and mtools. */
  readonly tools: ToolRunner;
  /** Absolute path of a folder on disk; the artifacts are left below it. */
  readonly work: string;
  /** Seconds since 1970 that stand for "now" in the image. */
  readonly epoch: number;
  /** See `assembleDisk`. */
  readonly mode: 'direct' | 'loop';
  /** Threads for compression; default one for each processor. */
  readonly jobs?: number | undefined;
  /** Writes what a BIOS starts from into the assembled image. */
  readonly writeBootCode?: ((image: string) => Promise<void>) | undefined;
  readonly context: Context;
}

export interface RawArtifact {
  /** Absolute path below `work`. */
  readonly path: string;
  /** `raw`, or `raw.gz`, `raw.xz`, `raw.zst`, `raw.bz2`: also how the file name ends. */
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

const SUFFIXES = { gz: 'gz', xz: 'xz', zstd: 'zst', bz2: 'bz2' } as const;

/**
 * Makes the raw disk image of a root file system and its compressed forms, named `<name>-<version>.raw[.gz …]`.
 * The uncompressed image is sparse; it stays only where the template asks for it.
 *
 * @throws the errors of `assembleDisk`, of `writeBootCode` and of `compressFile`; UtilsError DISK_FULL
 */
export async function makeRawImage(options: RawImageOptions): Promise<readonly RawArtifact[]> {
  const { config, plan, work, context } = options;
  const folder = join(work, 'artifacts');
  const scratch = join(work, 'imagedisk');
  for (const path of [folder, scratch]) await mkdir(path, { recursive: true });
  const image = join(folder, `${config.image.name}-${config.image.version}.raw`);
  await createSparse(image, plan.size);
  await assembleDisk({ ...options, image, work: scratch });
  await options.writeBootCode?.(image);
  const wanted = formats(config.disk.artifacts);
  // Hashing keeps this thread busy, compression works in programs of its own: side by side.
  const [raw, compressed] = await Promise.all([
    wanted.includes(undefined) ? rawArtifact(image, context.signal) : undefined,
    compress(image, wanted, options),
  ]);
  throwIfCancelled(context.signal);
  if (raw === undefined) await rm(image);
  return raw === undefined ? compressed : [raw, ...compressed];
}

/** Each form once, in the order of the template; undefined is the uncompressed one. */
function formats(artifacts: readonly ArtifactConfig[]): readonly ArtifactConfig['compression'][] {
  return [...new Set(artifacts.map(({ compression }) => compression))];
}

async function createSparse(image: string, size: number): Promise<void> {
  const file = await open(image, 'w');
  try {
    await file.truncate(size);
  } catch (error) {
    throw diskFull(error, image);
  } finally {
    await file.close();
  }
}

async function compress(
  image: string,
  wanted: readonly ArtifactConfig['compression'][],
  { jobs, context }: RawImageOptions,
): Promise<readonly RawArtifact[]> {
  const made: RawArtifact[] = [];
  for (const compression of wanted) {
    if (compression === undefined) continue;
    const suffix = SUFFIXES[compression];
    const path = `${image}.${suffix}`;
    await compressFile(image, path, compression, { threads: jobs, signal: context.signal });
    const { size } = await stat(path);
    made.push({ path, format: `raw.${suffix}`, bytes: size, sha256: await sha256File(path) });
  }
  return made;
}

async function rawArtifact(path: string, signal: AbortSignal): Promise<RawArtifact> {
  const { size } = await stat(path);
  return { path, format: 'raw', bytes: size, sha256: await sha256SparseFile(path, signal) };
}
