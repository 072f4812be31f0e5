import { buildLockfile, formatLockfile, lockChanges } from '@ic/package-core';
import { type Context, defaultContext, stage, writeFileAtomic } from '@ic/utils';
import type { LockOptions, LockResult, TemplateRequest } from './api.js';
import { familyOf } from './family.js';
import { findLockfile, lockfilePath, lockMissing, requestOf } from './lockfile.js';
import { lockedBefore, relock, requireLocked } from './relock.js';
import { chrootRequest, imageRequest } from './requests.js';
import { openRepositories, withProvider } from './solve.js';
import { validate } from './validate.js';
import { warnOfReplaced } from './warn-of-replaced.js';

/**
 * Writes the lockfile of a template beside it: the exact packages of its image and of the chroot environment. What an
 * older lockfile has stays where that is possible, unless `update` says otherwise.
 *
 * @throws as `resolve`; PackageError LOCK_INVALID, LOCK_MISSING when some packages of no lockfile are to be updated
 */
export async function lock(
  request: TemplateRequest,
  { update = [], ...options }: LockOptions,
  context: Context = defaultContext(),
): Promise<LockResult> {
  const { config } = await validate(request);
  const path = lockfilePath(request.template);
  const before = await findLockfile(path);
  if (update !== 'all' && update.length > 0) requireLocked(update, before ?? lockMissing(path));
  const { pin } = await familyOf(config.target);
  return withProvider(config, options, context, async (provider) => {
    const { index, repositories } = await openRepositories(config, provider, context);
    const kept = lockedBefore(update === 'all' ? undefined : before);
    const common = {
      update: update === 'all' ? [] : update,
      pin,
      resolve: provider.resolve.bind(provider, index),
    };
    const packages = await stage(context, 'resolve', async () => ({
      image: await relock(imageRequest(config), { ...common, before: kept.image }),
      chroot: await relock(chrootRequest(config), { ...common, before: kept.chroot }),
    }));
    warnOfReplaced(packages.image, { index, repositories }, context);
    const lockfile = buildLockfile({ request: requestOf(config), proofs: index.proofs, packages });
    await writeFileAtomic(path, formatLockfile(lockfile));
    return { path, lockfile, changes: before && lockChanges(before, lockfile) };
  });
}
