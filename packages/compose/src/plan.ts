import { type DiskPlan, planDisk } from '@ic/image-core';
import type { TemplateRequest } from './api.js';
import { imageSeed, validate } from './validate.js';

/**
 * The disk that a template asks for, every number and id of it, as a build will write it. No network, no root.
 *
 * @throws ToolchainError and ImageError with fault `request`
 */
export async function plan(request: TemplateRequest): Promise<DiskPlan> {
  const { config } = await validate(request);
  return planDisk(config.disk, { seed: imageSeed(config) });
}
