import { PackageError, type ResolveRequest } from '@ic/package-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LeftOut } from '../rpm-package.js';
import { type PlainPackage, plainIndex } from '../testing/plain-index.js';
import { resolve } from './resolve.js';

async function chosen(
  packages: readonly PlainPackage[],
  asked: string[],
  request: Partial<ResolveRequest> = {},
): Promise<string> {
  const whole = { packages: asked, exclude: [], recommends: false, ...request };
  const { packages: found } = await resolve(plainIndex(packages), whole, 'x86_64');
  return found
    .map(({ name, version, architecture }) => {
      const suffix = ['x86_64', 'noarch'].includes(architecture) ? '' : `.${architecture}`;
      return `${name}${suffix} ${version.replace(/-1$/, '')}`;
    })
    .join(', ');
}

async function failure(run: Promise<unknown>): Promise<PackageError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof PackageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

interface Case {
  readonly title: string;
  readonly there: readonly PlainPackage[];
  readonly asked: string[];
  readonly request?: Partial<ResolveRequest>;
  readonly expected: string;
}

function table(cases: readonly Case[]): void {
  it.each(cases)('$title', async ({ there, asked, request, expected }) => {
    expect(await chosen(there, asked, request)).toBe(expected);
  });
}

const named = (...names: string[]): PlainPackage[] => names.map((name) => ({ name }));

describe('resolve: relations', () => {
  table([
    {
      title: 'follows Requires, and sorts by name',
      there: [{ name: 'z', requires: 'b, a' }, { name: 'b', requires: 'c' }, ...named('c', 'a', 'unrelated')],
      asked: ['z'],
      expected: 'a 1, b 1, c 1, z 1',
    },
    {
      title: 'meets a capability by what provides it',
      there: [
        { name: 'p', requires: 'libq.so.1()(64bit)' },
        { name: 'q', provides: 'libq.so.1()(64bit)' },
      ],
      asked: ['p'],
      expected: 'p 1, q 1',
    },
    {
      title: 'meets a range by a range of Provides, as rpm does',
      there: [
        { name: 'p', requires: 'v >= 2' },
        { name: 'a', provides: 'v = 1' },
        { name: 'b', provides: 'v <= 1' },
        { name: 'c', provides: 'v < 3' },
      ],
      asked: ['p'],
      expected: 'c 1, p 1',
    },
    {
      title: 'meets a range by a Provides without a version',
      there: [
        { name: 'p', requires: 'v >= 2' },
        { name: 'a', provides: 'v' },
      ],
      asked: ['p'],
      expected: 'a 1, p 1',
    },
    {
      title: 'meets a version without a release by any release',
      there: [
        { name: 'p', requires: 'q = 1.0' },
        { name: 'q', evr: '1.0-7' },
        { name: 'q', evr: '1.1-1' },
      ],
      asked: ['p'],
      expected: 'p 1, q 1.0-7',
    },
    {
      title: 'compares epochs first',
      there: [
        { name: 'p', requires: 'q < 1:0' },
        { name: 'q', evr: '1:0.5' },
        { name: 'q', evr: '9' },
      ],
      asked: ['p'],
      expected: 'p 1, q 9',
    },
    {
      title: 'takes the newest version that only rpmvercmp orders right',
      there: ['1.0~rc2', '1.0', '1.0^git1', '1.0~rc10', '1.0^'].map((evr) => ({ name: 'p', evr })),
      asked: ['p'],
      expected: 'p 1.0^git1',
    },
    {
      title: 'takes an older version where the newest cannot be',
      there: [
        { name: 'p', requires: 'q, r = 1' },
        { name: 'q', evr: '2', requires: 'r = 2' },
        { name: 'q', evr: '1', requires: 'r' },
        { name: 'r', evr: '1' },
        { name: 'r', evr: '2' },
      ],
      asked: ['p'],
      expected: 'p 1, q 1, r 1',
    },
    {
      title: 'keeps what Conflicts apart, by version and by what is provided',
      there: [
        { name: 'p', requires: 'v', conflicts: 'w < 2' },
        { name: 'a', provides: 'v, w = 1' },
        { name: 'b', provides: 'v, w = 2' },
      ],
      asked: ['p'],
      expected: 'b 1, p 1',
    },
    {
      title: 'a package may conflict with what it provides',
      there: [{ name: 'p', provides: 'mta', conflicts: 'mta' }],
      asked: ['p'],
      expected: 'p 1',
    },
    {
      title: 'keeps an obsolete package out, by name and version',
      there: [
        { name: 'p', requires: 'v', obsoletes: 'a < 2' },
        { name: 'a', provides: 'v' },
        { name: 'b', provides: 'v' },
      ],
      asked: ['p'],
      expected: 'b 1, p 1',
    },
    {
      title: 'Obsoletes does not mean what is provided',
      there: [
        { name: 'p', requires: 'a', obsoletes: 'v' },
        { name: 'a', provides: 'v' },
      ],
      asked: ['p'],
      expected: 'a 1, p 1',
    },
    {
      title: 'Obsoletes means only the versions that it names',
      there: [
        { name: 'p', requires: 'a', obsoletes: 'a < 2' },
        { name: 'a', evr: '1' },
        { name: 'a', evr: '2' },
      ],
      asked: ['p'],
      expected: 'a 2, p 1',
    },
    {
      title: 'a package may obsolete its own older versions',
      there: [{ name: 'p', evr: '2', obsoletes: 'p < 2' }],
      asked: ['p'],
      expected: 'p 2',
    },
    {
      title: 'prefers what obsoletes another to what it obsoletes',
      there: [
        { name: 'p', requires: 'a' },
        { name: 'a' },
        { name: 'new-a', obsoletes: 'a < 2', provides: 'a = 2' },
      ],
      asked: ['p'],
      expected: 'new-a 1, p 1',
    },
    {
      title: 'prefers the package of that name to one that provides it, then by name',
      there: [
        { name: 'p', requires: 'v, w' },
        { name: 'a', provides: 'v' },
        { name: 'v' },
        { name: 'c', provides: 'w' },
        { name: 'b', provides: 'w' },
      ],
      asked: ['p'],
      expected: 'b 1, p 1, v 1',
    },
    {
      title: 'prefers the provider of the highest version to the name that sorts first',
      there: [
        { name: 'p', requires: 'java' },
        { name: 'java-1.8', provides: 'java = 1:1.8.0' },
        { name: 'java-11', provides: 'java = 1:11.0.2' },
        { name: 'java-17', provides: 'java = 1:11.0.9, java = 1:17.0.1, java < 99' },
        { name: 'java-any', provides: 'java' },
      ],
      asked: ['p'],
      expected: 'java-17 1, p 1',
    },
    {
      title: 'prefers what the package itself recommends or suggests',
      there: [
        { name: 'p', requires: 'v, w', suggests: 'b', recommends: 'd' },
        { name: 'a', provides: 'v' },
        { name: 'b', provides: 'v' },
        { name: 'c', provides: 'w' },
        { name: 'd', provides: 'w' },
      ],
      asked: ['p'],
      expected: 'b 1, d 1, p 1',
    },
    {
      title: 'takes what is there anyway',
      there: [
        { name: 'p', requires: 'v' },
        { name: 'q', requires: 'b' },
        { name: 'a', provides: 'v' },
        { name: 'b', provides: 'v' },
      ],
      asked: ['p', 'q'],
      expected: 'b 1, p 1, q 1',
    },
    {
      title: 'does not choose what is malformed',
      there: [
        { name: 'p', requires: 'v' },
        { name: 'a', provides: 'v', requires: '(b or' },
        { name: 'b', provides: 'v' },
      ],
      asked: ['p'],
      expected: 'b 1, p 1',
    },
    {
      title: 'what rpm itself meets needs no package',
      there: [
        { name: 'p', requires: 'rpmlib(PayloadIsZstd) <= 5.4.18-1, rpmlib(CompressedFileNames) <= 3.0.4-1' },
      ],
      asked: ['p'],
      expected: 'p 1',
    },
  ]);
});

