/** The text formats of the deb family: control data, indexes, relations, versions. */
import { existsSync, readFileSync } from 'node:fs';
import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { parseDeb822Sources, parseListSources } from '../src/apt-sources.js';
import { parseParagraphs } from '../src/deb822.js';
import { parseRelease } from '../src/metadata/release.js';
import { DebIndex, packageRef } from '../src/packages-index.js';
import { decodePackagesTable, encodePackagesTable, readPackagesTable } from '../src/packages-table.js';
import { parseRelations } from '../src/relation.js';
import type { DebPackage } from '../src/stanza.js';
import { compareVersions } from '../src/version.js';

const sample = (arbitrary: fc.Arbitrary<string>) => (seed: number) =>
  Buffer.from(fc.sample(arbitrary, { seed, numRuns: 1 }).join(''));

const HASH = 'a1'.repeat(32);
const PACKAGES = `Package: bash
Architecture: amd64
Essential: yes
Priority: required
Version: 5.2.15-2+b7
Multi-Arch: foreign
Source: bash (5.2.15-2)
Installed-Size: 7164
Depends: base-files (>= 2.1.12), debianutils (>= 5.6-0.1)
Pre-Depends: libc6 (>= 2.36), libtinfo6:any (>= 6) | libtinfo5
Provides: shell (= 1), sh
Description: GNU Bourne Again SHell
 several lines
 .
 more
Filename: pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb
Size: 1491240
SHA256: ${HASH}

Package: base-files
Architecture: all
Version: 1:12.4
Filename: ./pool/base-files.deb
Size: 10
SHA256: ${HASH.toUpperCase()}
Conflicts: x [!i386], y <!nocheck>
`;
const RELEASE = `Origin: Debian
Suite: stable
Codename: bookworm
Date: Sat, 10 Feb 2024 11:07:25 UTC
Valid-Until: Sat, 17 Feb 2024 11:07:25 UTC
Acquire-By-Hash: yes
No-Support-for-Architecture-all: Packages
Architectures: all amd64 arm64
Components: main contrib
MD5Sum:
 0ed6d4c8891eb86358b94bb35d9e4da4  1484322 contrib/Contents-all
SHA256:
 ${HASH}  1484322 main/binary-amd64/Packages
 ${HASH}    98581 main/binary-amd64/Packages.xz
`;

/** What this host's dpkg knows: thousands of stanzas by hundreds of people, of which some will do. */
const STATUS = '/var/lib/dpkg/status';
const real = existsSync(STATUS) ? readFileSync(STATUS, 'utf8').split('\n\n') : [];
const realText = (from: number) => Buffer.from(`${real.slice(from, from + 4).join('\n\n')}\n`);
const realSeeds = real.length > 80 ? [realText(0), realText(40), realText(76)] : [];

const WORDS = [
  ...[
    '\n',
    '\n\n',
    ':',
    ' ',
    '\t',
    '\r\n',
    '#',
    '\0',
    '\n ',
    'Package: ',
    'Package:',
    'SHA256:',
    'Version: ',
  ],
  ...[
    'Depends: ',
    'Filename: ',
    '../',
    '/',
    '|',
    ',',
    '(>= ',
    ')',
    '[',
    ']',
    '<!',
    '>',
    ':any',
    'ä',
    '\u2028',
  ],
];
const fieldText = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom('Package', 'Version', 'SHA256', 'Suite', 'Depends', '-x', ''), fc.string()),
      fc.constantFrom(':', ': ', '', ' :'),
      fc.oneof(fc.string(), fc.constant(HASH), fc.constant(`\n ${HASH} 1 a/b`)),
    ),
    { maxLength: 8 },
  )
  .map((fields) => fields.map((parts) => `${parts.join('')}\n`).join(''));

class Deb822Refused extends PackageError {}

const deb822: FuzzTarget = {
  name: 'deb822',
  inputs: 60_000,
  seeds: [Buffer.from(PACKAGES), Buffer.from(RELEASE), ...realSeeds],
  words: WORDS,
  made: sample(fieldText),
  codes: ['REPOSITORY_INVALID'],
  read(input) {
    const paragraphs = parseParagraphs(
      input.toString('utf8'),
      (line, reason) => new Deb822Refused('REPOSITORY_INVALID', `line ${line}: ${reason}`),
    );
    return paragraphs.map((paragraph) => {
      for (const { name, value } of paragraph.fields) {
        if (paragraph.get(name.toUpperCase()) !== value) throw new Error(`the field ${name} is not found`);
      }
      return paragraph.fields;
    });
  },
};

const release: FuzzTarget = {
  name: 'Release',
  inputs: 60_000,
  seeds: [Buffer.from(RELEASE)],
  words: [...WORDS, `\n ${HASH} 1 a`, 'Date: ', 'Sat, 10 Feb 275760 11:07:25 UTC'],
  made: sample(fieldText),
  codes: ['REPOSITORY_INVALID'],
  read(input) {
    const read = parseRelease(input.toString('utf8'), 'the Release file');
    for (const path of read.files.keys()) {
      if (path.startsWith('/') || path.split('/').includes('..')) throw new Error(`the path ${path}`);
    }
    return [read, read.date?.toISOString(), read.validUntil?.toISOString()];
  },
};

const GETTERS = [
  ...['version', 'architecture', 'filename', 'size', 'sha256', 'installedSize', 'essential', 'importance'],
  ...[
    'depends',
    'preDepends',
    'recommends',
    'conflicts',
    'breaks',
    'provides',
    'replaces',
    'multiArch',
    'source',
  ],
] as (keyof DebPackage)[];

