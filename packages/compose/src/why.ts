import { type DependencyChain, whyChosen } from '@ic/package-core';
import { type Context, defaultContext } from '@ic/utils';
import type { ResolveOptions, TemplateRequest } from './api.js';
import { dependencies } from './dependencies.js';

/**
 * The shortest chain that brings a package into the image, for each architecture or version of it that is there.
 *
 * @param name also `name:arch`, `name.arch` or `name=version`
 * @throws as `resolve`; PackageError PACKAGE_NOT_CHOSEN
 */
export async function why(
  name: string,
  request: TemplateRequest,
  options: ResolveOptions,
  context: Context = defaultContext(),
): Promise<readonly DependencyChain[]> {
  return whyChosen(await dependencies(request, options, context), name);
}