describe('resolve: rich dependencies', () => {
  const requires = (dependency: string, ...others: PlainPackage[]): PlainPackage[] => [
    { name: 'p', requires: dependency },
    ...others,
  ];
  const v = ['a', 'b', 'c'].map((name, place) => ({ name, provides: `v = ${place}, ${name}-only` }));
  const cases: [string, PlainPackage[], string[], string][] = [
    ['(a and b)', requires('(a and b)', ...v), ['p'], 'a 1, b 1, p 1'],
    ['(b or a)', requires('(b or a)', ...v), ['p'], 'b 1, p 1'],
    ['(missing or a)', requires('(missing or a)', ...v), ['p'], 'a 1, p 1'],
    ['(b or a), a is there', requires('(b or a)', ...v), ['p', 'a'], 'a 1, p 1'],
    ['(a >= 2 or b)', requires('(a >= 2 or b)', ...v), ['p'], 'b 1, p 1'],
    ['(a if b), b is not there', requires('(a if b)', ...v), ['p'], 'p 1'],
    ['(a if b), b is there', requires('(a if b)', ...v), ['p', 'b'], 'a 1, b 1, p 1'],
    ['(a if b), b comes first', requires('(a if b)', ...v), ['b', 'p'], 'a 1, b 1, p 1'],
    ['(a if missing)', requires('(a if missing)', ...v), ['p'], 'p 1'],
    ['(a if p): the package itself is there', requires('(a if p)', ...v), ['p'], 'a 1, p 1'],
    ['(a if v > 1), another v', requires('(a if v > 1)', ...v), ['p', 'b'], 'b 1, p 1'],
    ['(a if v > 1), that v', requires('(a if v > 1)', ...v), ['p', 'c'], 'a 1, c 1, p 1'],
    ['(a if b else c), without b', requires('(a if b else c)', ...v), ['p'], 'c 1, p 1'],
    ['(a if b else c), with b', requires('(a if b else c)', ...v), ['p', 'b'], 'a 1, b 1, p 1'],
    ['(a unless b)', requires('(a unless b)', ...v), ['p'], 'a 1, p 1'],
    ['(a unless b else c), without b', requires('(a unless b else c)', ...v), ['p'], 'a 1, p 1'],
    ['(a unless b else c), with b', requires('(a unless b else c)', ...v), ['p', 'b'], 'b 1, c 1, p 1'],
    ['(v with b-only)', requires('(v with b-only)', ...v), ['p'], 'b 1, p 1'],
    ['(v >= 0 with v < 2 with b-only)', requires('(v >= 0 with v < 2 with b-only)', ...v), ['p'], 'b 1, p 1'],
    ['(v without a)', requires('(v without a)', ...v), ['p'], 'c 1, p 1'],
    ['(v without (a or b))', requires('(v without (a or b))', ...v), ['p'], 'c 1, p 1'],
    [
      '(b or (a and c)), b cannot be',
      requires('(b or (a and c))', ...v, { name: 'q', conflicts: 'b' }),
      ['p', 'q'],
      'a 1, c 1, p 1, q 1',
    ],
    [
      '((a and b) or c), a cannot be',
      requires('((a and b) or c)', ...v, { name: 'q', conflicts: 'a' }),
      ['p', 'q'],
      'c 1, p 1, q 1',
    ],
    [
      '((a or b) if (c and q))',
      requires('((a or b) if (c and q))', ...v, { name: 'q' }),
      ['p', 'c', 'q'],
      'a 1, c 1, p 1, q 1',
    ],
    [
      '((a or b) if (c and q)), only c',
      requires('((a or b) if (c and q))', ...v, { name: 'q' }),
      ['p', 'c'],
      'c 1, p 1',
    ],
    ['(rpmlib(X) or a)', requires('(rpmlib(X) or a)', ...v), ['p'], 'a 1, p 1'],
    ['(a if rpmlib(FileCaps))', requires('(a if rpmlib(FileCaps))', ...v), ['p'], 'a 1, p 1'],
    [
      '(missing if b) keeps b out',
      requires('(missing if b), v', ...v, { name: 'q', conflicts: 'a' }),
      ['p', 'q'],
      'c 1, p 1, q 1',
    ],
  ];
  it.each(cases)('Requires: %s', async (_, there, asked, expected) => {
    expect(await chosen(there, asked)).toBe(expected);
  });

  it.each([
    ['(a and b)', ['a'], true],
    ['(a and b)', ['a', 'b'], false],
    ['(a and p)', ['b'], true],
    ['(a and p)', ['a'], false],
    ['(a or b)', ['c'], true],
    ['(a or b)', ['b'], false],
    ['(a unless b)', ['a'], true, 'a 1, b 1, p 1'],
    ['(a unless b)', ['a', 'b'], true],
    ['(a if b)', ['c'], true, 'b 1, c 1, p 1'],
    ['(a if b)', ['a'], false],
    ['(v without a)', ['a'], true],
    ['(v without a)', ['b'], false],
  ])(
    'Conflicts: %s beside %j: %s',
    async (conflicts, asked, possible, expected = [...asked, 'p'].map((name) => `${name} 1`).join(', ')) => {
      const there: PlainPackage[] = [{ name: 'p', conflicts }, ...v];
      if (possible) expect(await chosen(there, ['p', ...asked])).toBe(expected);
      else expect((await failure(chosen(there, ['p', ...asked]))).code).toBe('PACKAGE_UNSOLVABLE');
    },
  );
});

