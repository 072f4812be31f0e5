import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebIndex, packageRef } from './packages-index.js';
import { readPackagesTable } from './packages-table.js';

const HASH = 'AB'.repeat(32);
const FULL = `Package: full
Source: other (1.0)
Version: 1:2.0~rc1-3+b1
Installed-Size: 12
Architecture: amd64
Multi-Arch: same
Essential: yes
Pre-Depends: libc6 (>= 2.36)
Depends: a (>= 1),
 b | c
Recommends: r
Conflicts: x
Breaks: y (<< 2)
Replaces: y
Provides: virtual (= 2), also,
 third:any
Description: something
 Depends: this is no field
Section: admin
Priority: required
Filename: ./pool/f/full_2.0~rc1-3+b1_amd64.deb
Size: 1234
SHA256: ${HASH}
`;
const SMALL = `Package: small
Version: 1
Architecture: all
Provides:
Filename: pool/small.deb
Size: 1
SHA256: ${HASH}
`;

function index(text: string, overrides: { accepts?: (name: string) => boolean } = {}) {
  const origin = { repository: 'debian', suite: 'stable' };
  const table = readPackagesTable(Buffer.from(text), origin);
  return new DebIndex([{ ...origin, priority: 500, table, ...overrides }]);
}

describe('DebIndex', () => {
  const both = index(`${FULL}\n${SMALL}`);

  it('reads every field of a stanza', () => {
    const [pkg] = both.packagesNamed('full');
    expect(pkg && packageRef(pkg)).toEqual({
      name: 'full',
      version: '1:2.0~rc1-3+b1',
      architecture: 'amd64',
      repository: 'debian',
      location: 'pool/f/full_2.0~rc1-3+b1_amd64.deb',
      size: 1234,
      sha256: HASH.toLowerCase(),
      installedSize: 12_288,
    });
    expect(pkg).toMatchObject({
      suite: 'stable',
      priority: 500,
      importance: 'required',
      essential: true,
      depends: 'a (>= 1),  b | c',
      preDepends: 'libc6 (>= 2.36)',
      recommends: 'r',
      conflicts: 'x',
      breaks: 'y (<< 2)',
      replaces: 'y',
      provides: 'virtual (= 2), also,  third:any',
      multiArch: 'same',
      source: 'other (1.0)',
    });
  });

  it('has plain values for fields that are not there', () => {
    const [pkg] = both.packagesNamed('small');
    expect(pkg).toMatchObject({ essential: false, importance: 'optional', installedSize: 0 });
    const absent = [pkg?.depends, pkg?.provides, pkg?.multiArch, pkg?.source];
    expect(absent).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('finds providers, also on continuation lines, and nothing for an empty Provides', () => {
    for (const name of ['virtual', 'also', 'third']) {
      expect(both.providersOf(name).map((pkg) => pkg.name)).toEqual(['full']);
    }
    for (const name of ['full', 'Filename', '']) expect(both.providersOf(name)).toEqual([]);
  });

  it('lists names, packages, and the base', () => {
    expect([...both.names()]).toEqual(['full', 'small']);
    expect([...both.all()].map((pkg) => pkg.name)).toEqual(['full', 'small']);
    expect([...both.basePackages()].map((pkg) => pkg.name)).toEqual(['full']);
    expect(both.size).toBe(2);
    expect(both.packagesNamed('none')).toEqual([]);
  });

  it.each([
    ['no newline at the end', FULL.trimEnd(), 1],
    ['several empty lines', `\n\n${FULL}\n\n\n${SMALL}\n\n`, 2],
    ['nothing', '', 0],
    ['only empty lines', '\n\n\n', 0],
  ])('%s', (_title, text, size) => {
    expect(index(text).size).toBe(size);
  });

  it('keeps versions of one name together, in the order of the files', () => {
    const file = (suite: string, version: string) => ({
      repository: 'r',
      suite,
      priority: 500,
      table: readPackagesTable(Buffer.from(SMALL.replace('Version: 1', `Version: ${version}`)), {
        repository: 'r',
        suite,
      }),
    });
    const two = new DebIndex([file('stable', '1'), file('security', '2')]);
    expect(two.packagesNamed('small').map((pkg) => `${pkg.suite} ${pkg.version}`)).toEqual([
      'stable 1',
      'security 2',
    ]);
  });

  it('hides what the repository may not offer', () => {
    const some = index(`${FULL}\n${SMALL}`, { accepts: (name) => name === 'small' });
    expect([...some.names()]).toEqual(['small']);
    expect(some.providersOf('virtual')).toEqual([]);
    expect([...some.basePackages()]).toEqual([]);
  });

  it.each([
    ['no Package field', 'Version: 1\n'],
    ['an empty name', 'Package:\nVersion: 1\n'],
    ['a name that is a path', 'Package: ../evil\n'],
    ['a later one', `${FULL}\nnonsense\n`],
  ])('refuses a stanza with %s', (_title, text) => {
    expect(() => index(text)).toThrowError(expect.objectContaining({ code: 'REPOSITORY_INVALID' }));
  });

  it.each([
    ['version', 'Version: 1', 'Version: 1 2'],
    ['version', 'Version: 1\n', ''],
    ['architecture', 'Architecture: all', 'Architecture: a/b'],
    ['size', 'Size: 1', 'Size: -1'],
    ['sha256', HASH, 'abc'],
    ['filename', 'pool/small.deb', 'pool/../../small.deb', 'LOCATION_ESCAPES'],
  ] as const)(
    'refuses a wrong %s when it is asked for',
    (field, from, to, code: string = 'REPOSITORY_INVALID') => {
      const [pkg] = index(SMALL.replace(from, to)).packagesNamed('small');
      expect(() => pkg?.[field]).toThrowError(
        expect.objectContaining({ code, message: expect.stringContaining('small') }),
      );
    },
  );

  it('whatever is done to a list: packages, or REPOSITORY_INVALID', () => {
    const text = `${FULL}\n${SMALL}`;
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(20),
        fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('\n', '\n\n', '\n ', ':', '../')),
        (at, removed, inserted) => {
          try {
            const mutated = index(text.slice(0, at) + inserted + text.slice(at + removed));
            for (const pkg of mutated.all()) {
              expect(mutated.packagesNamed(pkg.name)).toContain(pkg);
              expect(packageRef(pkg).location).not.toMatch(/(^|\/)\.\.?(\/|$)/);
            }
            mutated.providersOf('virtual');
          } catch (error) {
            expect(error).toBeInstanceOf(PackageError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
