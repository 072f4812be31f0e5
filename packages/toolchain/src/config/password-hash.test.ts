import { describe, expect, it } from 'vitest';
import { passwordKind } from './password-hash.js';

const SIX = `$6$ImageComposer$${'a'.repeat(86)}`;

describe('passwordKind', () => {
  it.each([
    ['', 'empty'],
    ['!', 'locked'],
    ['*', 'locked'],
    ['!!', 'locked'],
    ['secret', 'plain'],
    ['$ecret', 'plain'],
    ['$', 'plain'],
    ['!important', 'plain'],
    [SIX, 'hash sha512'],
    [`$6$rounds=100000$salt$${'a'.repeat(86)}`, 'hash sha512'],
    [`$5$salt$${'a'.repeat(43)}`, 'hash sha256'],
    [`$2b$12$${'a'.repeat(53)}`, 'hash bcrypt'],
    [`$y$j9T$salt$${'a'.repeat(43)}`, 'hash yescrypt'],
    [`${SIX}b`, 'broken sha512'],
    [`${SIX}\n`, 'broken sha512'],
    [SIX.slice(0, -1), 'broken sha512'],
    [`$6$sa:lt$${'a'.repeat(86)}`, 'broken sha512'],
    ['$y$', 'broken yescrypt'],
    ['$2b$12$short', 'broken bcrypt'],
    [`$1$salt$${'a'.repeat(22)}`, 'broken md5'],
  ])('%j is %s', (password, expected) => {
    const kind = passwordKind(password);
    expect('algorithm' in kind ? `${kind.kind} ${kind.algorithm}` : kind.kind).toBe(expected);
  });
});
