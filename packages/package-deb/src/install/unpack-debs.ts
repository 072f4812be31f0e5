import type { FetchedPackage } from '@ic/package-core';
import { type Context, throwIfCancelled } from '@ic/utils';
import { decompressAhead, loadPackages } from './load.js';
import { linkMergedUsr } from './merged-usr.js';
import { installWaves } from './order.js';
import { Unpacker } from './unpack.js';

export interface UnpackDebsOptions {
  /** Absolute path of an empty folder. */
  readonly root: string;
  /** dpkg's word: amd64, arm64. */
  readonly architecture: string;
  readonly jobs: number;
  readonly context: Context;
}

/**
 * Unpacks a solved set into an empty root and runs nothing: enough for a chroot environment whose programs are
 * called by path, such as `mke2fs` and `grub-mkimage`, and free of what scripts would leave.
 *
 * @throws PackageError FILE_CONFLICT, PACKAGE_INVALID, HASH_MISMATCH; UtilsError CANCELLED
 */
export async function unpackDebs(
  packages: readonly FetchedPackage[],
  options: UnpackDebsOptions,
): Promise<void> {
  const { root, architecture, jobs, context } = options;
  const loading = { jobs, signal: context.signal };
  const order = installWaves(await loadPackages(packages, loading)).flat();
  const data = decompressAhead(order, loading);
  linkMergedUsr(root, architecture);
  const unpacker = new Unpacker(root);
  for (const pkg of order) {
    throwIfCancelled(context.signal);
    unpacker.unpack({ owner: pkg, conffiles: new Set(), data: await data.take(pkg) });
  }
}
