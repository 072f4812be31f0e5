import { chmod, chown, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { UserConfig } from '@ic/toolchain';
import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import { type AccountTables, applyUser, dayOf } from './account-tables.js';
import { applyGroup } from './apply-group.js';
import { findRow } from './colon-table.js';
import { copyTree } from './copy-tree.js';
import type { ImageSystem } from './image-system.js';
import { parseLoginDefs } from './login-defs.js';
import { resolveInRoot } from './resolve-in-root.js';
import { makeFolders, readText, unlessMissing, writeText } from './root-files.js';
import { grantSudo } from './sudo.js';

/** What useradd accepts, and the capitals and dots that ICT's templates may have. */
const NAME = /^(?!\d+$)[A-Za-z0-9_][A-Za-z0-9._-]{0,31}$/;

/**
 * Adds the groups of the template, and adds or changes its users: account files, home from /etc/skel, authorized keys, sudo.
 *
 * @throws ImageError USER_INVALID
 */
export async function configureUsers(system: ImageSystem): Promise<void> {
  const { rootfs, config, epoch } = system;
  const { users, groups } = config.system;
  if (users.length === 0 && groups.length === 0) return;
  const loginDefs = parseLoginDefs((await readText(rootfs, '/etc/login.defs')) ?? '');
  const policy = { loginDefs, day: dayOf(epoch), groups: groups.map(({ name }) => name) };
  let tables = await readTables(rootfs);
  // Numbers that are given come before those that are found.
  for (const group of [...groups].sort(byGiven(({ gid }) => gid)))
    tables = applyGroup(tables, group, loginDefs);
  for (const user of [...users].sort(byGiven(({ uid }) => uid))) {
    checkUser(user);
    const joined = user.sudo ? [...user.groups, await grantSudo(system, user.name)] : user.groups;
    tables = applyUser(tables, { ...user, groups: joined }, policy);
  }
  for (const [name, text] of Object.entries(tables)) {
    if (text !== undefined) await writeText(rootfs, `/etc/${name}`, text);
  }
  for (const user of users) await makeHome(system, tables, user, loginDefs.homeMode);
}

/**
 * Checks that everybody can log in with the program they were given. To be called when all files are in the image.
 *
 * @throws ImageError USER_INVALID
 */
export async function checkLoginPrograms({ rootfs, config }: ImageSystem): Promise<void> {
  for (const { name, shell, startupScript } of config.system.users) {
    const path = startupScript ?? shell;
    const status = await unlessMissing(stat(await resolveInRoot(rootfs, path)));
    if (status?.isFile() === true && (status.mode & 0o111) !== 0) continue;
    const what = startupScript === undefined ? 'shell' : 'start-up script';
    const shells = ((await readText(rootfs, '/etc/shells')) ?? '')
      .split('\n')
      .filter((line) => line.startsWith('/'));
    const near = nearest(path, shells);
    throw new ImageError(
      'USER_INVALID',
      `the ${what} ${path} of the user ${name} is no program in the image`,
      {
        fault: 'request',
        hint:
          near.length > 0
            ? `did you mean ${near.join(', ')}?`
            : 'add the package that brings it, or an additional file with mode 0755',
        details: { user: name, path },
      },
    );
  }
}

/** Those with a number of their own first, else in the template's order. */
function byGiven<T>(idOf: (one: T) => number | undefined): (a: T, b: T) => number {
  const rank = (one: T) => (idOf(one) === undefined ? 1 : 0);
  return (a, b) => rank(a) - rank(b);
}

function checkUser(user: UserConfig): void {
  const complaint = complaintAbout(user);
  if (complaint === undefined) return;
  throw new ImageError('USER_INVALID', `the user "${user.name}" cannot be made: ${complaint}`, {
    fault: 'request',
    hint: 'correct it in systemConfig.users',
  });
}

/** The account files have no escapes: a colon or line break in a field would make another account. */
function complaintAbout(user: UserConfig): string | undefined {
  if (!NAME.test(user.name))
    return 'a name has 1 to 32 letters, digits, ".", "_" and "-", and is not a number';
  if (user.passwordHash !== undefined && !/^[!-9;-~]+$/.test(user.passwordHash)) {
    return 'its password hash is empty or has characters that /etc/shadow cannot hold';
  }
  for (const path of [user.home, user.shell, user.startupScript ?? '/']) {
    if (!/^\/[^:\p{Cc}]*$/u.test(path) || path.split('/').includes('..')) {
      return `"${path}" is not an absolute path without "..", ":" and control characters`;
    }
  }
  if (user.sshAuthorizedKeys.some((key) => /[\r\n]/.test(key.trim()))) return 'an SSH key is one line';
  return undefined;
}

async function readTables(rootfs: string): Promise<AccountTables> {
  const [passwd, shadow, group, gshadow, subuid, subgid] = await Promise.all(
    ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].map((name) =>
      readText(rootfs, `/etc/${name}`),
    ),
  );
  if (passwd === undefined || shadow === undefined || group === undefined) {
    throw new ImageError('USER_INVALID', 'the image has no account files, so it cannot have users', {
      fault: 'request',
      hint: 'add the package passwd (Debian) or shadow-utils (RPM) to systemConfig.packages',
    });
  }
  return { passwd, shadow, group, gshadow, subuid, subgid };
}

async function makeHome(
  system: ImageSystem,
  tables: AccountTables,
  user: UserConfig,
  mode: number,
): Promise<void> {
  const { rootfs, epoch } = system;
  const [, , uid, gid] = findRow(tables.passwd, user.name) ?? [];
  const owner = { uid: Number(uid), gid: Number(gid) };
  const home = await resolveInRoot(rootfs, user.home);
  if ((await unlessMissing(lstat(home))) === undefined) {
    await makeOwnFolder(home, owner, mode);
    const skel = await resolveInRoot(rootfs, '/etc/skel');
    for (const name of (await unlessMissing(readdir(skel))) ?? []) {
      await copyTree(join(skel, name), join(user.home, name), { rootfs, owner, mtime: epoch });
    }
  }
  if (user.sshAuthorizedKeys.length === 0) return;
  const folder = await resolveInRoot(rootfs, join(user.home, '.ssh'));
  await makeOwnFolder(folder, owner, 0o700);
  const file = await resolveInRoot(rootfs, join(user.home, '.ssh/authorized_keys'));
  await writeFile(file, user.sshAuthorizedKeys.map((key) => `${key.trim()}\n`).join(''));
  await chmod(file, 0o600);
  await chown(file, owner.uid, owner.gid);
}

async function makeOwnFolder(
  path: string,
  owner: { readonly uid: number; readonly gid: number },
  mode: number,
): Promise<void> {
  await makeFolders(dirname(path));
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
  await chown(path, owner.uid, owner.gid);
}
