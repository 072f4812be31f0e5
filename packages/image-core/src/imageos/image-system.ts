import type { ImageConfig, ToolRunner } from '@ic/toolchain';
import type { Context } from '@ic/utils';
import type { DiskPlan } from '../imagedisk/disk-plan.js';

/** A root file system whose packages are installed, and everything needed to make it the system a template asks for. */
export interface ImageSystem {
  /** Absolute path of the tree. */
  readonly rootfs: string;
  readonly config: ImageConfig;
  readonly plan: DiskPlan;
  /** Runs programs with `rootfs` as `/`. */
  readonly runner: ToolRunner;
  /** The armored keys of those repositories that stay in the image, by name. */
  readonly repositoryKeys: Readonly<Record<string, string>>;
  /** Seconds since 1970: the only time that may show in the image. */
  readonly epoch: number;
  readonly context: Context;
}