describe('resolve: weak dependencies', () => {
  const there: PlainPackage[] = [
    { name: 'p', recommends: 'rec, (lang-a if lang), gone, (rec or', suggests: 'sug' },
    { name: 'rec', recommends: 'more' },
    { name: 'lang', provides: 'lang = 1' },
    { name: 'lang-a' },
    { name: 'sup', supplements: 'p' },
    { name: 'sup-both', evr: '1', supplements: 'p' },
    { name: 'sup-both', evr: '2', supplements: '(p and lang)' },
    { name: 'sup-bad', supplements: '(p and' },
    { name: 'enh', enhances: 'p' },
    ...named('sug', 'more'),
  ];
  table(
    (
      [
        ['are not followed', ['p', 'lang'], {}, 'lang 1, p 1'],
        ['are followed by wish', ['p'], { recommends: true }, 'more 1, p 1, rec 1, sup 1, sup-both 1'],
        [
          'count together with what they name, in any order',
          ['lang', 'p'],
          { recommends: true },
          'lang 1, lang-a 1, more 1, p 1, rec 1, sup 1, sup-both 2',
        ],
        ['bring nothing that is excluded', ['p'], { recommends: true, exclude: ['rec', 'sup*'] }, 'p 1'],
      ] satisfies [string, string[], Partial<ResolveRequest>, string][]
    ).map(([title, asked, request, expected]) => ({ title, asked, request, expected, there })),
  );
});

