import type { FetchedPackage } from '@ic/package-core';
import { type Context, defaultContext } from '@ic/utils';
import type { FetchOptions, TemplateRequest } from './api.js';
import { chooseNow, chosenBefore } from './chosen.js';
import { fetchChosen } from './fetch-chosen.js';
import { currentLockfile } from './lockfile.js';
import { withProvider } from './solve.js';
import { validate } from './validate.js';

/**
 * Brings all that a build of a template needs into the cache, verified: the packages of the image and of its chroot
 * environment, each once, sorted by name. Needs no root. The same build then works offline.
 *
 * @throws as `resolve`; PackageError LOCK_MISSING, LOCK_INVALID, LOCK_STALE with `locked`
 */
export async function fetch(
  request: TemplateRequest,
  { locked = false, ...options }: FetchOptions,
  context: Context = defaultContext(),
): Promise<readonly FetchedPackage[]> {
  const { config } = await validate(request);
  const lockfile = locked ? await currentLockfile(request.template, config) : undefined;
  return withProvider(config, options, context, async (provider) => {
    const chosen =
      lockfile === undefined
        ? await chooseNow(config, provider, context)
        : await chosenBefore(lockfile, config, provider, context);
    const { packages, tools } = await fetchChosen(provider, chosen, context);
    const all = new Map([...packages, ...tools].map((pkg) => [pkg.sha256, pkg]));
    return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}
