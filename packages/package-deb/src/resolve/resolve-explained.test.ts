import type { ResolveRequest } from '@ic/package-core';
import { expect, it } from 'vitest';
import { DebIndex, type LeftOut } from '../packages-index.js';
import { readPackagesTable } from '../packages-table.js';
import { resolveExplained } from './resolve-explained.js';

const LEFT_OUT: readonly LeftOut[] = [
  { name: 'firmware', repository: 'debian', suite: 'bookworm', component: 'non-free' },
  { name: 'firmware', repository: 'debian', suite: 'bookworm-updates', component: 'non-free' },
  { name: 'tool', repository: 'extra', suite: 'stable' },
];

const stanza = (name: string, depends?: string) =>
  `Package: ${name}\nVersion: 1\nArchitecture: amd64\nFilename: pool/${name}.deb\nSize: 1\nSHA256: ${'a'.repeat(64)}\n` +
  (depends === undefined ? '' : `Depends: ${depends}\n`);

/** An index with a record of the names that were looked for. */
function indexOf(...stanzas: readonly string[]): { index: DebIndex; sought: string[] } {
  const sought: string[] = [];
  const origin = { repository: 'debian', suite: 'bookworm' };
  const file = {
    ...origin,
    priority: 500,
    table: readPackagesTable(Buffer.from(stanzas.join('\n')), origin),
  };
  const index = new DebIndex([file], [], async (names) => {
    sought.push(...names);
    return LEFT_OUT.filter(({ name }) => sought.includes(name));
  });
  return { index, sought };
}

const request = (...packages: string[]): ResolveRequest => ({ packages, exclude: [], recommends: false });

const ELSEWHERE =
  'firmware is in component "non-free" of repository "debian" (bookworm), which this template does not enable';

it('looks for nothing when there is a set, nor when names are not what is wrong', async () => {
  const { index, sought } = indexOf(stanza('app'), stanza('old', 'app (>= 2)'));
  const { packages } = await resolveExplained(index, request('app'), 'amd64');
  expect(packages.map(({ name }) => name)).toEqual(['app']);
  await expect(resolveExplained(index, request('old'), 'amd64')).rejects.toMatchObject({
    code: 'PACKAGE_UNSOLVABLE',
    details: { missing: [] },
  });
  await expect(resolveExplained(index, request('app=2'), 'amd64')).rejects.toMatchObject({
    code: 'PACKAGE_UNKNOWN',
    details: { missing: [] },
  });
  expect(sought).toEqual([]);
});

it.each([
  [
    'a name that is in another component',
    {
      packages: ['firmware', 'app', 'ap'],
      code: 'PACKAGE_UNKNOWN',
      message: `no package "firmware" can be seen: ${ELSEWHERE}; no repository has a package "ap"`,
      hint: 'add component "non-free" of bookworm with an entry of packageRepositories; did you mean app?',
      sought: ['firmware', 'ap'],
    },
  ],
  [
    'a name that allowPackages leaves out',
    {
      packages: ['tool'],
      code: 'PACKAGE_UNKNOWN',
      message:
        'no package "tool" can be seen: repository "extra" has tool, but its allowPackages does not name it',
      hint: 'name tool in the allowPackages of repository "extra"',
      sought: ['tool'],
    },
  ],
  [
    'a dependency, here an alternative, that is in another component',
    {
      packages: ['driver'],
      code: 'PACKAGE_UNSOLVABLE',
      message: `no set of packages meets the request, because
  driver is asked for
  driver 1 needs absent | firmware (Depends), but ${ELSEWHERE}`,
      hint: 'add component "non-free" of bookworm with an entry of packageRepositories',
      sought: ['absent', 'firmware'],
    },
  ],
  [
    'a dependency that is nowhere',
    {
      packages: ['broken'],
      code: 'PACKAGE_UNSOLVABLE',
      message: `no set of packages meets the request, because
  broken is asked for
  broken 1 needs absent (Depends), which no repository has`,
      hint: 'add the repository or component that has absent',
      sought: ['absent'],
    },
  ],
])('tells where it is: %s', async (_, { packages, sought: names, ...expected }) => {
  const { index, sought } = indexOf(
    stanza('app'),
    stanza('driver', 'absent | firmware'),
    stanza('broken', 'absent'),
  );
  await expect(resolveExplained(index, request(...packages), 'amd64')).rejects.toMatchObject({
    fault: 'request',
    ...expected,
  });
  expect(sought).toEqual(names);
});
