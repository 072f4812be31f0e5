import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageArtifact, packInitramfs } from '@ic/image-core';
import type { ImageConfig, ToolRunner } from '@ic/toolchain';
import type { Context } from '@ic/utils';

export interface InitramfsImageOptions {
  readonly config: Pick<ImageConfig, 'image' | 'system'>;
  /** Absolute path of the finished root file system. */
  readonly rootfs: string;
  /** Has GNU cpio. */
  readonly tools: ToolRunner;
  /** Absolute path of a folder on disk; the artifacts are left below it. */
  readonly work: string;
  /** Seconds since 1970 that stand for "now" in the image. */
  readonly epoch: number;
  /** Threads for compression; default one for each processor. */
  readonly jobs?: number | undefined;
  readonly context: Context;
}

/**
 * Makes the image of `imageType: img`, a system that starts over the network and runs in memory: `<name>-<version>.vmlinuz`,
 * `.initrd` and `.ipxe`.
 *
 * @throws the errors of `packInitramfs`
 */
export async function makeInitramfsImage(options: InitramfsImageOptions): Promise<readonly ImageArtifact[]> {
  const { config, work, context } = options;
  const folder = join(work, 'artifacts');
  await mkdir(folder, { recursive: true });
  return packInitramfs({
    ...options,
    base: join(folder, `${config.image.name}-${config.image.version}`),
    commandLine: config.system.kernel.cmdline,
    signal: context.signal,
    events: context.events,
  });
}
