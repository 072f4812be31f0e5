import type { DependencyGraph } from '@ic/package-core';
import { type Context, defaultContext } from '@ic/utils';
import type { ResolveOptions, TemplateRequest } from './api.js';
import { withSolved } from './solve.js';
import { validate } from './validate.js';

/**
 * Who brings whom among the packages that a template leads to now. Reads the repositories; needs no root.
 *
 * @throws as `resolve`
 */
export async function dependencies(
  request: TemplateRequest,
  options: ResolveOptions,
  context: Context = defaultContext(),
): Promise<DependencyGraph> {
  const { config } = await validate(request);
  return withSolved(config, options, context, async ({ graph }) => graph());
}
