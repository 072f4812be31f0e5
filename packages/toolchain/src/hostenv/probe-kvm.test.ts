import { describe, expect, it } from 'vitest';
import { judgeLine } from './probe-kvm.js';

describe('judgeLine', () => {
  const cases: { line: string; expected: boolean | undefined }[] = [
    { line: '\u001b[2J\u001b[01;01HBdsDxe: loading Boot0001 "EFI Internal Shell"', expected: true },
    { line: 'KVM internal error. Suberror: 1', expected: false },
    { line: "qemu-system-x86_64: warning: host doesn't support requested feature", expected: undefined },
    { line: '', expected: undefined },
  ];
  it.each(cases)('$line → $expected', ({ line, expected }) => {
    expect(judgeLine(line)?.usable).toBe(expected);
  });
});