describe('resolve: files', () => {
  it.each([
    ['by the package that has it', [{ name: 'a', files: '/usr/bin/x' }], 'a 1, p 1', []],
    ['by a Provides', [{ name: 'a', provides: '/usr/bin/x' }], 'a 1, p 1', []],
  ] as [string, PlainPackage[], string, string[]][])('a file is met %s', async (_, others, expected) => {
    expect(await chosen([{ name: 'p', requires: '/usr/bin/x' }, ...others], ['p'])).toBe(expected);
  });

  const hidden: PlainPackage[] = [
    { name: 'p', requires: '/usr/share/x' },
    { name: 'a', files: '/usr/share/x', requires: '/usr/lib/y' },
    { name: 'b', files: '/usr/lib/y /usr/lib/z' },
    { name: 'c', conflicts: '/usr/lib/z' },
    { name: 'unrelated', requires: '/usr/lib/unrelated' },
  ];
  const run = async (asked: string[]) => {
    const index = plainIndex(hidden);
    const request = { packages: asked, exclude: [], recommends: false };
    const outcome = await resolve(index, request, 'x86_64').then(
      ({ packages }) => packages.map(({ name }) => name).join(' '),
      (error: PackageError) => error.code,
    );
    return { outcome, read: index.read };
  };

  it('reads filelists for a file that nothing else tells of, and only for what is considered', async () => {
    expect(await run(['p'])).toEqual({ outcome: 'a b p', read: ['/usr/share/x', '/usr/lib/y'] });
  });

  it('reads none when nothing asks for such a file', async () => {
    expect(await run(['b'])).toEqual({ outcome: 'b', read: [] });
  });

  it('knows what a conflict with a file means', async () => {
    expect(await run(['c', 'b'])).toEqual({ outcome: 'PACKAGE_UNSOLVABLE', read: ['/usr/lib/z'] });
  });

  it('finds a file that is asked for', async () => {
    expect(await run(['/usr/lib/z'])).toEqual({ outcome: 'b', read: ['/usr/lib/z'] });
  });

  it('says that no package has a file only when filelists were read', async () => {
    const index = plainIndex([{ name: 'p', requires: '/usr/share/nothing' }]);
    const request = { packages: ['p'], exclude: [], recommends: false };
    const error = await failure(resolve(index, request, 'x86_64'));
    expect(error.details.reasons).toEqual([
      'p is asked for',
      'p 1-1 needs /usr/share/nothing (Requires), which no repository has',
    ]);
    expect(index.read).toEqual(['/usr/share/nothing']);
  });
});

describe('resolve: architectures', () => {
  const there: PlainPackage[] = [
    { name: 'lib', evr: '1', provides: 'lib.so' },
    { name: 'lib', evr: '1', arch: 'i686', provides: 'lib.so' },
    { name: 'lib', evr: '2', arch: 'i686', provides: 'lib.so, new.so' },
    { name: 'tool', evr: '1', arch: 'noarch', requires: 'lib.so' },
    { name: 'old', arch: 'i686', requires: 'lib.so' },
    { name: 'app', requires: 'new.so' },
    { name: 'arm', arch: 'aarch64' },
  ];
  table(
    (
      [
        ['never i686 unasked', ['tool'], 'lib 1, tool 1'],
        ['i686 where it is asked for', ['lib.i686'], 'lib.i686 2'],
        ['both, in one version', ['lib', 'lib.i686'], 'lib.i686 1, lib 1'],
        ['what is native meets a need of what is not', ['old.i686'], 'lib 1, old.i686 1'],
        ['the architecture of the target by name', ['lib.x86_64', 'tool.noarch'], 'lib 1, tool 1'],
      ] as [string, string[], string][]
    ).map(([title, asked, expected]) => ({ title, asked, expected, there })),
  );

  it.each([
    ['old', 'no version of the package "old" fits "old"', 'ask for one that is there: old 1-1 (i686, base)'],
    [
      'arm.aarch64',
      'no version of the package "arm" fits "arm.aarch64"',
      'ask for one that is there: arm 1-1 (aarch64, base)',
    ],
    ['tool.x86_64', undefined, undefined],
  ])('%s', async (item, message, hint) => {
    if (message === undefined) expect(await chosen(there, [item])).toBe('lib 1, tool 1');
    else
      expect(await failure(chosen(there, [item]))).toMatchObject({ code: 'PACKAGE_UNKNOWN', message, hint });
  });

  it('does not meet a need by another architecture', async () => {
    const error = await failure(chosen(there, ['app']));
    expect(error.details.reasons).toEqual([
      'app is asked for',
      'app 1-1 needs new.so (Requires), which no repository has',
    ]);
  });
});

