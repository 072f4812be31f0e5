import { type RootJob, runOnRoot } from './run-on-root.js';

/** Attributes that GNU tar would write with the number of its process, or that differ with each reading. */
const PAX = 'exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime';

/**
 * Writes a root file system as a pax archive with the target's own GNU tar, sorted by name, owners as numbers, with hard
 * links, devices, and extended attributes (capabilities and ACLs among them) as `SCHILY.xattr.*` records: Node reads no
 * attributes. The same tree gives the same bytes.
 *
 * @param job.epoch seconds since 1970; later times become this one
 * @throws ImageError IMAGE_FAILED; UtilsError DISK_FULL, EXEC_NOT_FOUND, CANCELLED
 */
export async function writeRootTar(job: RootJob & { readonly epoch: number }): Promise<void> {
  await runOnRoot(job, 'tar', [
    ...['--create', `--file=${job.to}`, '--force-local', `--directory=${job.rootfs}`],
    ...['--sort=name', '--numeric-owner', `--mtime=@${job.epoch}`, '--clamp-mtime'],
    ...['--xattrs', '--xattrs-include=*', '--format=posix', `--pax-option=${PAX}`],
    '.',
  ]);
}
