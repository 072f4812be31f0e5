import { PackageError, type ResolveRequest } from '@ic/package-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebIndex } from '../packages-index.js';
import { readPackagesTable } from '../packages-table.js';
import { resolve } from './resolve.js';

/** Name, version, and the fields beyond those that every stanza has. */
type Stanza = readonly [name: string, version: string, fields?: Readonly<Record<string, string>>];

interface Suite {
  readonly suite?: string;
  readonly priority?: number;
  readonly stanzas: readonly Stanza[];
}

function indexOf(...suites: readonly Suite[]): DebIndex {
  return new DebIndex(
    suites.map(({ suite = 'stable', priority = 500, stanzas }) => ({
      repository: `repo-${suite}`,
      suite,
      priority,
      table: readPackagesTable(Buffer.from(stanzas.map(stanzaText).join('\n')), {
        repository: `repo-${suite}`,
        suite,
      }),
    })),
  );
}

function stanzaText([name, version, fields = {}]: Stanza): string {
  const all = {
    Package: name,
    Version: version,
    Architecture: 'amd64',
    Filename: `pool/${name}_${version.replace(':', '%3a')}.deb`,
    Size: '1',
    SHA256: Buffer.from(`${name} ${version}`).toString('hex').padStart(64, '0').slice(-64),
    ...fields,
  };
  return `${Object.entries(all)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('')}`;
}

function chosen(index: DebIndex, packages: string[], request: Partial<ResolveRequest> = {}): string {
  return resolve(index, { packages, exclude: [], recommends: false, ...request }, 'amd64')
    .packages.map(({ name, version }) => `${name} ${version}`)
    .join(', ');
}