describe('resolve: what a request can say', () => {
  const there: PlainPackage[] = [
    { name: 'kernel', evr: '6.6.10-1.azl3' },
    { name: 'kernel', evr: '6.6.9-2.azl3' },
    { name: 'kernel', evr: '6.6.9-1.azl3' },
    { name: 'epoch', evr: '1:2-1' },
    { name: 'epoch', evr: '3-1' },
    { name: 'python3.11' },
    { name: 'libstdc++' },
    { name: 'tool-a', provides: 'tool = 1, perl(A)' },
    { name: 'tool-b', provides: 'tool = 2, font(:lang=en)', files: '/usr/bin/tool' },
    { name: 'tool-c', files: '/usr/bin/tool-c /usr/bin/tool' },
    { name: 'old' },
    { name: 'new', obsoletes: 'old < 2' },
    { name: 'older' },
    { name: 'newer', evr: '1', obsoletes: 'older' },
    { name: 'newer', evr: '2', obsoletes: 'older', requires: 'missing' },
    { name: 'lasting' },
    { name: 'outdated', evr: '1', obsoletes: 'lasting' },
    { name: 'outdated', evr: '2' },
  ];
  table(
    (
      [
        ['a name', ['tool-a'], {}, 'tool-a 1'],
        ['a name with dots and plus signs', ['python3.11', 'libstdc++'], {}, 'libstdc++ 1, python3.11 1'],
        ['the same twice', ['tool-a', ' tool-a '], {}, 'tool-a 1'],
        ['a glob', ['tool-*'], {}, 'tool-a 1, tool-b 1, tool-c 1'],
        ['a glob without what is excluded', ['tool-?'], { exclude: ['tool-[ac]'] }, 'tool-b 1'],
        ['a glob with an architecture', ['tool-[ab].x86_64'], {}, 'tool-a 1, tool-b 1'],
        ['a version', ['kernel=6.6.9'], {}, 'kernel 6.6.9-2.azl3'],
        ['a version and a release', ['kernel=6.6.9-1.azl3'], {}, 'kernel 6.6.9-1.azl3'],
        ['a glob over versions: the newest', ['kernel=6.6.9*'], {}, 'kernel 6.6.9-2.azl3'],
        ['a glob over versions and releases', ['kernel=6.6.*-1.azl3'], {}, 'kernel 6.6.10-1.azl3'],
        ['a glob over names and versions', ['kern*=6.6.9*'], {}, 'kernel 6.6.9-2.azl3'],
        ['a name, an architecture and a version', ['kernel.x86_64=6.6.9-1.azl3'], {}, 'kernel 6.6.9-1.azl3'],
        ['a version with its epoch', ['epoch=1:2'], {}, 'epoch 1:2'],
        ['a version without its epoch', ['epoch=2-1'], {}, 'epoch 1:2'],
        ['a glob with an epoch', ['epoch=1:*'], {}, 'epoch 1:2'],
        ['a glob without an epoch', ['epoch=3*'], {}, 'epoch 3'],
        ['a capability with one provider', ['perl(A)'], {}, 'tool-a 1'],
        ['a capability with an equals sign in it', ['font(:lang=en)'], {}, 'tool-b 1'],
        ['a version of a capability', ['tool=2'], {}, 'tool-b 1'],
        ['the path of a file', ['/usr/bin/tool-c'], {}, 'tool-c 1'],
        ['what is obsolete stands for what obsoletes it', ['old'], {}, 'new 1'],
        ['an older version of what obsoletes it', ['older'], {}, 'newer 1'],
        ['what only an outdated version obsoletes', ['lasting'], {}, 'lasting 1'],
        ['what is obsolete, by its version', ['old=1'], {}, 'old 1'],
        ['what is obsolete, where nothing else can be', ['old'], { exclude: ['new'] }, 'old 1'],
      ] satisfies [string, string[], Partial<ResolveRequest>, string][]
    ).map(([title, asked, request, expected]) => ({ title, asked, request, expected, there })),
  );

  it.each([
    ['tool-aa', 'no repository has a package "tool-aa"', 'did you mean tool-a or tool-b or tool-c?'],
    [
      'nothing-like-it',
      'no repository has a package "nothing-like-it"',
      'correct the name, or add the repository that has nothing-like-it',
    ],
    [
      'kernel-6.6.9-1.azl3',
      'no repository has a package "kernel-6.6.9-1.azl3"',
      'did you mean kernel=6.6.9-1.azl3?',
    ],
    ['tool-a-1', 'no repository has a package "tool-a-1"', 'did you mean tool-a=1?'],
    ['zzz*', 'no package matches "zzz*"', 'correct the pattern or take it out'],
    ['tool', '"tool" is a capability that several packages provide', 'name the one you want: tool-b, tool-a'],
    [
      '/usr/bin/tool',
      '"/usr/bin/tool" is a file that several packages provide',
      'name the one you want: tool-b, tool-c',
    ],
    [
      'epoch=2:2',
      'no version of the package "epoch" fits "epoch=2:2"',
      'ask for one that is there: epoch 1:2-1 (x86_64, base), 3-1 (x86_64, base)',
    ],
    [
      'a b',
      '"a b" is not a package name',
      'write a name, a glob, name=version, name.architecture, a capability or the path of a file',
    ],
    [
      '',
      '"" is not a package name',
      'write a name, a glob, name=version, name.architecture, a capability or the path of a file',
    ],
  ])('rejects %j', async (item, message, hint) => {
    expect(await failure(chosen(there, ['tool-a', item]))).toMatchObject({
      code: 'PACKAGE_UNKNOWN',
      fault: 'request',
      message,
      hint,
      details: { packages: [item] },
    });
  });

  it('names all that is unknown at once', async () => {
    const error = await failure(chosen(there, ['othr', 'tool-a', 'zzz*']));
    expect(error.message).toBe('no repository has a package "othr"; no package matches "zzz*"');
  });

  it.each([
    ['modular', 'repository "app" has it in a module stream only'],
    ['source', 'repository "app" has it as a source package only'],
    ['not allowed', 'repository "app" has it but allowPackages does not name it'],
    ['excluded', 'repository "app" has it but excludePackages names it'],
    ['too new', 'repository "app" has it but only since after the snapshot time'],
  ] as [LeftOut['reason'], string][])('says that a package is not seen: %s', async (reason, text) => {
    const index = plainIndex([{ name: 'p', requires: 'mod' }], {
      mod: [{ repository: 'app', reason, count: 2 }],
    });
    const ask = (name: string) =>
      failure(resolve(index, { packages: [name], exclude: [], recommends: false }, 'x86_64'));
    expect((await ask('mod')).message).toBe(`no package "mod" can be seen: ${text}`);
    expect((await ask('p')).details.reasons).toEqual([
      'p is asked for',
      `p 1-1 needs mod (Requires), but ${text}`,
    ]);
  });
});

