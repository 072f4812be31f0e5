import type { GroupConfig } from '@ic/toolchain';
import { checkId, nextId } from './account-ids.js';
import type { AccountTables } from './account-tables.js';
import { findRow, putRow } from './colon-table.js';
import type { LoginDefs } from './login-defs.js';

/**
 * The account files with one group added, as groupadd(8) does: its number is the given one, the one above the highest in use, or
 * with `system` the highest that is free. A group that is there stays as it is. Pure; applying it twice changes nothing more.
 *
 * @throws ImageError USER_INVALID for a number that another group has, and another one than the group has
 */
export function applyGroup(tables: AccountTables, group: GroupConfig, loginDefs: LoginDefs): AccountTables {
  const { name, gid, system } = group;
  const owner = `the group ${name}`;
  if (gid !== undefined) checkId(tables.group, owner, { name, id: gid });
  if (findRow(tables.group, name) !== undefined) return tables;
  const { minimumGid, maximumGid, minimumSystemGid, maximumSystemGid } = loginDefs;
  const range = system
    ? { minimum: minimumSystemGid, maximum: maximumSystemGid, downwards: true }
    : { minimum: minimumGid, maximum: maximumGid };
  const id = gid ?? nextId(tables.group, owner, range);
  return {
    ...tables,
    group: putRow(tables.group, [name, 'x', `${id}`, '']),
    gshadow: tables.gshadow === undefined ? undefined : putRow(tables.gshadow, [name, '!', '', '']),
  };
}
