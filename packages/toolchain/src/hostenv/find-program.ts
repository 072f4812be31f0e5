import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM_PATH } from '@ic/utils';

/** The absolute path that `exec` would run for a program's name; undefined when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of SYSTEM_PATH.split(':')) {
    const path = join(folder, name);
    if (await usable(path, constants.X_OK)) return path;
  }
  return undefined;
}

/** Whether this user may use a path in the given way (`fs.constants`). */
export async function usable(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