describe('resolve: several repositories', () => {
  const of = (repository: string, evr: string, priority: number): PlainPackage[] => [
    { name: 'p', evr, repository, priority, requires: `lib = ${evr}` },
    { name: 'lib', evr, repository, priority },
  ];
  it.each([
    { title: 'the newer version wins', priorities: [500, 500], asked: ['p'], expected: 'lib 2, p 2' },
    {
      title: 'a higher priority wins over a newer version',
      priorities: [501, 500],
      asked: ['p'],
      expected: 'lib 1, p 1',
    },
    {
      title: 'a pin takes along what it needs',
      priorities: [500, 500],
      asked: ['p=1'],
      expected: 'lib 1, p 1',
    },
    {
      title: 'a negative priority is never chosen',
      priorities: [500, -1],
      asked: ['p'],
      expected: 'lib 1, p 1',
    },
  ])('$title', async ({ priorities: [first = 0, second = 0], asked, expected }) => {
    expect(await chosen([...of('old', '1', first), ...of('new', '2', second)], asked)).toBe(expected);
  });

  it('counts the same file in two repositories once, under the name that sorts first', async () => {
    const index = plainIndex([...of('updates', '1', 500), ...of('base', '1', 500)]);
    const { packages } = await resolve(index, { packages: ['p'], exclude: [], recommends: false }, 'x86_64');
    expect(packages.map(({ name, repository }) => `${repository} ${name}`)).toEqual(['base lib', 'base p']);
  });

  it('does not let what a lesser repository obsoletes count', async () => {
    const there: PlainPackage[] = [{ name: 'old' }, { name: 'new', obsoletes: 'old', priority: 100 }];
    expect(await chosen(there, ['old'])).toBe('old 1');
  });
});

describe('resolve: the graph', () => {
  it('tells who brings whom in the words of the packages and of the request', async () => {
    const index = plainIndex([
      { name: 'app', requires: 'libz.so.1()(64bit), libz.so.1(Z_1.2)(64bit), (doc if lib), /opt/tool' },
      { name: 'lib', provides: 'libz.so.1()(64bit), libz.so.1(Z_1.2)(64bit)', recommends: 'extra' },
      { name: 'lib', arch: 'i686' },
      { name: 'doc', requires: 'doc = 1' },
      { name: 'tool', files: '/opt/tool' },
      { name: 'extra' },
      { name: 'completion', supplements: '(app and extra)' },
    ]);
    const request = { packages: ['app=1*', 'lib.i686'], exclude: [], recommends: true };
    const { packages, graph } = await resolve(index, request, 'x86_64');
    const named = ({ name, architecture }: { name: string; architecture: string }) =>
      architecture === 'x86_64' ? name : `${name}.${architecture}`;
    expect(graph().packages).toEqual(packages);
    expect(graph().roots.map(({ to, because, base }) => [named(to), because, base])).toEqual([
      ['app', 'app=1*', false],
      ['lib.i686', 'lib.i686', false],
    ]);
    expect(graph().edges.map(({ from, to, because }) => [named(from), named(to), ...because])).toEqual([
      ['app', 'completion', 'Supplements: (app and extra)'],
      ['app', 'doc', 'Requires: (doc if lib)'],
      ['app', 'lib', 'Requires: libz.so.1()(64bit)', 'Requires: libz.so.1(Z_1.2)(64bit)'],
      ['app', 'tool', 'Requires: /opt/tool'],
      ['lib', 'extra', 'Recommends: extra'],
    ]);
  });
});

