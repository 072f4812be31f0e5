import { type DiskPlan, ImageError } from '@ic/image-core';
import type { TemplateRequest } from './api.js';
import { planImage } from './plan-image.js';
import { validate } from './validate.js';

/**
 * The disk that a template asks for, every number and id of it, as a build will write it. No network, no root.
 *
 * @throws ToolchainError and ImageError with fault `request`
 */
export async function plan(request: TemplateRequest): Promise<DiskPlan> {
  const { config } = await validate(request);
  if (config.target.imageType === 'img') {
    throw new ImageError('PARTITION_INVALID', 'imageType: img has no disk that could be planned', {
      fault: 'request',
      hint: '"ic validate" checks the template; "ic resolve --packages" tells what goes into it',
    });
  }
  return planImage(config);
}
