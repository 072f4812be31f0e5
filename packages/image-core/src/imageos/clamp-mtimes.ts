import { lstatSync, lutimesSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/**
 * Sets every modification time of the tree that is later than `epoch` (seconds) back to it: files, folders, links. Other
 * file systems mounted below are left alone. Synchronous, since thirty thousand small calls take four times as long
 * through the thread pool.
 *
 * @returns how many entries were changed
 */
export function clampMtimes(root: string, epoch: number): number {
  const { dev } = lstatSync(root);
  let clamped = 0;
  const visit = (path: string, status: Stats) => {
    if (status.dev !== dev) return;
    if (status.isDirectory()) {
      for (const name of readdirSync(path)) {
        const child = join(path, name);
        visit(child, lstatSync(child));
      }
    }
    if (status.mtimeMs > epoch * 1000) {
      lutimesSync(path, epoch, epoch);
      clamped += 1;
    }
  };
  visit(root, lstatSync(root));
  return clamped;
}
