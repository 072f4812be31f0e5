import { type Context, defaultContext } from '@ic/utils';
import type { ResolveOptions, ResolveResult, TemplateRequest } from './api.js';
import { withSolved } from './solve.js';
import { validate } from './validate.js';

/**
 * The exact packages a template leads to now. Reads the repositories; needs no root.
 *
 * @throws as `validate`, and PackageError
 */
export async function resolve(
  request: TemplateRequest,
  options: ResolveOptions,
  context: Context = defaultContext(),
): Promise<ResolveResult> {
  const { config } = await validate(request);
  return withSolved(config, options, context, async ({ packages }) => ({ config, packages }));
}
