import { readlink } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ImageError } from '../errors.js';

/** As Linux: more links than this on one path are a loop. */
const MAXIMUM_LINKS = 40;

/**
 * The path on this machine of a path in the image, every symbolic link followed as the image's own kernel would:
 * absolute targets begin at `rootfs`, and `..` never leaves it (openat2(2), RESOLVE_IN_ROOT). What does not exist
 * resolves to where it would be.
 *
 * @param rootfs absolute path of the tree, itself free of links
 * @param path path in the image; relative ones count from its root
 * @param last whether a link in the last place is followed (default) or kept, to replace or remove it
 * @throws ImageError IMAGE_FAILED for a loop of links or a path below a file
 */
export async function resolveInRoot(
  rootfs: string,
  path: string,
  last: 'follow' | 'keep' = 'follow',
): Promise<string> {
  const pending = components(path);
  const resolved: string[] = [];
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '..') {
      resolved.pop();
      continue;
    }
    const isKept = last === 'keep' && pending.length === 0;
    const target = isKept ? undefined : await linkTarget(join(rootfs, ...resolved, part), path);
    if (target === undefined) {
      resolved.push(part);
      continue;
    }
    links += 1;
    if (links > MAXIMUM_LINKS) {
      throw new ImageError('IMAGE_FAILED', `the symbolic links on the path ${path} of the image form a loop`);
    }
    if (isAbsolute(target)) resolved.length = 0;
    pending.unshift(...components(target));
  }
  return join(rootfs, ...resolved);
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

async function linkTarget(path: string, asked: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return undefined;
    if (code !== 'ENOTDIR') throw error;
    throw new ImageError(
      'IMAGE_FAILED',
      `the path ${asked} of the image leads through something that is no folder`,
      {
        cause: error,
      },
    );
  }
}
