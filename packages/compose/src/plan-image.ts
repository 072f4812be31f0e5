import { type DiskPlan, kernelWords, planBoot, planDisk } from '@ic/image-core';
import type { ImageConfig } from '@ic/toolchain';
import { sha256 } from '@ic/utils';

/** What all ids of an image are made from: the same config gives the same ids. */
function imageSeed(config: ImageConfig): string {
  return sha256(JSON.stringify([config.image, config.target, config.disk, config.system]));
}

/**
 * The disk of an image, once it is known that it can boot; one without partitions for `imageType: img`. Pure.
 *
 * @throws ImageError; the fault is the request's
 */
export function planImage(config: ImageConfig): DiskPlan {
  if (config.target.imageType === 'img') {
    kernelWords(config.system.kernel.cmdline);
    return { table: 'gpt', size: 0, sectorSize: 512, diskId: '', partitions: [] };
  }
  const plan = planDisk(config.disk, { seed: imageSeed(config) });
  planBoot(config, plan);
  return plan;
}
