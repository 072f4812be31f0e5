import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standInFor } from './xfs-names.js';

/** Of XFS's on-disk format: each byte on the hash before it, turned by seven bits. */
function hashOf(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name)) hash = (byte ^ ((hash << 7) | (hash >>> 25))) >>> 0;
  return hash;
}

describe('standInFor', () => {
  it.each([
    ['plain', 'plain'],
    ['libc6:amd64.list', 'libc6:amd64.list'],
    [':etc:ssh:sshd_config', '*etc;ssh:sshd_config'],
    ['ASUSTeK COMPUTER INC.-TF103CE', 'ASUSTeK0COMQUTER0INC?-TF003CE'],
    ['a b', undefined],
    ['$', undefined],
    [':', undefined],
  ])('of %j is %j', (name, expected) => expect(standInFor(name)).toBe(expected));

  it('is no name that is taken', () => {
    const found = standInFor(':etc:ssh:sshd_config', new Set(['*etc;ssh:sshd_config']));
    expect(found).not.toBe('*etc;ssh:sshd_config');
    expect(hashOf(found ?? '')).toBe(hashOf(':etc:ssh:sshd_config'));
  });

  it('has the same length and hash, and is a word', () => {
    const unit = fc.constantFrom(' ', ':', '!', '$', 'a', 'ä', '\t', '語', '\n', '/');
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1 }), (name) => {
        const found = standInFor(name);
        if (found === undefined) return;
        expect(found).not.toMatch(/[\t-\r ]|^:|^\$$/);
        expect([Buffer.byteLength(found), hashOf(found)]).toEqual([Buffer.byteLength(name), hashOf(name)]);
      }),
    );
  });

  it('is found for names as they are', () => {
    for (const name of [
      'a longer name',
      'Screen Shot 1.png',
      ' before',
      'behind it ',
      ':a:colon',
      'two  blanks',
    ])
      expect(standInFor(name), name).toBeDefined();
  });
});
