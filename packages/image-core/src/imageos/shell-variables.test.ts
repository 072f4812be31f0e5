import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setVariables } from './shell-variables.js';

describe('setVariables', () => {
  it('replaces in place, drops repetitions, adds at the end, keeps the rest', () => {
    expect(setVariables('# x\nLANG=C\nOTHER=1\nexport LANG=D\n', { LANG: 'de_DE.UTF-8', NEW: 'a b' })).toBe(
      '# x\nLANG=de_DE.UTF-8\nOTHER=1\nNEW="a b"\n',
    );
  });

  it('starts a file', () => {
    expect(setVariables('', { LANG: 'C' })).toBe('LANG=C\n');
  });

  it('is read back by a shell as it was given', () => {
    const value = fc.string({ unit: 'grapheme-ascii' }).filter((text) => !text.includes('!'));
    fc.assert(
      fc.property(value, (text) => {
        const script = `${setVariables('', { V: text })}printf %s "$V"`;
        expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(text);
        expect(setVariables(setVariables('', { V: text }), { V: text })).toBe(setVariables('', { V: text }));
      }),
      { numRuns: 50 },
    );
  });
});
