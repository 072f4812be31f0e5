import { describe, expect, it } from 'vitest';
import { type ArchiveMember, escapingMember } from './escaping-member.js';

const link = (path: string, symlink: string): ArchiveMember => ({ path, symlink });

describe('escapingMember', () => {
  it.each<[string, readonly ArchiveMember[], string | undefined]>([
    ['nothing', [], undefined],
    ['a file behind an absolute link', [link('a', '/etc'), { path: 'a/b' }], 'a/b'],
    ['a link that comes last', [{ path: 'a/b/c' }, link('a', '/etc')], 'a/b/c'],
    ['a link with too many ..', [link('a/b', '../../etc'), { path: 'a/b/c' }], 'a/b/c'],
    ['a link that goes down first', [link('a', 'x/../../etc'), { path: 'a/c' }], 'a/c'],
    ['a hard link to a file behind a link', [link('a', '/etc'), { path: 'h', hardLink: 'a/passwd' }], 'h'],
    ['a link inside of the root', [link('a/b', '../c/d'), { path: 'a/b/c' }], undefined],
    ['a link beside', [link('a', '/etc'), { path: 'ab/c' }, { path: 'b/a' }], undefined],
    ['a link to a link', [link('a', '/etc'), { path: 'h', hardLink: 'a' }], undefined],
  ])('finds %s', (_title, members, path) => {
    expect(escapingMember(members)?.path).toBe(path);
  });
});
