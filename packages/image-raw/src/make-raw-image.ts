import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleDisk, convertImage, type DiskPlan, type ImageArtifact } from '@ic/image-core';
import type { ImageConfig, ToolRunner } from '@ic/toolchain';
import { type Context, diskFull } from '@ic/utils';

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

/**
 * Makes the raw disk image of a root file system and what the template asks for in other formats and compressed, named
 * `<name>-<version>.<format>`. The raw image is sparse; it stays only where the template asks for it.
 *
 * @throws the errors of `assembleDisk`, of `writeBootCode` and of `convertImage`; UtilsError DISK_FULL
 */
export async function makeRawImage(options: RawImageOptions): Promise<readonly ImageArtifact[]> {
  const { config, plan, work, context } = options;
  const folder = join(work, 'artifacts');
  const scratch = join(work, 'imagedisk');
  for (const path of [folder, scratch]) await mkdir(path, { recursive: true });
  const image = join(folder, `${config.image.name}-${config.image.version}.raw`);
  await createSparse(image, plan.size);
  await assembleDisk({ ...options, image, work: scratch });
  await options.writeBootCode?.(image);
  const { epoch, jobs } = options;
  return convertImage({ image, plan, artifacts: config.disk.artifacts, epoch, jobs, signal: context.signal });
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
