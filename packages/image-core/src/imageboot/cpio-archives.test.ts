import { type CpioInput, writeCpio } from '@ic/utils';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpioArchives } from './cpio-archives.js';

const file = (path: string, data = 'x'): CpioInput => ({ path, mode: 0o100644, data: Buffer.from(data) });
const folder = (path: string): CpioInput => ({ path, mode: 0o40755 });
const MICROCODE = writeCpio([
  folder('.'),
  folder('kernel'),
  folder('kernel/x86'),
  file('kernel/x86/microcode/a.bin'),
]);
const MAIN = writeCpio([folder('.'), folder('kernel'), file('init', 'odd length'), file('etc/fstab')]);
const GZIP = Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]);
const zeros = (count: number) => Buffer.alloc(count);

describe('cpioArchives', () => {
  it.each<[string, Buffer[], { earlyEnd: number; end: number }]>([
    ['nothing', [], { earlyEnd: 0, end: 0 }],
    ['something compressed', [GZIP], { earlyEnd: 0, end: 0 }],
    ['one archive', [MAIN], { earlyEnd: 0, end: MAIN.length }],
    [
      'microcode and the system',
      [MICROCODE, zeros(512), MAIN],
      { earlyEnd: MICROCODE.length + 512, end: MICROCODE.length + 512 + MAIN.length },
    ],
    [
      'microcode and something compressed',
      [MICROCODE, GZIP],
      { earlyEnd: MICROCODE.length, end: MICROCODE.length },
    ],
    [
      'microcode that comes too late',
      [MAIN, MICROCODE],
      { earlyEnd: 0, end: MAIN.length + MICROCODE.length },
    ],
    ['something behind', [MAIN, GZIP], { earlyEnd: 0, end: MAIN.length }],
    ['an archive that is cut', [MAIN.subarray(0, 200)], { earlyEnd: 0, end: 0 }],
  ])('finds %s', (_title, parts, expected) => {
    expect(cpioArchives(Buffer.concat(parts))).toEqual(expected);
  });

  it('finds whole archives in whatever follows them, and ends', () => {
    const name = fc.stringMatching(/^[a-z]{1,9}$/);
    const tree = fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([path]) => path, maxLength: 6 });
    fc.assert(
      fc.property(tree, fc.uint8Array({ maxLength: 300 }), (entries, rest) => {
        const archive = writeCpio([file('init'), ...entries.map(([path, data]) => file(`d/${path}`, data))]);
        const behind = Buffer.concat([Buffer.from([1]), rest]);
        expect(cpioArchives(Buffer.concat([archive, behind]))).toEqual({ earlyEnd: 0, end: archive.length });
        expect(cpioArchives(Buffer.from(rest)).end).toBe(0);
      }),
    );
  });

  it('ends on damage', () => {
    fc.assert(
      fc.property(fc.nat(MAIN.length - 1), fc.nat(255), (offset, byte) => {
        const damaged = Buffer.from(MAIN);
        damaged[offset] = byte;
        const { earlyEnd, end } = cpioArchives(damaged);
        expect(earlyEnd).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(damaged.length);
      }),
    );
  });
});
