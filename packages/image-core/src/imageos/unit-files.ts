import { readdir } from 'node:fs/promises';
import { resolveInRoot } from './resolve-in-root.js';
import { unlessMissing } from './root-files.js';

/** Where systemd looks for the units of a system (systemd.unit(5)), the last being Debian's before the merge of /usr. */
const FOLDERS = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const UNIT = /\.(service|socket|target|timer|path|mount|automount|swap|slice)$/;

/** The names of all units of the image, aliases and templates (`getty@.service`) too; init scripts count as services. */
export async function unitFiles(rootfs: string): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(FOLDERS.map((folder) => names(rootfs, folder)));
  const scripts = (await names(rootfs, '/etc/init.d')).map((name) => `${name}.service`);
  return new Set([...lists.flat().filter((name) => UNIT.test(name)), ...scripts]);
}

/** The full name of a unit: `ssh` is `ssh.service`. Pure. */
export function unitName(name: string): string {
  return UNIT.test(name) ? name : `${name}.service`;
}

/** Whether the image has the unit, or the template that it is an instance of. Pure. */
export function hasUnit(units: ReadonlySet<string>, name: string): boolean {
  const unit = unitName(name);
  return units.has(unit) || units.has(unit.replace(/@[^@]*\./, '@.'));
}

async function names(rootfs: string, folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(await resolveInRoot(rootfs, folder)))) ?? [];
}
