import { describe, expect, it } from 'vitest';
import { xfsAttribute } from './xfs-attribute.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('xfsAttribute', () => {
  it.each([
    ['security.capability', '0100', '-s', 'capability', '0100'],
    ['user.a.b', '', '-u', 'a.b', ''],
    ['trusted.x', '00', '-r', 'x', '00'],
    // As `setfacl -m g:4:r-x` and the kernel write it down.
    [
      'system.posix_acl_access',
      '02000000 0100 0700 ffffffff 0400 0500 ffffffff 0800 0500 04000000 1000 0500 ffffffff 2000 0500 ffffffff',
      ...(['-r', 'SGI_ACL_FILE'] as const),
      '00000005 00000001 ffffffff 00070000 00000004 ffffffff 00050000 00000008 00000004 00050000 00000010 ffffffff 00050000 00000020 ffffffff 00050000',
    ],
    [
      'system.posix_acl_default',
      '02000000 0200 0600 a0860100',
      ...(['-r', 'SGI_ACL_DEFAULT', '00000001 00000002 000186a0 00060000'] as const),
    ],
  ])('keeps %s', (name, value, space, kept, bytes) => {
    expect(xfsAttribute(name, hex(value))).toEqual({ space, name: kept, value: hex(bytes) });
  });

  it.each([
    ['system.other', '00'],
    ['user.long', 'ff'.repeat(201)],
    ['system.posix_acl_access', ''],
    ['system.posix_acl_access', '01000000 0100 0700 ffffffff'],
    ['system.posix_acl_access', '02000000 0100'],
    ['system.posix_acl_access', `02000000 ${'0200 0600 a0860100'.repeat(30)}`],
  ])('has no place for %s with %s', (name, value) => {
    expect(xfsAttribute(name, hex(value))).toBeUndefined();
  });
});
