import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPackageCache, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext, type IcEvent } from '@ic/utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatDependency } from '../dependency.js';
import { createRpmProvider } from '../provider.js';
import { makeRpm, type TestTags } from '../testing/make-rpm.js';

let folder: string;
let events: IcEvent[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-local-'));
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const context = defaultContext({ events: (event) => events.push(event) });
const fetcher = createFetcher({ retries: 0 });
const provider = () =>
  createRpmProvider({
    fetcher,
    cache: openPackageCache(join(folder, 'cache/packages')),
    cacheDir: join(folder, 'cache'),
    architecture: 'x86_64',
    offline: true,
    jobs: 2,
  });

function local(changes: Partial<Repository> = {}): Repository {
  return {
    ...{ name: 'ours', url: 'local:', packageFiles: [folder], suites: [], components: [] },
    ...{ keySources: [], fingerprints: [], trusted: true, signedIndex: false, priority: 500 },
    ...changes,
  };
}

/** Names, flags and versions of one kind of relation. */
const relations = (
  tags: readonly [number, number, number],
  ...entries: [string, number, string][]
): TestTags => ({
  [tags[0]]: { strings: entries.map(([name]) => name) },
  [tags[1]]: { strings: entries.map(([, , version]) => version) },
  [tags[2]]: { int32: entries.map(([, flags]) => flags) },
});
const PROVIDES = [1047, 1113, 1112] as const;
const REQUIRES = [1049, 1050, 1048] as const;
const EQUAL = 8;
const GREATER_EQUAL = 12;

function put(name: string, tags: TestTags = {}, files: readonly string[] = []): string {
  const path = join(folder, `${name}-1-1.noarch.rpm`);
  const all = { 1000: { string: name }, ...relations(PROVIDES, [name, EQUAL, '1-1']), ...tags };
  writeFileSync(path, makeRpm({ tags: all, files: files.map((file) => ({ path: file, data: 'four' })) }));
  return path;
}

it('reads what headers say: relations, files of any place, sizes', async () => {
  put('app', relations(REQUIRES, ['lib & <more>', GREATER_EQUAL, '2:1.5-3'], ['/opt/tool', 0, '']));
  put('lib', relations(PROVIDES, ['lib', EQUAL, '1-1'], ['lib & <more>', EQUAL, '2:1.6-1']));
  put('tool', {}, ['/opt/tool', '/opt/data']);
  const index = await provider().metadata([local()], context);
  const [app] = index.packagesNamed('app');
  expect(app?.requires.map(formatDependency)).toEqual(['lib & <more> >= 2:1.5-3', '/opt/tool']);
  expect(index.packagesNamed('tool')[0]).toMatchObject({ installedSize: 8, location: 'tool-1-1.noarch.rpm' });
  expect(events).toMatchObject([{ type: 'warning', code: 'REPOSITORY_LOCAL' }]);
  const request = { packages: ['app'], exclude: [], recommends: false };
  const { packages } = await provider().resolve(index, request);
  expect(packages.map(({ name }) => name)).toEqual(['app', 'lib', 'tool']);
  expect(JSON.stringify([packages, index.proofs])).not.toContain(folder);
  const fetched = await provider().fetch(packages, [local()], context);
  await provider().verify(fetched, [local()], context);
});

it('with a key of the packages, these must be signed by it', async () => {
  put('app');
  const keyed = local({ trusted: false, keySources: ['/nowhere'], fingerprints: ['A'.repeat(40)] });
  const index = await provider().metadata([keyed], context);
  expect(events).toEqual([]);
  const { packages } = await provider().resolve(index, { packages: ['app'], exclude: [], recommends: false });
  const fetched = await provider().fetch(packages, [keyed], context);
  await expect(provider().verify(fetched, [keyed], context)).rejects.toMatchObject({
    code: 'KEY_UNAVAILABLE',
  });
});

it.each([
  [
    'a named file of another architecture',
    { 1022: { string: 'aarch64' } },
    'is for aarch64, and the image takes x86_64 and noarch',
  ],
  ['a named source package', { 1044: undefined }, 'is for src, and the image takes x86_64 and noarch'],
])('refuses %s', async (_what, tags, message) => {
  const repository = local({ packageFiles: [put('app', tags)] });
  await expect(provider().metadata([repository], context)).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: expect.stringContaining(message),
  });
});

it('passes over packages of other architectures in a folder, and refuses what is no package', async () => {
  put('app');
  writeFileSync(
    join(folder, 'app-1-1.aarch64.rpm'),
    makeRpm({ tags: { 1000: { string: 'app' }, 1022: { string: 'aarch64' } } }),
  );
  const index = await provider().metadata([local()], context);
  const { packages } = await provider().resolve(index, { packages: ['app'], exclude: [], recommends: false });
  expect(packages.map(({ architecture }) => architecture)).toEqual(['noarch']);
  writeFileSync(join(folder, 'x.rpm'), 'x');
  await expect(provider().metadata([local()], context)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
});
