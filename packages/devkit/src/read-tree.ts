import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestDisk } from '@ic/toolchain';
import { exec, readTar, sha256, type TarEntry } from '@ic/utils';

/**
 * Arguments: image, mount options, mount point, archive. It runs in a mount namespace of its own, with which the mount
 * and its loop device end.
 */
const SCRIPT = `
set -eu
mount -o "$2" "$1" "$3"
tar --create --file "$4" --format posix --sort name --numeric-owner --xattrs --xattrs-include '*' --directory "$3" .
`;

/**
 * Everything in a file system of a disk image, by path: type, mode, owner, size, time of change in seconds, extended
 * attributes (capabilities are one), where links lead, and the SHA-256 of contents. Mounts it, and so needs root.
 *
 * @throws UtilsError EXEC_FAILED
 */
export async function readTree(
  image: string,
  partition: Pick<ManifestDisk['partitions'][number], 'start' | 'size'>,
): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'ic-tree-'));
  try {
    const archive = join(folder, 'tree.tar');
    const mountPoint = join(folder, 'mounted');
    await mkdir(mountPoint);
    const options = `ro,loop,offset=${partition.start},sizelimit=${partition.size}`;
    const command = ['sh', '-c', SCRIPT, 'tree', image, options, mountPoint, archive];
    await exec('unshare', ['--mount', '--propagation', 'private', ...command]);
    return await describeArchive(archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same of everything in a tar archive. */
export async function describeArchive(path: string): Promise<Record<string, string>> {
  const entries = [...readTar(await readFile(path))];
  return Object.fromEntries(entries.map((entry) => [entry.path, describeEntry(entry)]));
}

function describeEntry(entry: TarEntry): string {
  const { type, mode, uid, gid, size, mtime, linkTarget, deviceMajor, deviceMinor } = entry;
  const xattrs = [...(entry.xattrs ?? [])].map(
    ([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`,
  );
  return [
    ...[type, mode.toString(8), `${uid}:${gid}`, size, mtime, `${deviceMajor}:${deviceMinor}`],
    ...[...xattrs.sort(), `-> ${linkTarget}`, sha256(entry.data)],
  ].join(' ');
}
