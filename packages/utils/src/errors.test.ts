import { describe, expect, it } from 'vitest';
import { UtilsError } from './errors.js';

const message = (text: string) => new UtilsError('ARCHIVE_INVALID', text).message;

describe('the message of an IcError', () => {
  it.each<[string, string]>([
    ['a "name"\n\tof two lines', 'a "name"\n\tof two lines'],
    ['\u001b[2Jgone\u0000\u007f\u009b', '\\x1b[2Jgone\\x00\\x7f\\x9b'],
    ['one\r\ntwo', 'one\\x0d\ntwo'],
  ])('of %j is %j', (text, expected) => {
    expect(message(text)).toBe(expected);
  });

  it('has a length that can be read, with both ends', () => {
    const clipped = message(`begin${'x'.repeat(1_000_000)}end`);
    expect(clipped.length).toBeLessThan(8_100);
    expect(clipped).toMatch(/^beginx+ … x+end$/);
    expect(message('x'.repeat(8_000))).toBe('x'.repeat(8_000));
  });
});
