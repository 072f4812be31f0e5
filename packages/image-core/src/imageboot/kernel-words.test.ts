import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelWords } from './kernel-words.js';

describe('kernelWords', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' \n\t ', []],
    ['quiet  splash', ['quiet', 'splash']],
    ['a="b c" d', ['a="b c"', 'd']],
    ['"a=b c" d', ['"a=b c"', 'd']],
    ['dyndbg="file a +p; file b +p"', ['dyndbg="file a +p; file b +p"']],
    ["it's $x `y` \\", ["it's", '$x', '`y`', '\\']],
  ])('splits %j into %j', (text, words) => {
    expect(kernelWords(text)).toEqual(words);
  });

  it('splits what it joined', () => {
    const word = fc.stringMatching(/^(?:[!#-~]|"[ !#-~]*"){1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        expect(kernelWords(words.join(' '))).toEqual(words);
      }),
    );
  });

  it.each<[string, string, RegExp]>([
    ['an open quote', 'a="b', /never closed/],
    ['a line break in quotes', 'a="b\nc"', /line break/],
    ['a control character', 'a\u0007b', /control character/],
    ['more than the kernel reads', `a=${'x'.repeat(2046)}`, /2048 bytes long, the kernel reads 2047/],
  ])('refuses %s', (_title, text, message) => {
    expect(() => kernelWords(text)).toThrow(
      expect.objectContaining({
        code: 'BOOT_UNSUPPORTED',
        fault: 'request',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('takes as much as the kernel reads', () => {
    expect(kernelWords(`a=${'x'.repeat(2045)}`)).toHaveLength(1);
  });
});
