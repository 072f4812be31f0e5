import { ImageError, planBoot, planDisk } from '@ic/image-core';
import {
  formatPosition,
  type ImageConfig,
  type JsonObject,
  type LoadedConfig,
  loadConfig,
} from '@ic/toolchain';
import { sha256 } from '@ic/utils';
import type { TemplateRequest } from './api.js';

/**
 * Reads, merges and checks a template, and plans its disk and boot to see that they can be. No network, no root.
 *
 * @throws ToolchainError and ImageError with fault `request`
 */
export async function validate(request: TemplateRequest): Promise<LoadedConfig> {
  const loaded = await loadConfig(request);
  try {
    planBoot(loaded.config, planDisk(loaded.config.disk, { seed: imageSeed(loaded.config) }));
  } catch (error) {
    throw error instanceof ImageError ? withPlace(error, loaded) : error;
  }
  return loaded;
}

/** Plans know no files: the place of the partition that an error is about, else of the disk, is put before it. */
function withPlace(error: ImageError, { document, positionOf }: LoadedConfig): ImageError {
  const { partition } = error.details;
  const { disk } = document as { readonly disk?: { readonly partitions?: readonly JsonObject[] } };
  const index = disk?.partitions?.findIndex(({ id }) => id === partition) ?? -1;
  const at = positionOf(index < 0 ? ['disk'] : ['disk', 'partitions', index]);
  return new ImageError(error.code, `${formatPosition(at)}: ${error.message}`, {
    hint: error.hint,
    fault: error.fault,
    details: { ...error.details, ...at },
    cause: error.cause,
  });
}

/** What all ids of an image are made from: the same config gives the same ids. */
export function imageSeed(config: ImageConfig): string {
  return sha256(JSON.stringify([config.image, config.target, config.disk, config.system]));
}
