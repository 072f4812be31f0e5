import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRelease } from './release.js';

const HASH = 'AB'.repeat(32);
const TEXT = `Origin: Debian
Suite: stable
Codename: bookworm
Date: Sat, 11 Jul 2026 10:16:37 UTC
Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC
Acquire-By-Hash: yes
No-Support-for-Architecture-all: Packages
Architectures: all amd64 arm64
Components: main contrib
MD5Sum:
 0f420d159a5c49a2844b23557e6e5a47  4231936 main/binary-all/Packages.xz
SHA256:
 ${HASH}  4231936 main/binary-amd64/Packages.xz
 ${HASH}        0 Packages
`;

it('reads every field', () => {
  const file = (path: string, size: number) => [path, { path, size, sha256: HASH.toLowerCase() }];
  expect(parseRelease(TEXT, 'it')).toEqual({
    suite: 'stable',
    codename: 'bookworm',
    date: new Date('2026-07-11T10:16:37Z'),
    validUntil: new Date('2026-07-18T10:16:37Z'),
    acquireByHash: true,
    components: ['main', 'contrib'],
    architectures: ['all', 'amd64', 'arm64'],
    separateArchitectureAll: false,
    files: new Map([file('main/binary-amd64/Packages.xz', 4_231_936), file('Packages', 0)] as never),
  });
});

it('reads a small one', () => {
  const release = parseRelease('SHA256:\n', 'it');
  expect(release).toMatchObject({ acquireByHash: false, components: [], separateArchitectureAll: false });
  expect([release.suite, release.date, release.files.size]).toEqual([undefined, undefined, 0]);
});

it.each([
  ['nothing', '', 'it is empty'],
  ['no SHA256 list', TEXT.replace('SHA256', 'SHA1'), 'it has no SHA256 list'],
  ['a bad date', TEXT.replace(/Valid-Until: .*/, 'Valid-Until: soon'), 'Valid-Until "soon" is not a date'],
  ['a short hash', TEXT.replace(HASH, 'abc'), 'SHA256 list has the line "abc  4231936'],
  ['a negative size', TEXT.replace('       0 Pack', '      -1 Pack'), 'SHA256 list has the line'],
  ['a line that is no field', `${TEXT}nonsense\n`, 'line 15: it is not of the form'],
])('%s is refused', (_title, text, message) => {
  expect(() => parseRelease(text, 'it')).toThrowError(
    expect.objectContaining({ code: 'REPOSITORY_INVALID', message: expect.stringContaining(message) }),
  );
});

it.each(['/etc/passwd', 'a/../../b'])('the path %s is refused', (path) => {
  expect(() => parseRelease(TEXT.replace('0 Packages', `0 ${path}`), 'it')).toThrowError(
    expect.objectContaining({ code: 'LOCATION_ESCAPES', message: expect.stringContaining(path) }),
  );
});

it('ends with a Release or REPOSITORY_INVALID, whatever is done to the text', () => {
  fc.assert(
    fc.property(fc.nat(TEXT.length), fc.nat(20), fc.string({ maxLength: 5 }), (at, removed, inserted) => {
      try {
        parseRelease(TEXT.slice(0, at) + inserted + TEXT.slice(at + removed), 'it');
      } catch (error) {
        expect(error).toBeInstanceOf(PackageError);
      }
    }),
    { numRuns: 500 },
  );
});

describe('a date', () => {
  const zone = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = 'America/New_York';
  });
  afterAll(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it.each([
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 09:49:37 +0100',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Nov 1994 08:49:37',
  ])('%s is the same on every machine', (text) => {
    const release = parseRelease(TEXT.replace(/^Date:.*$/m, `Date: ${text}`), 'it');
    expect(release.date?.toISOString()).toBe('1994-11-06T08:49:37.000Z');
  });
});
