import { describe, expect, it } from 'vitest';
import { programVersion } from './program-version.js';

describe('programVersion', () => {
  const cases: { output: string; expected: string | undefined }[] = [
    { output: 'unshare from util-linux 2.38.1\n', expected: '2.38.1' },
    { output: 'bubblewrap 0.8.0', expected: '0.8.0' },
    { output: 'xz (XZ Utils) 5.4.1\nliblzma 5.4.1\n', expected: '5.4.1' },
    { output: '*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***', expected: '1.5.4' },
    { output: 'bzip2, a block-sorting file compressor.  Version 1.0.8, 13-Jul-2019.', expected: '1.0.8' },
    { output: 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)', expected: '7.2.22' },
    { output: 'mke2fs 1.47.0 (5-Feb-2023)', expected: '1.47.0' },
    { output: 'apt 2.6.2 (amd64)', expected: '2.6.2' },
    { output: 'usage: newuidmap <pid> <uid>', expected: undefined },
    { output: '', expected: undefined },
  ];
  it.each(cases)('$output → $expected', ({ output, expected }) => {
    expect(programVersion(output)).toBe(expected);
  });
});