function failure(run: () => unknown): PackageError {
  try {
    run();
  } catch (error) {
    if (error instanceof PackageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

interface Case {
  readonly title: string;
  readonly stanzas: readonly Stanza[];
  readonly packages: string[];
  readonly request?: Partial<ResolveRequest>;
  readonly expected: string;
}

function table(cases: readonly Case[]): void {
  it.each(cases)('$title', ({ stanzas, packages, request, expected }) => {
    expect(chosen(indexOf({ stanzas }), packages, request)).toBe(expected);
  });
}

describe('resolve: relations', () => {
  table([
    {
      title: 'follows Depends and Pre-Depends, and sorts by name',
      stanzas: [
        ['z', '1', { Depends: 'b', 'Pre-Depends': 'a' }],
        ['b', '1', { Depends: 'c' }],
        ['c', '1'],
        ['a', '1'],
        ['unrelated', '1'],
      ],
      packages: ['z'],
      expected: 'a 1, b 1, c 1, z 1',
    },
    {
      title: 'takes the first alternative',
      stanzas: [
        ['p', '1', { Depends: 'b | a' }],
        ['a', '1'],
        ['b', '1'],
      ],
      packages: ['p'],
      expected: 'b 1, p 1',
    },
    {
      title: 'takes no alternative where one is there for another reason',
      stanzas: [
        ['p', '1', { Depends: 'b | a' }],
        ['q', '1', { Depends: 'r' }],
        ['r', '1', { Depends: 'a' }],
        ['a', '1'],
        ['b', '1'],
      ],
      packages: ['p', 'q'],
      expected: 'a 1, p 1, q 1, r 1',
    },
    {
      title: 'goes back on an alternative that leads nowhere',
      stanzas: [
        ['p', '1', { Depends: 'b | a' }],
        ['b', '1', { Depends: 'c' }],
        ['c', '1', { Depends: 'missing' }],
        ['a', '1'],
      ],
      packages: ['p'],
      expected: 'a 1, p 1',
    },
    {
      title: 'keeps what Conflicts apart',
      stanzas: [
        ['p', '1', { Depends: 'b | a' }],
        ['q', '1'],
        ['a', '1'],
        ['b', '1', { Conflicts: 'q' }],
      ],
      packages: ['p', 'q'],
      expected: 'a 1, p 1, q 1',
    },
    {
      title: 'keeps what Breaks apart, by version',
      stanzas: [
        ['p', '1', { Breaks: 'q (<< 2)' }],
        ['q', '1'],
        ['q', '2', { Depends: 'r' }],
        ['r', '1', { Breaks: 'p (<< 1)' }],
      ],
      packages: ['p', 'q'],
      expected: 'p 1, q 2, r 1',
    },
    {
      title: 'a package may conflict with a name that it provides',
      stanzas: [['p', '1', { Provides: 'mta', Conflicts: 'mta' }]],
      packages: ['p'],
      expected: 'p 1',
    },
    {
      title: 'a provider conflicts with the other providers of the name',
      stanzas: [
        ['p', '1', { Provides: 'mta', Conflicts: 'mta' }],
        ['q', '1', { Depends: 'r | s' }],
        ['r', '1', { Provides: 'mta' }],
        ['s', '1'],
      ],
      packages: ['p', 'q'],
      expected: 'p 1, q 1, s 1',
    },
    {
      title: 'Provides meets a relation without a version',
      stanzas: [
        ['p', '1', { Depends: 'v' }],
        ['a', '1', { Provides: 'u, v' }],
      ],
      packages: ['p'],
      expected: 'a 1, p 1',
    },
    {
      title: 'only a versioned Provides meets a relation with a version',
      stanzas: [
        ['p', '1', { Depends: 'v (>= 2)' }],
        ['a', '9', { Provides: 'v' }],
        ['b', '9', { Provides: 'v (= 1)' }],
        ['c', '9', { Provides: 'v (= 2.1)' }],
      ],
      packages: ['p'],
      expected: 'c 9, p 1',
    },
    {
      title: 'prefers the package of that name to one that provides it',
      stanzas: [
        ['p', '1', { Depends: 'v' }],
        ['a', '1', { Provides: 'v' }],
        ['v', '1'],
      ],
      packages: ['p'],
      expected: 'p 1, v 1',
    },
    {
      title: 'prefers the more important provider, then the name',
      stanzas: [
        ['p', '1', { Depends: 'v, w' }],
        ['a', '1', { Provides: 'v', Priority: 'optional' }],
        ['b', '1', { Provides: 'v', Priority: 'important' }],
        ['d', '1', { Provides: 'w' }],
        ['c', '1', { Provides: 'w' }],
      ],
      packages: ['p'],
      expected: 'b 1, c 1, p 1',
    },
    {
      title: 'of equally important providers prefers the one that needs least, but something, then the name',
      stanzas: [
        ['p', '1', { Depends: 'v, w' }],
        ['a', '1', { Provides: 'v', Depends: 'x, y' }],
        ['b', '1', { Provides: 'v' }],
        ['c', '1', { Provides: 'v', 'Pre-Depends': 'x' }],
        ['f', '1', { Provides: 'w', Depends: 'x' }],
        ['e', '1', { Provides: 'w', Depends: 'y' }],
        ['x', '1'],
        ['y', '1'],
      ],
      packages: ['p'],
      expected: 'c 1, e 1, p 1, x 1, y 1',
    },
    {
      title: 'takes an older version where the newest cannot be',
      stanzas: [
        ['p', '1', { Depends: 'q, r (= 1)' }],
        ['q', '2', { Depends: 'r (= 2)' }],
        ['q', '1', { Depends: 'r' }],
        ['r', '1'],
        ['r', '2'],
      ],
      packages: ['p'],
      expected: 'p 1, q 1, r 1',
    },
    {
      title: 'prefers an alternative at its best version to one at a lesser',
      stanzas: [
        ['p', '1', { Depends: 'a (<< 2) | b' }],
        ['a', '1'],
        ['a', '2'],
        ['b', '1'],
      ],
      packages: ['p'],
      expected: 'b 1, p 1',
    },
    {
      title: 'does not choose what is malformed',
      stanzas: [
        ['p', '1', { Depends: 'a | b' }],
        ['a', '1', { Depends: 'c (1)' }],
        ['b', '1'],
        ['c', '1'],
      ],
      packages: ['p'],
      expected: 'b 1, p 1',
    },
  ]);
});

describe('resolve: architectures and Multi-Arch', () => {
  const depends = (relation: string): Stanza => ['p', '1', { Depends: relation }];
  it.each([
    { relation: 'a', fields: {}, met: true },
    { relation: 'a', fields: { Architecture: 'all' }, met: true },
    { relation: 'a', fields: { Architecture: 'i386' }, met: false },
    { relation: 'a', fields: { Architecture: 'i386', 'Multi-Arch': 'foreign' }, met: false },
    { relation: 'a', fields: { 'Multi-Arch': 'same' }, met: true },
    { relation: 'a:any', fields: {}, met: false },
    { relation: 'a:any', fields: { 'Multi-Arch': 'same' }, met: false },
    { relation: 'a:any', fields: { 'Multi-Arch': 'allowed' }, met: true },
    { relation: 'a:any (>= 1)', fields: { 'Multi-Arch': 'allowed' }, met: true },
    { relation: 'a:any (>= 2)', fields: { 'Multi-Arch': 'allowed' }, met: false },
    { relation: 'a:any', fields: { 'Multi-Arch': 'foreign' }, met: true },
    { relation: 'a:amd64', fields: {}, met: true },
    { relation: 'a:native', fields: {}, met: true },
    { relation: 'a:i386', fields: {}, met: false },
    { relation: 'v:any', fields: { Provides: 'v' }, met: false },
    { relation: 'v:any', fields: { Provides: 'v:any' }, met: true },
    { relation: 'v', fields: { Provides: 'v:amd64' }, met: true },
    { relation: 'v', fields: { Provides: 'v:i386' }, met: false },
    { relation: 'missing [i386], a', fields: {}, met: true },
  ])('$relation is met by a package a with $fields: $met', ({ relation, fields, met }) => {
    const index = indexOf({ stanzas: [depends(relation), ['a', '1', fields]] });
    if (met) expect(chosen(index, ['p'])).toBe('a 1, p 1');
    else expect(failure(() => chosen(index, ['p'])).code).toBe('PACKAGE_UNSOLVABLE');
  });

  it.each([
    ['a', true],
    ['a:any', true],
    ['a:amd64', true],
    ['a:i386', false],
  ])('Conflicts: %s concerns a: %s', (relation, concerns) => {
    const index = indexOf({
      stanzas: [
        ['p', '1', { Conflicts: relation }],
        ['a', '1'],
      ],
    });
    if (concerns) expect(failure(() => chosen(index, ['p', 'a'])).code).toBe('PACKAGE_UNSOLVABLE');
    else expect(chosen(index, ['p', 'a'])).toBe('a 1, p 1');
  });
});

describe('resolve: what a request can say', () => {
  const stanzas: Stanza[] = [
    ['linux-6.1', '6.1.10-1'],
    ['linux-6.1', '6.1.9-1'],
    ['linux-6.5', '6.5-1'],
    ['p', '1', { Recommends: 'rec | other, gone', Depends: 'dep' }],
    ['dep', '1', { Recommends: 'more' }],
    ['rec', '1'],
    ['other', '1'],
    ['more', '1'],
    ['tool-a', '1', { Provides: 'tool' }],
    ['tool-b', '1', { Provides: 'tool' }],
    ['only', '1', { Provides: 'single' }],
    ['g++', '1'],
  ];
  table(
    (
      [
        ['a name', ['rec'], {}, 'rec 1'],
        ['a name with plus signs', ['g++'], {}, 'g++ 1'],
        ['the same twice', ['rec', 'rec'], {}, 'rec 1'],
        ['an architecture', ['rec:amd64'], {}, 'rec 1'],
        ['a virtual name with one provider', ['single'], {}, 'only 1'],
        ['a glob', ['tool-*'], {}, 'tool-a 1, tool-b 1'],
        ['a glob without what is excluded', ['tool-?'], { exclude: ['tool-a'] }, 'tool-b 1'],
        ['a class', ['linux-6.[15]'], {}, 'linux-6.1 6.1.10-1, linux-6.5 6.5-1'],
        ['a version', ['linux-6.1=6.1.9-1'], {}, 'linux-6.1 6.1.9-1'],
        ['an equal version', ['linux-6.1=0:6.1.9-1'], {}, 'linux-6.1 6.1.9-1'],
        ['a glob over versions: the newest', ['linux-6.1=6.1.*'], {}, 'linux-6.1 6.1.10-1'],
        ['a glob over names and versions', ['linux-*=6.1*'], {}, 'linux-6.1 6.1.10-1'],
        ['no Recommends', ['p'], {}, 'dep 1, p 1'],
        ['Recommends', ['p'], { recommends: true }, 'dep 1, more 1, p 1, rec 1'],
        [
          'Recommends without what is excluded',
          ['p'],
          { recommends: true, exclude: ['rec', 'mor*'] },
          'dep 1, other 1, p 1',
        ],
      ] satisfies [string, string[], Partial<ResolveRequest>, string][]
    ).map(([title, packages, request, expected]) => ({ title, packages, request, expected, stanzas })),
  );

  it.each([
    ['othr', 'no repository has a package "othr"', 'did you mean other?'],
    [
      'nothing-like-it',
      'no repository has a package "nothing-like-it"',
      'correct the name, or add the repository or component that has nothing-like-it',
    ],
    ['zzz*', 'no package matches "zzz*"', 'correct the pattern or take it out'],
    [
      'tool',
      '"tool" is a virtual package that several packages provide',
      'name the one you want: tool-a, tool-b',
    ],
    [
      'single/sid',
      '"single/sid" is a virtual package that one package provides',
      'name the one you want: only',
    ],
    ['rec=2', 'no version of the package "rec" fits "rec=2"', 'ask for one that is there: rec 1 (stable)'],
    [
      'rec/sid',
      'no version of the package "rec" fits "rec/sid"',
      'ask for one that is there: rec 1 (stable)',
    ],
    ['a b', '"a b" is not a package name', 'write a name, a glob, name=version or name/suite'],
  ])('rejects %j', (item, message, hint) => {
    const error = failure(() => chosen(indexOf({ stanzas }), ['rec', item]));
    expect(error).toMatchObject({
      code: 'PACKAGE_UNKNOWN',
      fault: 'request',
      message,
      hint,
      details: { packages: [item] },
    });
  });

  it('says why a package that is there may not be chosen', () => {
    const never = indexOf({ suite: 'never', priority: -1, stanzas: [['backport', '2']] });
    expect(failure(() => chosen(never, ['backport']))).toMatchObject({
      code: 'PACKAGE_UNKNOWN',
      message:
        'no package "backport" may be chosen: only backport 2 (amd64, repository "repo-never" of priority -1) is there',
      hint: 'change the priority of that repository, or add one that has it for this architecture',
    });
  });

  it('names all that is unknown at once', () => {
    const error = failure(() => chosen(indexOf({ stanzas }), ['othr', 'rec', 'zzz*']));
    expect(error.message).toBe('no repository has a package "othr"; no package matches "zzz*"');
  });
});

describe('resolve: the base of every image', () => {
  const stanzas: Stanza[] = [
    ['essential', '1', { Essential: 'yes', 'Pre-Depends': 'lib' }],
    ['required', '1', { Priority: 'required' }],
    ['important', '1', { Priority: 'important' }],
    ['lib', '1'],
    ['p', '1'],
  ];
  table(
    (
      [
        ['is what is essential', {}, 'essential 1, lib 1, p 1'],
        ['is also what is required', { base: 'required' }, 'essential 1, lib 1, p 1, required 1'],
        ['is nothing', { base: 'none' }, 'p 1'],
        ['has nothing that is excluded', { base: 'required', exclude: ['essential'] }, 'p 1, required 1'],
      ] satisfies [string, Partial<ResolveRequest>, string][]
    ).map(([title, request, expected]) => ({ title, packages: ['p'], request, expected, stanzas })),
  );
});

describe('resolve: several repositories and suites', () => {
  const old: Stanza[] = [
    ['p', '1', { Depends: 'lib (= 1)' }],
    ['lib', '1'],
  ];
  const recent: Stanza[] = [
    ['p', '2', { Depends: 'lib (= 2)' }],
    ['lib', '2'],
  ];
  it.each([
    { title: 'the newer version wins', priorities: [500, 500], packages: ['p'], expected: 'lib 2, p 2' },
    {
      title: 'a higher priority wins over a newer version',
      priorities: [501, 500],
      packages: ['p'],
      expected: 'lib 1, p 1',
    },
    {
      title: 'name/suite wins over both',
      priorities: [1000, 100],
      packages: ['p/new'],
      expected: 'lib 2, p 2',
    },
    {
      title: 'a pin takes along what it needs',
      priorities: [500, 500],
      packages: ['p=1'],
      expected: 'lib 1, p 1',
    },
    {
      title: 'a negative priority is never chosen',
      priorities: [500, -1],
      packages: ['p'],
      expected: 'lib 1, p 1',
    },
  ])('$title', ({ priorities, packages, expected }) => {
    const [first = 0, second = 0] = priorities;
    const index = indexOf(
      { suite: 'old', priority: first, stanzas: old },
      { suite: 'new', priority: second, stanzas: recent },
    );
    expect(chosen(index, packages)).toBe(expected);
  });

  it('counts the same file in two suites once, under the name that sorts first', () => {
    const index = indexOf({ suite: 'updates', stanzas: old }, { suite: 'security', stanzas: old });
    const { packages } = resolve(index, { packages: ['p'], exclude: [], recommends: false }, 'amd64');
    expect(packages.map(({ name, repository }) => `${repository} ${name}`)).toEqual([
      'repo-security lib',
      'repo-security p',
    ]);
  });
});

describe('resolve: the graph', () => {
  it('tells who brings whom in the words of the packages and of the request', () => {
    const index = indexOf({
      stanzas: [
        ['app', '1', { 'Pre-Depends': 'lib', Depends: 'lib (>= 1), awk | perl', Recommends: 'doc | info' }],
        ['lib', '1', { Depends: 'lib-data' }],
        ['lib-data', '1', { Depends: 'lib' }],
        ['gawk', '1', { Provides: 'awk' }],
        ['mawk', '1', { Provides: 'awk' }],
        ['info', '1'],
        ['shell', '1', { Essential: 'yes' }],
        ['init', '1', { Priority: 'required', Depends: 'shell' }],
      ],
    });
    const request = { packages: ['ap*', 'gawk=1'], exclude: [], recommends: true, base: 'required' } as const;
    const { packages, graph } = resolve(index, request, 'amd64');
    expect(graph().packages).toEqual(packages);
    expect(graph().roots.map(({ to, because, base }) => [to.name, because, base])).toEqual([
      ['app', 'app (ap*)', false],
      ['gawk', 'gawk=1', false],
      ['init', 'Priority: required', true],
      ['shell', 'Essential: yes', true],
    ]);
    expect(graph().edges.map(({ from, to, because }) => [from.name, to.name, ...because])).toEqual([
      ['app', 'gawk', 'Depends: awk | perl'],
      ['app', 'info', 'Recommends: doc | info'],
      ['app', 'lib', 'Pre-Depends: lib', 'Depends: lib (>= 1)'],
      ['init', 'shell', 'Depends: shell'],
      ['lib', 'lib-data', 'Depends: lib-data'],
      ['lib-data', 'lib', 'Depends: lib'],
    ]);
  });
});

describe('resolve: explanations', () => {
  it.each([
    {
      title: 'a version that is not there',
      stanzas: [
        ['a', '1', { Depends: 'b' }],
        ['b', '1', { Depends: 'c (>= 2)' }],
        ['c', '1'],
      ] as Stanza[],
      packages: ['a'],
      reasons: [
        'a is asked for',
        'a 1 needs b (Depends)',
        'b 1 needs c (>= 2) (Depends), but only c 1 is there',
      ],
      hint: 'add a repository or suite that has c (>= 2); c 1 is the best version there is',
    },
    {
      title: 'a package that is not there',
      stanzas: [
        ['a', '1', { 'Pre-Depends': 'firmware-b | firmware-c' }],
        ['firmware-x', '1'],
      ] as Stanza[],
      packages: ['a'],
      reasons: ['a is asked for', 'a 1 needs firmware-b | firmware-c (Pre-Depends), which no repository has'],
      hint: 'add the repository or component that has firmware-b; the nearest name there is is firmware-x',
    },
    {
      title: 'two that cannot be together',
      stanzas: [
        ['a', '1', { Depends: 'b' }],
        ['b', '1', { Conflicts: 'v' }],
        ['c', '1', { Provides: 'v' }],
        ['d', '1'],
      ] as Stanza[],
      packages: ['d', 'a', 'c'],
      reasons: [
        'a is asked for',
        'c is asked for',
        'a 1 needs b (Depends)',
        'b 1 cannot be together with c 1 (Conflicts: v)',
      ],
      hint: 'leave out one of a, c, or ask for another version of it',
    },
    {
      title: 'two versions of one package',
      stanzas: [
        ['a', '1', { Depends: 'b (= 1)' }],
        ['b', '1'],
        ['b', '2'],
      ] as Stanza[],
      packages: ['a', 'b=2'],
      reasons: [
        'a is asked for',
        'b=2 is asked for',
        'a 1 needs b (= 1) (Depends)',
        'b 1 and b 2 are versions of one package',
      ],
      hint: 'leave out one of a, b=2, or ask for another version of it',
    },
    {
      title: 'what is excluded',
      stanzas: [
        ['a', '1', { Essential: 'yes', Depends: 'bad-b' }],
        ['bad-b', '1'],
      ] as Stanza[],
      packages: [],
      request: { exclude: ['bad*'] },
      reasons: [
        'a is part of every image (Essential: yes)',
        'a 1 needs bad-b (Depends)',
        'bad-b 1 is excluded by "bad*"',
      ],
      hint: 'take bad-b out of what is excluded, or leave out what needs it',
    },
    {
      title: 'two that one glob asks for',
      stanzas: [
        ['a-1', '1', { Conflicts: 'a-2' }],
        ['a-2', '1'],
      ] as Stanza[],
      packages: ['a-*'],
      reasons: [
        'a-1 (a-*) is asked for',
        'a-2 (a-*) is asked for',
        'a-1 1 cannot be together with a-2 1 (Conflicts: a-2)',
      ],
      hint: 'leave out one of a-1 (a-*), a-2 (a-*), or ask for another version of it',
    },
    {
      title: 'what is malformed',
      stanzas: [
        ['a', '1', { Depends: 'b (1)' }],
        ['b', '1'],
      ] as Stanza[],
      packages: ['a'],
      reasons: [
        'a is asked for',
        'a 1 is not installable: "b (1)" is not a package relation such as "libc6 (>= 2.36)"',
      ],
      hint: 'leave out a, or ask for another version of it',
    },
  ])('$title', ({ stanzas, packages, request, reasons, hint }) => {
    const error = failure(() => chosen(indexOf({ stanzas }), packages, request));
    expect(error).toMatchObject({ code: 'PACKAGE_UNSOLVABLE', fault: 'request', hint, details: { reasons } });
    expect(error.message).toBe(
      `no set of packages meets the request, because\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    );
  });

  it('shortens a long explanation, but not for programs', () => {
    const stanzas: Stanza[] = Array.from({ length: 30 }, (_, step) => [
      `p${step}`,
      '1',
      { Depends: `p${step + 1}` },
    ]);
    const error = failure(() => chosen(indexOf({ stanzas }), ['p0']));
    expect(error.message.split('\n')).toHaveLength(17);
    expect(error.message).toMatch(/and 16 more$/);
    expect(error.details.reasons).toHaveLength(31);
  });
});

describe('resolve: any order of the index', () => {
  const NAMES = [...'abcdefgh'];
  const relation = fc
    .tuple(fc.constantFrom(...NAMES, 'v', 'w'), fc.constantFrom('', ' (>= 2)', ' (= 1)', ' (<< 3)'))
    .map(([name, version]) => name + version);
  const group = fc
    .array(relation, { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.join(' | '));
  const stanza: fc.Arbitrary<Stanza> = fc.tuple(
    fc.constantFrom(...NAMES),
    fc.constantFrom('1', '2', '3'),
    fc.record({
      Depends: fc.array(group, { maxLength: 2 }).map((groups) => groups.join(', ')),
      Recommends: fc.array(group, { maxLength: 1 }).map((groups) => groups.join(', ')),
      Conflicts: fc.array(relation, { maxLength: 1 }).map((relations) => relations.join(', ')),
      Provides: fc.constantFrom('', '', 'v', 'w (= 2)', 'v (= 1), w'),
      Essential: fc.constantFrom('no', 'no', 'no', 'no', 'yes'),
    }),
  );
  const suites = fc.array(
    fc.record({
      stanzas: fc.uniqueArray(stanza, { maxLength: 14, selector: ([name, version]) => `${name} ${version}` }),
      priority: fc.constantFrom(500, 500, 100),
    }),
    { minLength: 1, maxLength: 2 },
  );

  function outcome(list: readonly Suite[], request: ResolveRequest): unknown {
    try {
      const { packages: set, graph } = resolve(indexOf(...list), request, 'amd64');
      return { set, graph: graph() };
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      return { message: error.message, hint: error.hint, details: error.details };
    }
  }

  it('gives the same set, or the same explanation', () => {
    fc.assert(
      fc.property(
        suites,
        fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (list, packages, recommends, random) => {
          const named = list.map((suite, number) => ({ ...suite, suite: `s${number}` }));
          const shuffled = named
            .map((suite) => ({
              ...suite,
              stanzas: suite.stanzas
                .map((stanza) => ({ stanza, place: random.next().value ?? 0 }))
                .sort((a, b) => a.place - b.place)
                .map(({ stanza }) => stanza),
            }))
            .reverse();
          const request = { packages, exclude: [], recommends };
          expect(outcome(shuffled, request)).toEqual(outcome(named, request));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('resolve: what is locked', () => {
  const locked = (name: string, version: string) => ({ name, version, architecture: 'amd64' });
  const mail: Stanza[] = [
    ['exim', '1', { Provides: 'mta' }],
    ['postfix', '1', { Provides: 'mta' }],
    ['cron', '1', { Depends: 'exim | mta' }],
  ];
  const twins: Stanza[] = ['1', '2'].flatMap((version): Stanza[] => [
    ['lib', version],
    ['lib-dev', version, { Depends: `lib (= ${version})` }],
  ]);

  it.each([
    ['comes before a newer version', twins, ['lib'], [locked('lib', '1')], 'lib 1'],
    [
      'counts with its architecture',
      twins,
      ['lib'],
      [{ ...locked('lib', '1'), architecture: 'all' }],
      'lib 2',
    ],
    ['makes nothing chosen', twins, ['lib'], [locked('lib-dev', '1')], 'lib 2'],
    ['gives way to what is asked for', twins, ['lib-dev=2'], [locked('lib', '1')], 'lib 2, lib-dev 2'],
    ['is given up where it cannot be', twins, ['lib', 'lib-dev=2'], [locked('lib', '1')], 'lib 2, lib-dev 2'],
    ['comes before an earlier alternative', mail, ['cron'], [locked('postfix', '1')], 'cron 1, postfix 1'],
    ['may be gone', mail, ['cron'], [locked('postfix', '0')], 'cron 1, exim 1'],
  ])('%s', (_, stanzas, asked, prefer, expected) => {
    expect(chosen(indexOf({ stanzas }), asked, { prefer })).toBe(expected);
  });

  it('comes before the priority of a repository, but for one that counts as never', () => {
    const suites = (priority: number) =>
      indexOf({ suite: 'old', priority, stanzas: [['lib', '1']] }, { stanzas: [['lib', '2']] });
    expect(chosen(suites(100), ['lib'], { prefer: [locked('lib', '1')] })).toBe('lib 1');
    expect(chosen(suites(-1), ['lib'], { prefer: [locked('lib', '1')] })).toBe('lib 2');
  });
});
