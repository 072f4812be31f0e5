import { describe, expect, it } from 'vitest';
import { rpmPackageUrl } from './rpm-package-url.js';

const secure = { name: 'base', url: 'https://me:secret@mirror.example/base' };
const plain = { name: 'base', url: 'http://mirror.example/base' };
const local = { name: 'base', url: 'file:///srv/base' };

describe('rpmPackageUrl', () => {
  it.each([
    [secure, 'Packages/a+b-1~2^3.rpm', 'https://me:secret@mirror.example/base/Packages/a%2Bb-1~2%5E3.rpm'],
    [secure, 'https://other.example/x/a.rpm', 'https://other.example/x/a.rpm'],
    [local, 'https://other.example/x/a.rpm', 'https://other.example/x/a.rpm'],
    [plain, 'http://other.example/x/a.rpm', 'http://other.example/x/a.rpm'],
    [plain, 'https://other.example/x/a.rpm', 'https://other.example/x/a.rpm'],
  ])('%o: %s is at %s', (repository, location, url) => {
    expect(rpmPackageUrl({ location }, repository)).toBe(url);
  });

  it.each([
    [secure, 'http://other.example/a.rpm'],
    [secure, 'HTTP://other.example/a.rpm'],
    [local, 'http://other.example/a.rpm'],
    [secure, 'file:///etc/passwd'],
    [plain, 'file:///etc/passwd'],
    [local, 'file:///etc/passwd'],
    [secure, 'ftp://other.example/a.rpm'],
    [secure, 'https://other.example/../a.rpm'],
    [secure, 'https://other.example/x/%2e%2E/a.rpm'],
    [secure, 'https://other.example/a.rpm?x'],
    [secure, 'https://other.example/a\\b.rpm'],
    [secure, 'https://'],
    [secure, '../a.rpm'],
    [secure, '/a.rpm'],
    [secure, ''],
  ])('%o: refuses %s, and keeps the secrets of the URL', (repository, location) => {
    const refused = { code: 'LOCATION_ESCAPES', message: expect.not.stringContaining('secret') };
    expect(() => rpmPackageUrl({ location }, repository)).toThrow(expect.objectContaining(refused));
  });
});
