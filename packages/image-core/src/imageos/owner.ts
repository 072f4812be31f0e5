import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import { findRow, tableRows } from './colon-table.js';

/**
 * The numbers of `user` or `user:group`, by name as in the image or by number; without a group the user's own (root's for
 * a number that no user has). Undefined is root:root. Pure.
 *
 * @throws ImageError USER_INVALID for a name that the image does not have
 */
export function parseOwner(
  owner: string | undefined,
  tables: { readonly passwd: string; readonly group: string },
): { uid: number; gid: number } {
  if (owner === undefined) return { uid: 0, gid: 0 };
  const [user = '', group] = owner.split(':');
  const uid = idOf(tables.passwd, user, 'user');
  if (group !== undefined && group !== '') return { uid, gid: idOf(tables.group, group, 'group') };
  const account = tableRows(tables.passwd).find((row) => Number(row[2]) === uid);
  return { uid, gid: Number(account?.[3] ?? 0) };
}

function idOf(table: string, name: string, kind: 'user' | 'group'): number {
  if (/^\d+$/.test(name)) return Number(name);
  const row = findRow(table, name);
  if (row !== undefined) return Number(row[2]);
  const near = nearest(
    name,
    tableRows(table).map((candidate) => candidate[0] ?? ''),
  );
  throw new ImageError(
    'USER_INVALID',
    `an additional file is to belong to the ${kind} "${name}", which the image lacks`,
    {
      fault: 'request',
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : `add the ${kind}, or give a number`,
      details: { [kind]: name, near },
    },
  );
}
