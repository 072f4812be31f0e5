import type { UserConfig } from '@ic/toolchain';
import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import { checkId, idsOf, nextId } from './account-ids.js';
import { applyGroup } from './apply-group.js';
import { findRow, putRow, tableRows } from './colon-table.js';
import type { LoginDefs } from './login-defs.js';

/** The texts of the account files; undefined where the image has no such file. */
export interface AccountTables {
  readonly passwd: string;
  readonly shadow: string;
  readonly group: string;
  readonly gshadow?: string | undefined;
  readonly subuid?: string | undefined;
  readonly subgid?: string | undefined;
}

const SECONDS_PER_DAY = 86_400;

/** The day, counted from 1970 as in shadow(5), of a time in seconds. Pure. */
export function dayOf(epoch: number): number {
  return Math.floor(epoch / SECONDS_PER_DAY);
}

export interface AccountPolicy {
  readonly loginDefs: LoginDefs;
  /** Groups of the template: the one that has a user's name is that user's own. */
  readonly groups?: readonly string[] | undefined;
  /** Days since 1970 that count as the day of the last password change; 0 leaves it unknown. */
  readonly day: number;
}

/**
 * The account files with one user added, or changed where the user exists: like useradd(8) and usermod(8), but the same
 * for the same input. A new user has a group of its own; ids that are not given are one above the highest in use. No
 * password means a locked one. Pure; applying it twice changes nothing more.
 *
 * @throws ImageError USER_INVALID
 */
export function applyUser(tables: AccountTables, user: UserConfig, policy: AccountPolicy): AccountTables {
  if (user.uid !== undefined)
    checkId(tables.passwd, `the user ${user.name}`, { name: user.name, id: user.uid });
  const added = findRow(tables.passwd, user.name) === undefined ? addUser(tables, user, policy) : tables;
  const changed = { ...added, ...changeUser(added, user, policy) };
  return user.groups.reduce((all, group) => joinGroup(all, user.name, group), changed);
}

function addUser(tables: AccountTables, user: UserConfig, policy: AccountPolicy): AccountTables {
  const { loginDefs, day } = policy;
  const own = findRow(tables.group, user.name);
  if (own !== undefined && policy.groups?.includes(user.name) !== true) {
    throw new ImageError(
      'USER_INVALID',
      `the user ${user.name} cannot have a group of its own: the image already has a group of that name`,
      {
        fault: 'request',
        hint: `choose another name for the user ${user.name}, or name the group in systemConfig.groups`,
      },
    );
  }
  const { minimumUid, maximumUid, minimumGid, maximumGid } = loginDefs;
  const owner = `the user ${user.name}`;
  const uid = user.uid ?? nextId(tables.passwd, owner, { minimum: minimumUid, maximum: maximumUid });
  const free = () => nextId(tables.group, owner, { minimum: minimumGid, maximum: maximumGid });
  const gid = own === undefined ? (idsOf(tables.group).includes(uid) ? free() : uid) : Number(own[2]);
  const { passwordMinimumAge, passwordMaximumAge, passwordWarning } = loginDefs;
  const ages = [passwordMinimumAge, passwordMaximumAge, passwordWarning].map((age) => `${age ?? ''}`);
  return {
    ...applyGroup(tables, { name: user.name, gid, system: false }, loginDefs),
    passwd: putRow(tables.passwd, [user.name, 'x', `${uid}`, `${gid}`, '', user.home, user.shell]),
    shadow: putRow(tables.shadow, [user.name, '!', dayField(day), ...ages, '', '', '']),
    subuid: addSubIds(tables.subuid, user.name, loginDefs),
    subgid: addSubIds(tables.subgid, user.name, loginDefs),
  };
}

/** Home, login program, password and its age. A start-up script takes the place of the shell, as ICT has it. */
function changeUser(
  tables: AccountTables,
  user: UserConfig,
  policy: AccountPolicy,
): Pick<AccountTables, 'passwd' | 'shadow'> {
  const [, , uid = '', gid = '', comment = ''] = findRow(tables.passwd, user.name) ?? [];
  const shell = user.startupScript ?? user.shell;
  const [, password = '', changed = '', ...ages] = findRow(tables.shadow, user.name) ?? [];
  const [minimum = '', maximum = '', warning = '', inactive = '', expires = '', reserved = ''] = ages;
  return {
    passwd: putRow(tables.passwd, [user.name, 'x', uid, gid, comment, user.home, shell]),
    shadow: putRow(tables.shadow, [
      user.name,
      user.passwordHash ?? (password === '' ? '!' : password),
      user.passwordHash === undefined ? changed : dayField(policy.day),
      minimum,
      user.passwordMaxAge === undefined ? maximum : `${user.passwordMaxAge}`,
      warning,
      inactive,
      expires,
      reserved,
    ]),
  };
}

function joinGroup(tables: AccountTables, user: string, name: string): AccountTables {
  const row = findRow(tables.group, name);
  if (row === undefined) {
    const near = nearest(
      name,
      tableRows(tables.group).map((candidate) => candidate[0] ?? ''),
    );
    throw new ImageError(
      'USER_INVALID',
      `the user ${user} is to be in the group "${name}", which the image lacks`,
      {
        fault: 'request',
        hint:
          near.length > 0
            ? `did you mean ${near.join(', ')}?`
            : `add the package that brings the group ${name}`,
        details: { user, group: name, near },
      },
    );
  }
  const shadowRow = tables.gshadow === undefined ? undefined : findRow(tables.gshadow, name);
  return {
    ...tables,
    group: putRow(tables.group, withMember(row, user)),
    gshadow:
      tables.gshadow === undefined || shadowRow === undefined
        ? tables.gshadow
        : putRow(tables.gshadow, withMember(shadowRow, user)),
  };
}

function withMember(row: readonly string[], user: string): string[] {
  const members = (row[3] ?? '').split(',').filter((member) => member !== '');
  return [...row.slice(0, 3), (members.includes(user) ? members : [...members, user]).join(',')];
}

function addSubIds(text: string | undefined, user: string, loginDefs: LoginDefs): string | undefined {
  if (text === undefined || findRow(text, user) !== undefined) return text;
  const ends = tableRows(text).map((row) => Number(row[1]) + Number(row[2]));
  const start = Math.max(loginDefs.minimumSubId, ...ends);
  return putRow(text, [user, `${start}`, `${loginDefs.subIdCount}`]);
}

/** The shadow file with no change of a password later than `day`: packages write the day of the build. Pure. */
export function clampLastChanges(shadow: string, day: number): string {
  const late = tableRows(shadow).filter((row) => Number(row[2]) > day);
  return late.reduce((text, row) => putRow(text, row.with(2, dayField(day))), shadow);
}

/** Day 0 would ask for a new password at the first login (shadow(5)); empty switches ageing off instead. */
function dayField(day: number): string {
  return day > 0 ? `${day}` : '';
}
