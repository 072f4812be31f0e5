import { join } from 'node:path';
import { unpackTree } from '@ic/package-deb';
import { createToolRunner, type ToolRunner } from '@ic/toolchain';
import { type Context, compressFile, decompress, throwIfCancelled, writeTar } from '@ic/utils';
import type { BuilderJob } from './builder-job.js';
import { keepTarball, readTarball } from './chroot-tarball.js';
import { familyOf } from './family.js';

/** What a chroot environment may unpack to, in bytes. */
const MAX_BYTES = 4 * 1024 ** 3 - 1;

/**
 * The chroot environment: the target's own image tools in a tree of their own, from a tarball in the cache; without
 * one it is made from packages and the tarball kept for the next build.
 *
 * @param root absolute path of an empty folder
 */
export async function openChroot(root: string, job: BuilderJob, context: Context): Promise<ToolRunner> {
  const { folder, key, packages } = job.chroot;
  const cached = await readTarball(folder, key, context);
  if (cached === undefined) {
    const { target } = job.config;
    const { packageArchitecture: architecture } = target;
    const family = await familyOf(target);
    await family.unpack(packages, { root, architecture, jobs: job.jobs, context });
    throwIfCancelled(context.signal);
    const plain = join(job.work, 'chroot.tar');
    await writeTar(root, plain, { epoch: job.epoch, signal: context.signal });
    await compressFile(plain, `${plain}.zst`, 'zstd', {
      threads: job.jobs,
      level: 3,
      signal: context.signal,
    });
    await keepTarball(`${plain}.zst`, folder, key);
  } else {
    unpackTree(root, await decompress(cached, { maxBytes: MAX_BYTES, signal: context.signal }));
  }
  return createToolRunner(root, { signal: context.signal });
}
