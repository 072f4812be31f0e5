import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { RootTree } from '@ic/package-core';

const { O_NOFOLLOW, O_RDONLY } = constants;

/** The numbers of users and groups, by name. */
export interface AccountNumbers {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
}

/** The users and groups that a root's own /etc/passwd and /etc/group name; none where they are not there. */
export function readAccounts(tree: RootTree): AccountNumbers {
  return { users: numbersIn(tree, 'etc/passwd'), groups: numbersIn(tree, 'etc/group') };
}

/** passwd(5) and group(5): the name is the first field, its number the third. */
function numbersIn(tree: RootTree, path: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of textIn(tree, path).split('\n')) {
    const [name, , number = ''] = line.split(':');
    if (name !== undefined && /^\d+$/.test(number)) numbers.set(name, Number(number));
  }
  return numbers;
}

function textIn(tree: RootTree, path: string): string {
  const file = openedIn(tree, path);
  if (file === undefined) return '';
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function openedIn(tree: RootTree, path: string): number | undefined {
  try {
    return openSync(tree.host(tree.locate(path)), O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link is none of the files that packages bring.
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
}
