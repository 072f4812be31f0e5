import { lstat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { AdditionalFile } from '@ic/toolchain';
import { clampLastChanges, dayOf } from './account-tables.js';
import { buildTraces, emptyRecords } from './build-traces.js';
import { clampMtimes } from './clamp-mtimes.js';
import type { ImageSystem } from './image-system.js';
import { leaveMachineId, linkDbusMachineId } from './machine-id.js';
import { readText, removeInRoot, unlessMissing, writeText } from './root-files.js';
import { sshHostKeys } from './ssh-host-keys.js';

/**
 * The last step before the root file system becomes partitions: takes out what must differ between machines (machine id,
 * SSH host keys, random seed) and what only tells of the build (logs, caches, backups), and sets later times
 * (of files, and of passwords in /etc/shadow) back to `epoch`. What the template itself gives as an additional file stays. A second run changes nothing.
 */
export async function sealSystem(system: Pick<ImageSystem, 'rootfs' | 'config' | 'epoch'>): Promise<void> {
  const { rootfs, epoch } = system;
  const { additionalFiles } = system.config.system;
  for (const path of [...(await sshHostKeys(rootfs)), ...(await buildTraces(rootfs))]) {
    if (!(await isGiven(additionalFiles, path))) await removeInRoot(rootfs, path);
  }
  await emptyRecords(rootfs);
  if (!(await isGiven(additionalFiles, '/etc/machine-id'))) await leaveMachineId(rootfs);
  await linkDbusMachineId(rootfs);
  const shadow = await readText(rootfs, '/etc/shadow');
  if (shadow !== undefined) await writeText(rootfs, '/etc/shadow', clampLastChanges(shadow, dayOf(epoch)));
  clampMtimes(rootfs, epoch);
}

/** Whether the template brings this path of the image or something below it, alone or in a folder. */
async function isGiven(files: readonly AdditionalFile[], path: string): Promise<boolean> {
  for (const { local, final } of files) {
    if (isWithin(path, final) || path === join(final, basename(local))) return true;
    const source = join(local, relative(final, path));
    if (isWithin(final, path) && (await unlessMissing(lstat(source))) !== undefined) return true;
  }
  return false;
}

function isWithin(folder: string, path: string): boolean {
  const [first] = relative(folder, path).split('/');
  return first !== '..';
}
