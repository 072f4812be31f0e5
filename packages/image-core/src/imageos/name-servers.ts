import { lstat, realpath, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import type { RunOptions } from '@ic/toolchain';
import { resolveInRoot } from './resolve-in-root.js';

const RESOLVER = '/etc/resolv.conf';

/**
 * Runs something with the binds that show programs of a tree the name servers of this machine (resolv.conf(5)), and leaves the tree as
 * it was. Its own file may be there, lead to one that its system makes at boot, or be missing.
 *
 * @param root absolute path of the tree
 */
export async function withNameServers<T>(
  root: string,
  use: (binds: NonNullable<RunOptions['binds']>) => Promise<T>,
): Promise<T> {
  const host = await realpath(RESOLVER).catch(() => undefined);
  if (host === undefined) return use([]);
  const path = await resolveInRoot(root, RESOLVER);
  const wasThere = await lstat(path).then(
    () => true,
    () => false,
  );
  try {
    return await use([{ host, inside: `/${relative(root, path)}`, readOnly: true }]);
  } finally {
    // The sandbox makes an empty file where there is none to lie over.
    if (!wasThere) await rm(path, { force: true });
  }
}
