import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AccountTables, applyUser, clampLastChanges } from './account-tables.js';
import { findRow } from './colon-table.js';
import { EPOCH, isRoot, makeTree, makeUser } from './image-fixture.test.helper.js';
import { parseLoginDefs } from './login-defs.js';

const TABLES: AccountTables = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  shadow: 'root:*:20779:0:99999:7:::\nnobody:*:20779:0:99999:7:::\n',
  group: 'root:x:0:\nsudo:x:27:\naudio:x:29:\noperator:x:37:\nnogroup:x:65534:\n',
  gshadow: 'root:*::\nsudo:*::\naudio:*::\noperator:*::\nnogroup:*::\n',
  subuid: '',
  subgid: '',
};
const LOGIN_DEFS =
  'USERGROUPS_ENAB yes\nPASS_MAX_DAYS\t99999\nPASS_MIN_DAYS\t0\nPASS_WARN_AGE\t7\n# UID_MIN 5\n';
const POLICY = { loginDefs: parseLoginDefs(LOGIN_DEFS), day: 20254 };
const HASH = '$6$salt$hash';

describe('applyUser', () => {
  it('adds a user with a group, a locked password and subordinate ids of its own', () => {
    const after = applyUser(TABLES, makeUser('alice', { groups: ['sudo', 'audio'] }), POLICY);
    expect(after).toEqual({
      passwd: `${TABLES.passwd}alice:x:1000:1000::/home/alice:/bin/bash\n`,
      shadow: `${TABLES.shadow}alice:!:20254:0:99999:7:::\n`,
      group: `${TABLES.group.replace('sudo:x:27:', 'sudo:x:27:alice').replace('audio:x:29:', 'audio:x:29:alice')}alice:x:1000:\n`,
      gshadow: `root:*::\nsudo:*::alice\naudio:*::alice\noperator:*::\nnogroup:*::\nalice:!::\n`,
      subuid: 'alice:100000:65536\n',
      subgid: 'alice:100000:65536\n',
    });
  });

  it('counts ids on from the highest in use', () => {
    const two = applyUser(applyUser(TABLES, makeUser('alice'), POLICY), makeUser('bob'), POLICY);
    expect(findRow(two.passwd, 'bob')?.slice(2, 4)).toEqual(['1001', '1001']);
    expect(two.subuid).toBe('alice:100000:65536\nbob:165536:65536\n');
  });

  it('takes the next group id when the number of the user is taken', () => {
    const tables = { ...TABLES, group: `${TABLES.group}staff:x:1000:\n` };
    expect(findRow(applyUser(tables, makeUser('alice'), POLICY).passwd, 'alice')?.slice(2, 4)).toEqual([
      '1000',
      '1001',
    ]);
  });

  const shadowCases: [title: string, name: string, over: object, expected: string][] = [
    ['a hash sets the day', 'root', { passwordHash: HASH }, `root:${HASH}:20254:0:99999:7:::`],
    ['no hash leaves an existing user alone', 'root', {}, 'root:*:20779:0:99999:7:::'],
    [
      'an age is the maximum',
      'alice',
      { passwordHash: HASH, passwordMaxAge: 90 },
      `alice:${HASH}:20254:0:90:7:::`,
    ],
    ['no hash locks a new user', 'alice', {}, 'alice:!:20254:0:99999:7:::'],
  ];
  it.each(shadowCases)('shadow: %s', (_, name, over, expected) => {
    const { shadow } = applyUser(TABLES, makeUser(name, over), POLICY);
    expect(findRow(shadow, name)?.join(':')).toBe(expected);
  });

  it('locks an existing user whose password is empty', () => {
    const tables = { ...TABLES, shadow: TABLES.shadow.replace('root:*:', 'root::') };
    expect(findRow(applyUser(tables, makeUser('root'), POLICY).shadow, 'root')?.[1]).toBe('!');
  });

  it('leaves the day empty at the epoch, since day 0 asks for a new password', () => {
    const { shadow } = applyUser(TABLES, makeUser('alice', { passwordHash: HASH }), { ...POLICY, day: 0 });
    expect(findRow(shadow, 'alice')?.[2]).toBe('');
  });

  it('makes the start-up script the login program', () => {
    const { passwd } = applyUser(TABLES, makeUser('kiosk', { startupScript: '/usr/bin/kiosk' }), POLICY);
    expect(findRow(passwd, 'kiosk')?.[6]).toBe('/usr/bin/kiosk');
  });

  it('does without gshadow and subordinate ids where the image has none', () => {
    const { gshadow: _g, subuid: _u, subgid: _s, ...tables } = TABLES;
    expect(applyUser(tables, makeUser('alice', { groups: ['sudo'] }), POLICY)).toMatchObject({
      gshadow: undefined,
      subuid: undefined,
    });
  });

  const refused: [title: string, tables: AccountTables, over: object, message: string, hint: string][] = [
    ['an unknown group', TABLES, { groups: ['sduo'] }, '"sduo"', 'sudo'],
    ['a group unlike any', TABLES, { groups: ['libvirt'] }, '"libvirt"', 'package'],
    ['a group of its name', TABLES, { name: 'operator' }, 'already has a group', 'another name'],
  ];
  it.each(refused)('refuses %s', (_, tables, over, message, hint) => {
    expect(() => applyUser(tables, makeUser('alice', over), POLICY)).toThrowError(
      expect.objectContaining({
        code: 'USER_INVALID',
        fault: 'request',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  it('refuses a user when no id is left', () => {
    const policy = { ...POLICY, loginDefs: { ...POLICY.loginDefs, maximumUid: 1000 } };
    const full = applyUser(TABLES, makeUser('alice'), policy);
    expect(() => applyUser(full, makeUser('bob'), policy)).toThrowError(
      expect.objectContaining({ code: 'USER_INVALID', message: expect.stringContaining('no id is left') }),
    );
  });

  it('changes nothing more the second time and no line of others, for any users', () => {
    const user = fc
      .record({
        name: fc.constantFrom('root', 'alice', 'bob', 'carol'),
        passwordHash: fc.constantFrom(undefined, HASH),
        passwordMaxAge: fc.option(fc.nat(1000), { nil: undefined }),
        groups: fc.uniqueArray(fc.constantFrom('sudo', 'audio', 'root')),
      })
      .map(({ name, ...over }) => makeUser(name, over));
    fc.assert(
      fc.property(fc.uniqueArray(user, { selector: ({ name }) => name }), (users) => {
        const apply = (tables: AccountTables) =>
          users.reduce((all, one) => applyUser(all, one, POLICY), tables);
        const once = apply(TABLES);
        expect(apply(once)).toEqual(once);
        expect(once.passwd).toContain('nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n');
        const ids = once.passwd.trim().split('\n');
        expect(new Set(ids.map((line) => line.split(':')[2])).size).toBe(ids.length);
      }),
    );
  });
});

describe('clampLastChanges', () => {
  it('takes back later days and leaves the rest', () => {
    const shadow = 'a:*:20779:0::::\nb:!:100:0::::\nc:!::0::::\n';
    expect(clampLastChanges(shadow, 20254)).toBe('a:*:20254:0::::\nb:!:100:0::::\nc:!::0::::\n');
    expect(clampLastChanges('a:*:20779::::::\n', 0)).toBe('a:*:::::::\n');
  });
});

const installed = async (program: string) =>
  exec(program, ['--help'], { allow: [0, 1, 2, 3] }).then(
    () => true,
    () => false,
  );
const hasChecks = (await installed('pwck')) && (await installed('grpck'));
const hasUseradd = isRoot && (await installed('useradd'));

describe('against the shadow tools', () => {
  it.skipIf(!hasChecks)('pwck and grpck accept the result', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'imageos-pwck-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const user = makeUser('alice', { passwordHash: HASH, home: '/', shell: '/bin/sh' });
    const after = applyUser(TABLES, user, POLICY);
    for (const [name, text] of Object.entries(after)) writeFileSync(join(folder, name), text ?? '');
    const { stdout } = await exec('pwck', ['-r', join(folder, 'passwd'), join(folder, 'shadow')], {
      allow: [0, 2],
    });
    expect(stdout).not.toMatch(/alice|invalid/);
    await exec('grpck', ['-r', join(folder, 'group'), join(folder, 'gshadow')]);
  });

  it.skipIf(!hasUseradd)('useradd and usermod give the same lines', async () => {
    const root = makeTree({
      'etc/login.defs': LOGIN_DEFS,
      ...Object.fromEntries(Object.entries(TABLES).map(([name, text]) => [`etc/${name}`, text])),
    });
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SOURCE_DATE_EPOCH: `${EPOCH}` };
    for (const name of ['alice', 'bob']) {
      await exec('useradd', ['--prefix', root, '-s', '/bin/bash', '-d', `/home/${name}`, name], { env });
    }
    await exec('usermod', ['--prefix', root, '-a', '-G', 'sudo,audio', 'bob'], { env });
    const ours = [makeUser('alice'), makeUser('bob', { groups: ['sudo', 'audio'] })].reduce(
      (tables, user) => applyUser(tables, user, POLICY),
      TABLES,
    );
    for (const name of ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'] as const) {
      expect(readFileSync(join(root, 'etc', name), 'utf8'), name).toBe(ours[name]);
    }
  });
});