describe('resolve: explanations', () => {
  const cases: {
    title: string;
    there: PlainPackage[];
    asked: string[];
    request?: Partial<ResolveRequest>;
    reasons: string[];
    hint: string;
  }[] = [
    {
      title: 'a version that is not there',
      there: [{ name: 'a', requires: 'b' }, { name: 'b', requires: 'c >= 2' }, { name: 'c' }],
      asked: ['a'],
      reasons: [
        'a is asked for',
        'a 1-1 needs b (Requires)',
        'b 1-1 needs c >= 2 (Requires), but only c 1-1 is there',
      ],
      hint: 'add a repository that has c >= 2; c 1-1 is the best version there is',
    },
    {
      title: 'a package that is not there',
      there: [{ name: 'a', requires: '(firmware-b or firmware-c)' }, { name: 'firmware-x' }],
      asked: ['a'],
      reasons: [
        'a is asked for',
        'a 1-1 needs (firmware-b or firmware-c) (Requires), which no repository has',
      ],
      hint: 'add the repository that has firmware-b; the nearest name there is is firmware-x',
    },
    {
      title: 'a part of a rich dependency',
      there: [{ name: 'a', requires: '(b and c >= 2)' }, { name: 'b' }, { name: 'c' }],
      asked: ['a'],
      reasons: ['a is asked for', 'a 1-1 needs (b and c >= 2) (Requires), but only c 1-1 is there'],
      hint: 'add a repository that has c >= 2; c 1-1 is the best version there is',
    },
    {
      title: 'a feature of rpm',
      there: [{ name: 'a', requires: 'rpmlib(Teleport) <= 9' }],
      asked: ['a'],
      reasons: ['a is asked for', 'a 1-1 needs rpmlib(Teleport) <= 9 (Requires), which no repository has'],
      hint: 'add the repository that has rpmlib(Teleport)',
    },
    {
      title: 'two that cannot be together',
      there: [
        { name: 'a', requires: 'b' },
        { name: 'b', conflicts: 'v' },
        { name: 'c', provides: 'v' },
        { name: 'd' },
      ],
      asked: ['d', 'a', 'c'],
      reasons: [
        'a is asked for',
        'c is asked for',
        'a 1-1 needs b (Requires)',
        'b 1-1 cannot be together with c 1-1 (Conflicts: v)',
      ],
      hint: 'leave out one of a, c, or ask for another version of it',
    },
    {
      title: 'one that another obsoletes',
      there: [{ name: 'a', requires: 'b' }, { name: 'b' }, { name: 'c', obsoletes: 'b < 2' }],
      asked: ['a', 'c'],
      reasons: [
        'a is asked for',
        'c is asked for',
        'a 1-1 needs b (Requires)',
        'c 1-1 cannot be together with b 1-1 (Obsoletes: b < 2)',
      ],
      hint: 'leave out one of a, c, or ask for another version of it',
    },
    {
      title: 'what cannot be together by a rich dependency',
      there: [{ name: 'a', requires: '(missing if (b and c))' }, ...named('b', 'c')],
      asked: ['a', 'b', 'c'],
      reasons: [
        'a is asked for',
        'b is asked for',
        'c is asked for',
        'a 1-1 cannot be together with b 1-1 and c 1-1 (Requires: (missing if (b and c)))',
      ],
      hint: 'leave out one of a, b, c, or ask for another version of it',
    },
    {
      title: 'what a rich conflict asks for',
      there: [{ name: 'a', conflicts: '(b unless c)' }, { name: 'b' }, { name: 'c', requires: 'missing' }],
      asked: ['a', 'b'],
      reasons: [
        'a is asked for',
        'b is asked for',
        'a 1-1 conflicts with (b unless c)',
        'c 1-1 needs missing (Requires), which no repository has',
      ],
      hint: 'add the repository that has missing',
    },
    {
      title: 'two versions of one package',
      there: [
        { name: 'a', requires: 'b = 1' },
        { name: 'b', evr: '1' },
        { name: 'b', evr: '2' },
      ],
      asked: ['a', 'b=2'],
      reasons: [
        'a is asked for',
        'b=2 is asked for',
        'a 1-1 needs b = 1 (Requires)',
        'b 1-1 and b 2-1 are versions of one package',
      ],
      hint: 'leave out one of a, b=2, or ask for another version of it',
    },
    {
      title: 'one package for two architectures',
      there: [
        { name: 'b', arch: 'noarch' },
        { name: 'b', arch: 'i686' },
      ],
      asked: ['b', 'b.i686'],
      reasons: ['b is asked for', 'b.i686 is asked for', 'b 1-1 cannot be there for noarch and i686'],
      hint: 'leave out one of b, b.i686, or ask for another version of it',
    },
    {
      title: 'what is excluded',
      there: [{ name: 'a', requires: 'bad-b' }, { name: 'bad-b' }],
      asked: ['a'],
      request: { exclude: ['bad*'] },
      reasons: ['a is asked for', 'a 1-1 needs bad-b (Requires)', 'bad-b 1-1 is excluded by "bad*"'],
      hint: 'take bad-b out of what is excluded, or leave out what needs it',
    },
    {
      title: 'two that one glob asks for',
      there: [{ name: 'a-1', conflicts: 'a-2' }, { name: 'a-2' }],
      asked: ['a-*'],
      reasons: [
        'a-1 (a-*) is asked for',
        'a-2 (a-*) is asked for',
        'a-1 1-1 cannot be together with a-2 1-1 (Conflicts: a-2)',
      ],
      hint: 'leave out one of a-1 (a-*), a-2 (a-*), or ask for another version of it',
    },
    {
      title: 'what is malformed',
      there: [{ name: 'a', requires: '(b and)' }, { name: 'b' }],
      asked: ['a'],
      reasons: [
        'a is asked for',
        'a 1-1 is not installable: "(b and)" is not a rich dependency: an operand is missing',
      ],
      hint: 'leave out a, or ask for another version of it',
    },
  ];
  it.each(cases)('$title', async ({ there, asked, request, reasons, hint }) => {
    const error = await failure(chosen(there, asked, request));
    expect(error).toMatchObject({
      code: 'PACKAGE_UNSOLVABLE',
      fault: 'request',
      hint,
      details: { reasons },
    });
    expect(error.message).toBe(
      `no set of packages meets the request, because\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    );
  });

  it('shortens a long explanation, but not for programs', async () => {
    const there = Array.from({ length: 30 }, (_, step) => ({ name: `p${step}`, requires: `p${step + 1}` }));
    const error = await failure(chosen(there, ['p0']));
    expect(error.message.split('\n')).toHaveLength(17);
    expect(error.message).toMatch(/and 16 more$/);
    expect(error.details.reasons).toHaveLength(31);
  });
});

describe('resolve: any order of the index', () => {
  const NAMES = [...'abcdefgh'];
  const relation = fc
    .tuple(fc.constantFrom(...NAMES, 'v', 'w'), fc.constantFrom('', ' >= 2', ' = 1', ' < 3'))
    .map(([name, version]) => name + version);
  const rich = fc
    .tuple(relation, fc.constantFrom('or', 'if', 'and', 'unless', 'with'), relation)
    .map(([left, operator, right]) => `(${left} ${operator} ${right})`);
  const some = (maxLength: number) =>
    fc
      .array(fc.oneof({ weight: 2, arbitrary: relation }, { weight: 1, arbitrary: rich }), { maxLength })
      .map((relations) => relations.join(', '));
  const there = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES),
      evr: fc.constantFrom('1', '2', '3'),
      repository: fc.constantFrom('base', 'updates'),
      requires: some(3),
      recommends: some(1),
      supplements: fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: some(1) }),
      conflicts: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: some(1) }),
      obsoletes: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: relation }),
      provides: fc.constantFrom('', '', 'v', 'w = 2', 'v = 1, w'),
    }),
    { maxLength: 14, selector: ({ name, evr, repository }) => `${name} ${evr} ${repository}` },
  );

  async function outcome(packages: readonly PlainPackage[], request: ResolveRequest): Promise<unknown> {
    try {
      const { packages: set, graph } = await resolve(plainIndex(packages), request, 'x86_64');
      return { set, graph: graph() };
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      return { message: error.message, hint: error.hint, details: error.details };
    }
  }

  it('gives the same set, or the same explanation', () =>
    fc.assert(
      fc.asyncProperty(
        there,
        fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        async (list, packages, recommends, random) => {
          const shuffled = list
            .map((pkg) => ({ pkg, place: random.next().value ?? 0 }))
            .sort((a, b) => a.place - b.place)
            .map(({ pkg }) => pkg);
          const request = { packages, exclude: [], recommends };
          expect(await outcome(shuffled, request)).toEqual(await outcome(list, request));
        },
      ),
      { numRuns: 300 },
    ));
});

describe('resolve: what is locked', () => {
  const locked = (name: string, version: string) => ({
    name,
    version: `${version}-1`,
    architecture: 'x86_64',
  });
  const twins: PlainPackage[] = ['1', '2'].flatMap((evr) => [
    { name: 'lib', evr },
    { name: 'lib-devel', evr, requires: `lib = ${evr}` },
  ]);
  const mail: PlainPackage[] = [
    { name: 'exim', provides: 'mta' },
    { name: 'postfix', provides: 'mta' },
    { name: 'cron', requires: 'mta' },
  ];
  const renamed: PlainPackage[] = [{ name: 'old' }, { name: 'new', obsoletes: 'old' }];

  table([
    {
      title: 'comes before a newer version',
      there: twins,
      asked: ['lib'],
      request: { prefer: [locked('lib', '1')] },
      expected: 'lib 1',
    },
    {
      title: 'makes nothing chosen',
      there: twins,
      asked: ['lib'],
      request: { prefer: [locked('lib-devel', '1')] },
      expected: 'lib 2',
    },
    {
      title: 'is given up where it cannot be',
      there: twins,
      asked: ['lib', 'lib-devel=2'],
      request: { prefer: [locked('lib', '1')] },
      expected: 'lib 2, lib-devel 2',
    },
    {
      title: 'comes before another provider',
      there: mail,
      asked: ['cron'],
      request: { prefer: [locked('postfix', '1')] },
      expected: 'cron 1, postfix 1',
    },
    {
      title: 'stays although another package obsoletes it',
      there: renamed,
      asked: ['old'],
      request: { prefer: [locked('old', '1')] },
      expected: 'old 1',
    },
    {
      title: 'is replaced by what obsoletes it when that is needed',
      there: [...renamed, { name: 'user', requires: 'new' }],
      asked: ['old', 'user'],
      request: { prefer: [locked('old', '1')] },
      expected: 'new 1, user 1',
    },
    {
      title: 'may be gone',
      there: mail,
      asked: ['cron'],
      request: { prefer: [locked('postfix', '0')] },
      expected: 'cron 1, exim 1',
    },
  ]);
});