/** The value of a getter, or the code with which it refuses. */
function got(pkg: DebPackage, getter: keyof DebPackage): unknown {
  try {
    return pkg[getter];
  } catch (error) {
    if (error instanceof PackageError && error.code === 'REPOSITORY_INVALID') return error.code;
    throw error;
  }
}

const packages: FuzzTarget = {
  name: 'Packages',
  inputs: 60_000,
  seeds: [Buffer.from(PACKAGES), ...realSeeds],
  words: WORDS,
  made: sample(fieldText.map((fields) => `Package: a\n${fields}\nPackage: b\n${fields}`)),
  codes: ['REPOSITORY_INVALID', 'LOCATION_ESCAPES'],
  read(input) {
    const read = readPackagesTable(input, { repository: 'test', suite: 'stable' });
    const table = decodePackagesTable(encodePackagesTable(read)) ?? read;
    const index = new DebIndex([{ repository: 'test', suite: 'stable', priority: 500, table }]);
    const all = Array.from(index.all(), (pkg, row) => {
      if (row < 10 && !index.packagesNamed(pkg.name).includes(pkg))
        throw new Error(`${pkg.name} is not found`);
      // A refusal costs an error with its stack each time.
      if (row >= 100) return pkg.name;
      const values = GETTERS.map((getter) => got(pkg, getter));
      const path = String(got(pkg, 'filename'));
      if (path.startsWith('/') || path.split('/').includes('..')) throw new Error(`the path ${path}`);
      return [pkg.name, ...values];
    });
    return [all, Array.from(index.basePackages(), packageRef), index.providersOf('sh').length];
  },
  nanosecondsPerByte: 4_000,
};

const relationText = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'libc6', 'g++', ' ', ''),
      fc.constantFrom('', ':any', ':', ' '),
      fc.constantFrom(
        '',
        ' (>= 1)',
        '(= 1~)',
        ' ( << 2 )',
        '(',
        ' [amd64]',
        ' [!i386 arm64]',
        ' <!x>',
        ' <x> <!y z>',
      ),
      fc.constantFrom('', '|', ',', ', ', ' | ', '   '),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.flat().join(''));

const relations: FuzzTarget = {
  name: 'relations',
  inputs: 60_000,
  seeds: [
    'libc6 (>= 2.36), libtinfo6:any (>= 6) | libtinfo5, x [!i386 amd64], y <!nocheck> <cross !stage1>',
    'debconf (>= 0.5) | debconf-2.0, a (<< 2:3~rc1-1), b (= 1), c [linux-any] <a b>',
  ].map((text) => Buffer.from(text)),
  words: [...WORDS, '(', '=', '<<', '>>', '<', '!', 'any', ' (= 1)'],
  made: sample(relationText),
  codes: ['REPOSITORY_INVALID'],
  read(input) {
    const text = input.toString('utf8');
    const all = parseRelations(text);
    const own = parseRelations(text, 'amd64');
    const texts = new Set(all.flat().map((relation) => relation.text));
    if (own.flat().some((relation) => !texts.has(relation.text))) throw new Error('one more for amd64');
    return [all, own];
  },
};

const versions: FuzzTarget = {
  name: 'versions',
  inputs: 60_000,
  seeds: ['1:2.36-9+deb12u4\n2.36-9\n0:2.36~rc1-9', '1.0\n1.0-0\n00001.0', '1e999:1\n:1\n-1:1'].map((text) =>
    Buffer.from(text),
  ),
  words: ['~', ':', '-', '+', '0', '00', 'a', '.', '\n', '1e999:', '-', '99999999999999999999'],
  made: sample(fc.array(fc.string({ unit: fc.constantFrom(...'01a~:-+.') })).map((list) => list.join('\n'))),
  codes: [],
  read(input) {
    const [a = '', b = '', c = ''] = input.toString('utf8').split('\n');
    const [ab, bc, ac] = [compareVersions(a, b), compareVersions(b, c), compareVersions(a, c)].map(Math.sign);
    if (ab !== -Math.sign(compareVersions(b, a)) || compareVersions(a, a) !== 0) throw new Error('no order');
    if (ab === bc && ab !== ac) throw new Error('the order is not transitive');
    return [ab, bc, ac];
  },
};

const sources: FuzzTarget = {
  name: 'apt sources',
  inputs: 20_000,
  seeds: [
    'deb [arch=amd64 signed-by=/x] https://example.org/debian bookworm main contrib # more\ndeb-src x y z\n',
    'Types: deb deb-src\nURIs: https://example.org/debian/\nSuites: stable stable-updates\nComponents: main\n',
  ].map((text) => Buffer.from(text)),
  words: [...WORDS, 'deb ', 'deb [', 'Types: deb\n', 'URIs:', 'Suites:'],
  codes: ['REPOSITORY_INVALID'],
  read(input) {
    const text = input.toString('utf8');
    const listed = parseListSources(text);
    try {
      return [listed, parseDeb822Sources(text)];
    } catch (error) {
      if (error instanceof Error && /^line \d+: /.test(error.message)) return listed;
      throw error;
    }
  },
};

const run = fuzzRun(process.env);

it.each([deb822, release, packages, relations, versions, sources])('$name', async (target) => {
  console.log(await runFuzz(target, run));
});
