import type { DiskPlan } from '@ic/image-core';
import type { FetchedPackage } from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import type { Artifact } from './api.js';

/** All that the builder inside the namespaces needs to know; plain JSON. */
export interface BuilderJob {
  readonly config: ImageConfig;
  readonly plan: DiskPlan;
  /** What the image is made of, verified. */
  readonly packages: readonly FetchedPackage[];
  /** The armored keys of the repositories that stay in the image, by name. */
  readonly repositoryKeys: Readonly<Record<string, string>>;
  /** The chroot environment: a tarball `<folder>/<key>.<its SHA-256>.tar.zst`, made from `packages` when there is none yet. */
  readonly chroot: {
    readonly folder: string;
    readonly key: string;
    readonly packages: readonly FetchedPackage[];
  };
  /** The build's own folder, on disk. */
  readonly work: string;
  /** Seconds since 1970 for every time stamp in the image. */
  readonly epoch: number;
  readonly assembly: 'direct' | 'loop';
  readonly jobs: number;
}

export interface BuilderResult {
  /** Files in the build's folder. */
  readonly artifacts: readonly Artifact[];
  /** The disk as it was written: that of the job, with minimized partitions as small as they became. */
  readonly plan: DiskPlan;
}
