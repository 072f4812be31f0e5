import { describe, expect, it } from 'vitest';
import type { AccountTables } from './account-tables.js';
import { applyUser } from './account-tables.js';
import { applyGroup } from './apply-group.js';
import { findRow } from './colon-table.js';
import { makeUser } from './image-fixture.test.helper.js';
import { parseLoginDefs } from './login-defs.js';

const TABLES: AccountTables = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\nsystemd-network:x:998:998::/:/usr/sbin/nologin\n',
  shadow: 'root:*:20779:0:99999:7:::\n',
  group: 'root:x:0:\nsudo:x:27:\nsystemd-network:x:998:\n',
  gshadow: 'root:*::\nsudo:*::\n',
};
const DEFS = parseLoginDefs('SYS_GID_MIN 100\nSYS_GID_MAX 999\n');
const POLICY = { loginDefs: DEFS, day: 20254 };

describe('applyGroup', () => {
  it.each([
    ['the number that is asked for', { name: 'sensors', gid: 1600, system: false }, '1600'],
    ['the one above the highest', { name: 'sensors', gid: undefined, system: false }, '1000'],
    ['of the system: the highest that is free', { name: 'sensors', gid: undefined, system: true }, '999'],
  ])('gives %s', (_, group, gid) => {
    const after = applyGroup(TABLES, group, DEFS);
    expect(after).toEqual({
      ...TABLES,
      group: `${TABLES.group}sensors:x:${gid}:\n`,
      gshadow: `${TABLES.gshadow}sensors:!::\n`,
    });
    expect(applyGroup(after, group, DEFS)).toEqual(after);
  });

  it('leaves a group that packages brought, whatever its number', () => {
    expect(applyGroup(TABLES, { name: 'sudo', system: true }, DEFS)).toBe(TABLES);
    expect(applyGroup(TABLES, { name: 'sudo', gid: 27, system: false }, DEFS)).toBe(TABLES);
  });

  it.each([
    ['another group has', { name: 'sensors', gid: 27, system: false }, 'which is that of sudo in the image'],
    ['the group has not', { name: 'sudo', gid: 28, system: false }, 'packages gave it 27 already'],
  ])('refuses a number that %s', (_, group, message) => {
    expect(() => applyGroup(TABLES, group, DEFS)).toThrow(
      expect.objectContaining({ code: 'USER_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('refuses a range that is used up', () => {
    const defs = { ...DEFS, minimumSystemGid: 998, maximumSystemGid: 998 };
    expect(() => applyGroup(TABLES, { name: 'sensors', system: true }, defs)).toThrow(
      expect.objectContaining({ code: 'USER_INVALID', message: expect.stringContaining('used up') }),
    );
  });
});

describe('applyUser with numbers', () => {
  it('gives the uid, and the same number to the group of its own', () => {
    const { passwd, group } = applyUser(TABLES, makeUser('operator', { uid: 1500 }), POLICY);
    expect(findRow(passwd, 'operator')?.slice(2, 4)).toEqual(['1500', '1500']);
    expect(findRow(group, 'operator')?.[2]).toBe('1500');
  });

  it('makes a group of the template the user’s own', () => {
    const tables = applyGroup(TABLES, { name: 'operator', gid: 1600, system: false }, DEFS);
    const policy = { ...POLICY, groups: ['operator'] };
    const after = applyUser(tables, makeUser('operator', { uid: 1500 }), policy);
    expect(findRow(after.passwd, 'operator')?.slice(2, 4)).toEqual(['1500', '1600']);
    expect(after.group).toBe(tables.group);
  });

  it.each([
    ['another user has', makeUser('operator', { uid: 998 }), 'that of systemd-network in the image'],
    ['the user has not', makeUser('systemd-network', { uid: 1500 }), 'packages gave it 998 already'],
  ])('refuses a uid that %s', (_, user, message) => {
    expect(() => applyUser(TABLES, user, POLICY)).toThrow(
      expect.objectContaining({ code: 'USER_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
