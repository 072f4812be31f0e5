import type { ArtifactConfig } from '@ic/toolchain';
import { seededUuid } from '@ic/utils';
import { fixedTime } from '../imagedisk/partition-job.js';
import { type RootJob, runOnRoot } from './run-on-root.js';

/** What mksquashfs calls them. */
const COMPRESSORS = { gz: 'gzip', xz: 'xz', zstd: 'zstd' } as const;

export interface RootFileSystemJob extends RootJob {
  /** Seconds since 1970; later times become this one. */
  readonly epoch: number;
  readonly jobs?: number | undefined;
}

/**
 * Writes a root file system as a squashfs, with owners, modes, hard links, devices and extended attributes; ACLs it does
 * not know. The same tree gives the same bytes, whatever the number of jobs.
 *
 * @throws ImageError IMAGE_FAILED; UtilsError DISK_FULL, EXEC_NOT_FOUND, CANCELLED
 */
export async function writeSquashfs(
  job: RootFileSystemJob,
  compression: Exclude<ArtifactConfig['compression'], 'bz2'> = 'zstd',
): Promise<void> {
  const processors = job.jobs === undefined ? [] : ['-processors', String(job.jobs)];
  const form = ['-noappend', '-no-progress', '-quiet', '-comp', COMPRESSORS[compression]];
  await runOnRoot(job, 'mksquashfs', [job.rootfs, job.to, ...form, ...processors], {
    env: fixedTime(job.epoch),
  });
}

/**
 * The same as an erofs, compressed with LZ4 and with ACLs.
 *
 * @param seed its UUID is made of it
 * @throws ImageError IMAGE_FAILED; UtilsError DISK_FULL, EXEC_NOT_FOUND, CANCELLED
 */
export async function writeErofs(job: RootFileSystemJob, seed: string): Promise<void> {
  const form = ['--quiet', '-zlz4hc', '-U', seededUuid(seed, 'erofs')];
  await runOnRoot(job, 'mkfs.erofs', [...form, job.to, job.rootfs], { env: fixedTime(job.epoch) });
}
