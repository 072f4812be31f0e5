import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openPackageCache, type PackageRef, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext, type IcEvent, sha256 } from '@ic/utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDebProvider } from '../provider.js';
import { makeDeb, type TestDeb } from '../testing/deb.js';

let folder: string;
let own: string;
let events: IcEvent[];
const fetcher = createFetcher({ retries: 0 });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-local-'));
  own = join(folder, 'own');
  mkdirSync(join(own, 'below'), { recursive: true });
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const provider = (cache = 'cache') =>
  createDebProvider({
    fetcher,
    cache: openPackageCache(join(folder, cache, 'packages')),
    cacheDir: join(folder, cache),
    architecture: 'amd64',
    offline: true,
    jobs: 2,
  });
const context = defaultContext({ events: (event) => events.push(event) });

function local(packageFiles: readonly string[], changes: Partial<Repository> = {}): Repository {
  return {
    ...{ name: 'ours', url: 'local:', packageFiles, suites: [], components: [] },
    ...{ keySources: [], fingerprints: [], trusted: true, signedIndex: false, priority: 500 },
    ...changes,
  };
}
const deb = (name: string, more: Omit<TestDeb, 'name'> = {}, where = own) =>
  makeDeb(where, { name, ...more }).path;

async function chosen(
  repositories: readonly Repository[],
  packages: readonly string[],
): Promise<PackageRef[]> {
  const index = await provider().metadata(repositories, context);
  const request = { packages, exclude: [], recommends: false, base: 'none' } as const;
  return [...(await provider().resolve(index, request)).packages];
}
const ids = (refs: readonly PackageRef[]) =>
  refs.map((ref) => `${ref.name} ${ref.version} ${ref.repository}`);

it('takes a folder with all below it, files, and archives, without a path in what it says', async () => {
  deb('app', { control: ['Depends: library, tool, agent'] });
  deb('library', {}, join(own, 'below'));
  deb('foreign', { architecture: 'arm64' });
  writeFileSync(join(own, 'README'), 'not a package');
  mkdirSync(join(folder, 'packed'));
  const packed = basename(deb('tool', { files: [{ path: 'srv/tool', data: 'x' }] }, join(folder, 'packed')));
  execFileSync('tar', ['-czf', join(folder, 'tools.tar.gz'), '-C', join(folder, 'packed'), packed]);
  const agent = deb('agent', { version: '2.1', architecture: 'amd64' }, folder);
  const repository = local([own, join(folder, 'tools.tar.gz'), `file://${agent}`]);
  const refs = await chosen([repository], ['app']);
  expect(ids(refs)).toEqual(['agent 2.1 ours', 'app 1 ours', 'library 1 ours', 'tool 1 ours']);
  expect(refs.map(({ location }) => location)).toEqual([
    'agent_2.1_amd64.deb',
    'app_1_all.deb',
    'library_1_all.deb',
    'tool_1_all.deb',
  ]);
  expect(JSON.stringify(refs)).not.toContain(folder);
  expect(events).toMatchObject([{ type: 'warning', code: 'REPOSITORY_LOCAL' }]);
  const fetched = await provider().fetch(refs, [repository], context);
  await provider().verify(fetched, [repository], context);
  for (const { path, sha256: expected } of fetched) expect(sha256(readFileSync(path))).toBe(expected);
});

it('stands beside other repositories by version, priority and allowPackages', async () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  deb('app', { version: '1' });
  deb('app', { version: '2' }, other);
  const [ours, theirs] = [local([own]), local([other], { name: 'theirs' })];
  expect(ids(await chosen([ours, theirs], ['app']))).toEqual(['app 2 theirs']);
  expect(ids(await chosen([{ ...ours, priority: 1001 }, theirs], ['app']))).toEqual(['app 1 ours']);
  expect(ids(await chosen([ours, { ...theirs, allowPackages: ['b*'] }], ['app']))).toEqual(['app 1 ours']);
});

it('finds what is locked in the cache, else at its place, and never other bytes', async () => {
  const path = deb('app');
  const repository = local([own]);
  const refs = await chosen([repository], ['app']);
  renameSync(path, join(folder, 'moved.deb'));
  expect(await provider().fetch(refs, [repository], context)).toHaveLength(1);
  const moved = local([join(folder, 'moved.deb')]);
  expect(await provider('new').fetch(refs, [moved], context)).toHaveLength(1);
  deb('app', { control: ['Section: misc'] });
  await expect(provider('other').fetch(refs, [repository], context)).rejects.toMatchObject({
    code: 'PACKAGE_MISSING',
    message: 'the repository "ours" has other files now than were chosen: app 1',
  });
});

it.each([
  ['nothing there', () => [join(own, 'none')], 'REPOSITORY_UNREACHABLE', 'which is not there'],
  ['an empty folder', () => [own], 'REPOSITORY_INVALID', 'has no .deb packages'],
  [
    'a file that is no package',
    () => {
      writeFileSync(join(own, 'x.deb'), 'x');
      return [own];
    },
    'PACKAGE_INVALID',
    'x.deb of the repository "ours" is not a sound Debian package',
  ],
  [
    'a package of the other family',
    () => {
      writeFileSync(join(own, 'x.rpm'), 'x');
      return [join(own, 'x.rpm')];
    },
    'PACKAGE_INVALID',
    'is neither a .deb package nor a tar archive of such',
  ],
  [
    'a damaged archive',
    () => {
      writeFileSync(join(own, 'x.tar.gz'), Buffer.from('1f8b0800', 'hex'));
      return [join(own, 'x.tar.gz')];
    },
    'PACKAGE_INVALID',
    'the archive x.tar.gz of the repository "ours" cannot be read',
  ],
  [
    'a named file of another architecture',
    () => [deb('x', { architecture: 'arm64' })],
    'PACKAGE_INVALID',
    'x_1_arm64.deb of the repository "ours" is for arm64, and the image takes amd64 and all',
  ],
  [
    'two different files of one version',
    () => {
      deb('x');
      deb('x', { control: ['Section: misc'] }, join(own, 'below'));
      return [own];
    },
    'PACKAGE_INVALID',
    'has two different files of x 1 all',
  ],
  [
    'a URL that is not in the cache, offline',
    () => ['https://a.example/x.deb'],
    'REPOSITORY_UNREACHABLE',
    'offline',
  ],
])('refuses %s', async (_what, sources, code, message) => {
  await expect(provider().metadata([local(sources())], context)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

it('takes the same bytes twice as one package', async () => {
  writeFileSync(join(own, 'below/copy.deb'), readFileSync(deb('x')));
  expect((await provider().metadata([local([own])], context)).size).toBe(1);
});
