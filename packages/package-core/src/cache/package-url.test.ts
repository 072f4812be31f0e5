import { describe, expect, it } from 'vitest';
import { packageUrl } from './package-url.js';

const repository = { name: 'main', url: 'https://me:secret@mirror.example/debian' };

describe('packageUrl', () => {
  it.each([
    ['pool/main/b/bash/bash_5.2-1_amd64.deb', 'pool/main/b/bash/bash_5.2-1_amd64.deb'],
    ['./bash.deb', 'bash.deb'],
    ['pool/./bash.deb', 'pool/bash.deb'],
    ['a/libstdc++6_12.2~rc1.deb', 'a/libstdc%2B%2B6_12.2~rc1.deb'],
    ['a/x_1%3a2.deb', 'a/x_1%253a2.deb'],
    ['a/x_1:2.deb', 'a/x_1:2.deb'],
    ['a/what?#.deb', 'a/what%3F%23.deb'],
    ['..a/b..', '..a/b..'],
  ])('%s is at %s', (location, path) => {
    expect(packageUrl({ location }, repository)).toBe(`${repository.url}/${path}`);
  });

  it.each([
    ['../x.deb'],
    ['pool/../../x.deb'],
    ['pool/..'],
    ['/etc/passwd'],
    ['//other.example/x.deb'],
    ['https://other.example/x.deb'],
    ['file:///etc/passwd'],
    ['pool\\..\\x.deb'],
    ['pool//x.deb'],
    ['pool/x\n.deb'],
    ['pool/\u0000'],
    ['pool/\ud800.deb'],
    [''],
    ['.'],
  ])('refuses %j, and keeps the secrets of the URL', (location) => {
    const refused = { code: 'LOCATION_ESCAPES', message: expect.not.stringContaining('secret') };
    expect(() => packageUrl({ location }, repository)).toThrow(expect.objectContaining(refused));
  });
});
