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
  return { users: numbersIn(tree, 'passwd'), groups: numbersIn(tree, 'group') };
}

/** passwd(5) and group(5): the name is the first field, its number the third. */
function numbersIn(tree: RootTree, file: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of textIn(tree, file).split('\n')) {
    const [name, , number = ''] = line.split(':');
    if (name !== undefined && /^\d+$/.test(number)) numbers.set(name, Number(number));
  }
  return numbers;
}

function textIn(tree: RootTree, file: string): string {
  const handle = openedIn(tree, file);
  if (handle === undefined) return '';
  try {
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

function openedIn(tree: RootTree, file: string): number | undefined {
  const folder = tree.behindLink('', 'etc');
  if (folder === undefined) return undefined;
  try {
    return openSync(`${tree.host(folder)}/${file}`, O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link is none of the files that packages bring.
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
}
