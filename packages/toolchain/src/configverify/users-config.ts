import { createHash } from 'node:crypto';
import type { UserConfig } from '../config/image-config.js';
import { passwordKind } from '../config/password-hash.js';
import { cryptSalt, sha512Crypt } from '../config/sha512-crypt.js';
import type { TemplateDocument, TemplateUser } from '../config/template-document.js';
import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';

const ROOT = ['systemConfig', 'users'];

/** The users of a checked document, their passwords hashed. Pure. */
export function usersConfig(document: TemplateDocument, report: Report): UserConfig[] {
  const users = document.systemConfig.users ?? [];
  const names = users.map(({ name }) => name);
  return users.map((user, index): UserConfig => {
    const path = [...ROOT, index];
    if (names.indexOf(user.name) !== index) {
      report.add([...path, 'name'], `the user "${user.name}" is there twice`, { code: 'TEMPLATE_CONFLICT' });
    }
    checkUid(user, users, { path, report });
    return {
      name: user.name,
      uid: user.uid,
      passwordHash: passwordHash(user, document.image, { path, report }),
      passwordMaxAge: user.passwordMaxAge === 0 ? undefined : user.passwordMaxAge,
      startupScript: user.startupScript === '' ? undefined : user.startupScript,
      groups: user.groups ?? [],
      sudo: user.sudo ?? false,
      home: user.home ?? (user.name === 'root' ? '/root' : `/home/${user.name}`),
      shell: user.shell ?? '/bin/bash',
      sshAuthorizedKeys: user.sshAuthorizedKeys ?? [],
    };
  });
}

/** Numbers are held against each other here, against those that packages bring when these are there. */
function checkUid(
  { name, uid }: TemplateUser,
  users: readonly TemplateUser[],
  { path, report }: { path: Path; report: Report },
): void {
  if (uid === undefined) return;
  const conflict = (message: string) =>
    report.add([...path, 'uid'], message, { code: 'TEMPLATE_CONFLICT', hint: 'give each user its own' });
  if ((name === 'root') !== (uid === 0)) conflict(`the uid 0 is that of root, and of nobody else`);
  const first = users.find((other) => other.uid === uid);
  if (first !== undefined && first.name !== name)
    conflict(`the users "${first.name}" and "${name}" both have the uid ${uid}`);
}

function passwordHash(
  user: TemplateUser,
  image: TemplateDocument['image'],
  { path, report }: { path: Path; report: Report },
): string | undefined {
  if (user.password === undefined) return undefined;
  const at = [...path, 'password'];
  const found = passwordKind(user.password);
  switch (found.kind) {
    case 'empty':
      report.add(at, `the password of "${user.name}" is empty, which would let anybody in without one`, {
        hint: 'leave "password" out to lock the password',
      });
      return undefined;
    case 'locked':
      report.add(at, `the password of "${user.name}" is the mark of a locked password`, {
        hint: 'leave "password" out to lock the password',
      });
      return undefined;
    case 'broken':
      report.add(
        at,
        `the password of "${user.name}" begins as a ${found.algorithm} hash but is none that can be used`,
        {
          hint: 'quote the hash in single quotes and check that it is whole; "mkpasswd -m sha-512" makes one',
        },
      );
      return undefined;
    case 'hash':
      if (user.hash_algo !== undefined && user.hash_algo !== found.algorithm) {
        report.add(
          [...path, 'hash_algo'],
          `the password of "${user.name}" is hashed with ${found.algorithm} already`,
          {
            code: 'TEMPLATE_CONFLICT',
            hint: `leave "hash_algo" out, or write ${found.algorithm}`,
          },
        );
      }
      return user.password;
    case 'plain':
      if ((user.hash_algo ?? 'sha512') !== 'sha512') {
        report.add(
          [...path, 'hash_algo'],
          `plain text cannot be hashed with ${user.hash_algo}, only with sha512`,
          {
            code: 'TEMPLATE_UNSUPPORTED',
            hint: `give a ready ${user.hash_algo} hash as "password", or write hash_algo: sha512`,
          },
        );
        return undefined;
      }
      return sha512Crypt(user.password, saltOf(user.name, image));
  }
}

/**
 * The same image hashes to the same bytes. The password itself is no part of it: a salt made from the password by a
 * fast hash would be a short cut around the slow one.
 */
function saltOf(user: string, image: TemplateDocument['image']): string {
  return cryptSalt(
    createHash('sha256').update(['password salt', image.name, image.version, user].join('\0')).digest(),
  );
}
