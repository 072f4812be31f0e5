import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  assembleDisk,
  convertImage,
  type DiskArtifact,
  type DiskPlan,
  formatOf,
  type ImageArtifact,
  packRoot,
  type RootArtifact,
} from '@ic/image-core';
import type { ArtifactConfig, DiskConfig, ImageConfig, ToolRunner } from '@ic/toolchain';
import { type Context, diskFull, together } from '@ic/utils';

export interface RawImageOptions {
  readonly config: Pick<ImageConfig, 'metadata' | 'image' | 'target' | 'disk'>;
  readonly plan: DiskPlan;
  /** Absolute path of the finished root file system. */
  readonly rootfs: string;
  /** Has mke2fs, mkfs.vfat and mtools; GNU tar, mksquashfs and mkfs.erofs where artifacts need them. */
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
 * Makes the artifacts that the template asks for, named `<name>-<version>.<format>`, in its order: those of the root file
 * system, and beside them the disk with its formats; then those of each additional disk, `<name>-<version>-<disk>.<format>`.
 * Raw images are sparse; each stays only where the template asks for it, and without any format of a disk there is none.
 *
 * @throws the errors of `packRoot`, of `assembleDisk`, of `writeBootCode` and of `convertImage`; UtilsError DISK_FULL
 */
export async function makeRawImage(options: RawImageOptions): Promise<readonly ImageArtifact[]> {
  const { config, plan, work, epoch, jobs, context } = options;
  const folder = join(work, 'artifacts');
  await mkdir(folder, { recursive: true });
  const { artifacts } = config.disk;
  const base = join(folder, `${config.image.name}-${config.image.version}`);
  const made: ImageArtifact[] = [];
  const more: ImageArtifact[] = [];
  await together(context.signal, [
    async (signal) => {
      const roots = artifacts.filter(isOfRoot);
      made.push(...(await packRoot({ ...options, base, artifacts: roots, seed: plan.diskId, signal })));
    },
    async (signal) => {
      for (const { disk, disks, suffix } of disksOf(config.disk, plan)) {
        if (disks.length === 0) continue;
        const image = `${base}${suffix}.raw`;
        await writeDisk({ ...options, context: { ...context, signal } }, disk, image);
        const converted = await convertImage({ image, plan: disk, artifacts: disks, epoch, jobs, signal });
        (disk === plan ? made : more).push(...converted);
      }
    },
  ]);
  return [...inOrderOf(artifacts, made), ...more];
}

function disksOf(config: DiskConfig, plan: DiskPlan) {
  const more = (plan.additionalDisks ?? []).map((disk, index) => ({
    disk,
    disks: (config.additionalDisks?.[index]?.artifacts ?? []).filter(isOfDisk),
    suffix: `-${disk.name}`,
  }));
  return [{ disk: plan, disks: config.artifacts.filter(isOfDisk), suffix: '' }, ...more];
}

function isOfRoot(artifact: ArtifactConfig): artifact is RootArtifact {
  return !isOfDisk(artifact);
}

function isOfDisk(artifact: ArtifactConfig): artifact is DiskArtifact {
  return !['tar', 'oci', 'squashfs', 'erofs'].includes(artifact.type);
}

async function writeDisk(options: RawImageOptions, disk: DiskPlan, image: string): Promise<void> {
  await createSparse(image, disk.size);
  await assembleDisk({ ...options, disk, image });
  if (disk === options.plan) await options.writeBootCode?.(image);
}

function inOrderOf(
  artifacts: readonly ArtifactConfig[],
  made: readonly ImageArtifact[],
): readonly ImageArtifact[] {
  const place = ({ format }: ImageArtifact) =>
    artifacts.findIndex((artifact) => formatOf(artifact) === format);
  return [...made].sort((a, b) => place(a) - place(b));
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
