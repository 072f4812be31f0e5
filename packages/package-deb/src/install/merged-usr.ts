import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Makes `/bin`, `/lib` and `/sbin` links into `/usr`, before any package could make them directories. */
export function linkMergedUsr(root: string, architecture: string): void {
  const names = ['bin', 'lib', 'sbin', ...(architecture === 'amd64' ? ['lib64'] : [])];
  mkdirSync(join(root, 'usr'), { mode: 0o755 });
  for (const name of names) {
    mkdirSync(join(root, 'usr', name), { mode: 0o755 });
    symlinkSync(`usr/${name}`, join(root, name));
  }
}
