import { PackageError, type Resolution, type ResolveRequest } from '@ic/package-core';
import type { DebIndex } from '../packages-index.js';
import { resolve } from './resolve.js';

/**
 * As `resolve`. Where a request fails because no repository has a package, more of what the repositories offer is looked
 * at, so that the error can tell where the package is.
 *
 * @throws as `resolve`; UtilsError CANCELLED
 */
export async function resolveExplained(
  index: DebIndex,
  request: ResolveRequest,
  architecture: string,
): Promise<Resolution> {
  try {
    return resolve(index, request, architecture);
  } catch (error) {
    const names = error instanceof PackageError ? error.details.missing : undefined;
    if (!Array.isArray(names) || names.length === 0) throw error;
    await index.findLeftOut(names.map(String));
    return resolve(index, request, architecture);
  }
}
