import { readdir, readFile } from 'node:fs/promises';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { unlessMissing } from '../imageos/root-files.js';
import { copyIntoImage, type TreeFile } from './boot-files.js';
import type { EFI_NAMES } from './efi-names.js';
import { readPe, sectionContent } from './pe.js';

/**
 * Puts a boot loader where firmware looks on a disk that it has no entry for (UEFI 2.10 §3.5.1.1). A shim that a package
 * has put there stays: it starts what lies beside it under GRUB's name, whatever that is. FAT knows no case, so a file of
 * the same name in other letters is replaced.
 */
export async function installRemovableLoader(
  loader: TreeFile,
  to: {
    readonly rootfs: string;
    readonly esp: string;
    readonly names: (typeof EFI_NAMES)[keyof typeof EFI_NAMES];
  },
): Promise<void> {
  const { rootfs, esp, names } = to;
  const folder = `${esp}/EFI/BOOT`;
  const present = (await unlessMissing(readdir(await resolveInRoot(rootfs, folder)))) ?? [];
  const place = (name: string) =>
    `${folder}/${present.find((other) => other.toLowerCase() === name.toLowerCase()) ?? name}`;
  const first = place(names.removable);
  const isBehindShim = await isShim(await resolveInRoot(rootfs, first));
  await copyIntoImage(loader, { tree: rootfs, path: isBehindShim ? place(names.grub) : first });
}

/** Shim names itself in its revocation data (SBAT.md of shim, from 15.3 on). */
async function isShim(path: string): Promise<boolean> {
  const bytes = await unlessMissing(readFile(path));
  if (bytes === undefined || bytes.toString('latin1', 0, 2) !== 'MZ') return false;
  const data = sectionContent(bytes, readPe(bytes, path), '.sbat');
  return data !== undefined && /^shim,/m.test(data.toString('latin1'));
}
