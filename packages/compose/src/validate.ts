import { planBoot, planDisk } from '@ic/image-core';
import { type ImageConfig, type LoadedConfig, loadConfig } from '@ic/toolchain';
import { sha256 } from '@ic/utils';
import type { TemplateRequest } from './api.js';

/**
 * Reads, merges and checks a template, and plans its disk and boot to see that they can be. No network, no root.
 *
 * @throws ToolchainError and ImageError with fault `request`
 */
export async function validate(request: TemplateRequest): Promise<LoadedConfig> {
  const loaded = await loadConfig(request);
  planBoot(loaded.config, planDisk(loaded.config.disk, { seed: imageSeed(loaded.config) }));
  return loaded;
}

/** What all ids of an image are made from: the same config gives the same ids. */
export function imageSeed(config: ImageConfig): string {
  return sha256(JSON.stringify([config.image, config.target, config.disk, config.system]));
}
