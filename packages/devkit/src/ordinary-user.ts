import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface OrdinaryUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** An empty folder of its own, not the one in the table of users; the caller removes it. */
  readonly home: string;
}

/** The user that `ordinaryUser` makes where the machine has none that fits. */
const MADE = 'image-composer-test';

/**
 * A user without privileges whose builds can be tried: one with sub-uid and sub-gid ranges (`subuid(5)`), the one who
 * called sudo first. A machine without such a user gets one, as a new user of Debian is made. Undefined when the
 * caller is not root, or when that user may not read this checkout.
 */
export function ordinaryUser(): OrdinaryUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = find() ?? make();
  if (user === undefined) return undefined;
  const program = fileURLToPath(new URL('../../cli/bin/ic.js', import.meta.url));
  const { uid, gid } = user;
  if (spawnSync('test', ['-r', program], { uid, gid }).status !== 0) return undefined;
  const home = mkdtempSync(join(tmpdir(), 'ic-home-'));
  chownSync(home, uid, gid);
  return { ...user, home };
}

function find(): Omit<OrdinaryUser, 'home'> | undefined {
  const [uids, gids] = ['/etc/subuid', '/etc/subgid'].map(
    (path) => new Set(rows(path).map(([name]) => name)),
  );
  const users = rows('/etc/passwd').flatMap(([name = '', , uid, gid]) =>
    uid !== '0' && uids?.has(name) && gids?.has(name) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
  );
  return users.find(({ name }) => name === process.env.SUDO_USER) ?? users[0];
}

function make(): Omit<OrdinaryUser, 'home'> | undefined {
  const args = ['--no-create-home', '--shell', '/bin/sh', '--comment', 'Tests of Image Composer', MADE];
  return spawnSync('useradd', args).status === 0 ? find() : undefined;
}

function rows(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
