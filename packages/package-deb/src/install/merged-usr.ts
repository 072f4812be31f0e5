import { lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PackageError } from '@ic/package-core';

/**
 * Makes `/bin`, `/lib` and `/sbin` links into `/usr`, before any package could make them directories. Folders of `/usr` that are there
 * already stay.
 *
 * @throws PackageError INSTALL_FAILED where something stands in the place of a link
 */
export function linkMergedUsr(root: string, architecture: string): void {
  const names = ['bin', 'lib', 'sbin', ...(architecture === 'amd64' ? ['lib64'] : [])];
  for (const name of names) {
    mkdirSync(join(root, 'usr', name), { mode: 0o755, recursive: true });
    const link = join(root, name);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) {
      throw new PackageError(
        'INSTALL_FAILED',
        `/${name} is there before the packages, and must become a link`,
        {
          hint: `what a hook puts there belongs into /usr/${name}`,
        },
      );
    }
    symlinkSync(`usr/${name}`, link);
  }
}
