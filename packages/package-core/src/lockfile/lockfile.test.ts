import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackageError } from '../errors.js';
import { buildLockfile, formatLockfile } from './build-lockfile.js';
import { lockChanges } from './lock-changes.js';
import { lockedRequest, requestHash } from './locked-request.js';
import { asked, CHROOT, IMAGE, lockfile, PROOFS, pkg, repository } from './lockfile.test.fixture.js';
import { lockedPackages, lockedProofs, readLockfile } from './read-lockfile.js';
import { requireCurrent } from './require-current.js';

function failure(run: () => unknown): PackageError {
  try {
    run();
  } catch (error) {
    if (error instanceof PackageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const text = formatLockfile(lockfile());

describe('a lockfile', () => {
  it('fits its published schema, in strict mode', () => {
    const file = new URL('../../schema/lockfile.schema.json', import.meta.url);
    const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(
      JSON.parse(readFileSync(file, 'utf8')),
    );
    expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...lockfile(), more: 1 })).toBe(false);
  });

  it('is read back as it was written', () => {
    const read = readLockfile(text, 'edge.yml.lock.json');
    expect(formatLockfile(read)).toBe(text);
    expect(lockedPackages(read, 'image')).toEqual(IMAGE);
    expect(lockedPackages(read, 'chroot')).toEqual(CHROOT);
    expect(lockedProofs(read)).toEqual(PROOFS);
    requireCurrent(read, lockedRequest(asked()), 'edge.yml.lock.json');
  });

  it('ends in one newline and tells once what image and chroot environment share', () => {
    expect(text).toMatch(/[^\n]\n$/);
    expect(lockfile().packages.map(({ name, roles }) => `${name}: ${roles.join(' ')}`)).toEqual([
      'base-files: image',
      'libc6: chroot image',
      'mtools: chroot',
      'vim: image',
    ]);
  });

  it('names no secret and no path of this machine', () => {
    const location = 'https://user:secret@cdn.example/vim.rpm';
    const mirrorSource = { kind: 'metalink', url: 'https://user:secret@mirrors.example/x' } as const;
    const repositories = [repository({ mirrorSource }), ...asked().repositories.slice(1)];
    const whole = formatLockfile(lockfile({ repositories }, [pkg('vim', { location })]));
    for (const secret of ['secret', 'alice']) expect(whole).not.toContain(secret);
    expect(whole).toContain('https://deb.example/debian');
    expect(whole).toContain('https://cdn.example/vim.rpm');
  });

  it('has the same bytes whatever the order of what it is made from', () => {
    const shuffled = <Item>(items: readonly Item[]) =>
      fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
    const { target, image, chroot, repositories } = asked();
    fc.assert(
      fc.property(
        shuffled(IMAGE),
        shuffled(CHROOT),
        shuffled(PROOFS),
        shuffled(repositories),
        shuffled(image.packages),
        (images, tools, proofs, places, packages) => {
          const request = lockedRequest({
            target,
            chroot,
            image: { ...image, packages: [...packages, ...packages] },
            repositories: places.map((one) => ({ ...one, suites: [...one.suites].reverse() })),
          });
          const made = buildLockfile({ request, proofs, packages: { image: images, chroot: tools } });
          expect(formatLockfile(made)).toBe(text);
        },
      ),
    );
  });
});

describe('readLockfile', () => {
  const changed = (change: (document: ReturnType<typeof JSON.parse>) => void): string => {
    const document = JSON.parse(text);
    change(document);
    return JSON.stringify(document);
  };

  it.each([
    ['no JSON', text.slice(0, -5), 'it is not JSON'],
    ['another kind of file', '[]', 'it does not fit type "object"'],
    ['a later version', changed((it) => (it.lockfileVersion = 2)), '/lockfileVersion does not fit const 1'],
    ['an unknown key', changed((it) => (it.comment = 'x')), 'it has the unknown key "comment"'],
    ['no hash', changed((it) => delete it.packages[0].sha256), '/packages/0 lacks "sha256"'],
    [
      'a bad hash',
      changed((it) => (it.packages[1].sha256 = '../../etc')),
      '/packages/1/sha256 does not fit pattern',
    ],
    [
      'a control character',
      changed((it) => (it.packages[0].name = 'a\nb')),
      '/packages/0/name does not fit pattern',
    ],
    ['a changed request', changed((it) => it.request.image.packages.push('zsh')), 'requestSha256'],
    ['a lost repository', changed((it) => (it.packages[0].repository = 'gone')), 'the repository "gone"'],
    ['a lost index', changed((it) => (it.indexes[0].repository = 'gone')), 'the repository "gone"'],
  ])('refuses %s', (_, broken, message) => {
    const { code, fault, ...error } = failure(() => readLockfile(broken, 'edge.yml.lock.json'));
    expect([code, fault, error.details]).toEqual([
      'LOCK_INVALID',
      'request',
      { lockfile: 'edge.yml.lock.json' },
    ]);
    expect(failure(() => readLockfile(broken, 'f')).message).toContain(message);
  });

  it('does not care about formatting', () => {
    const sorted = (value: unknown): unknown =>
      Array.isArray(value) || typeof value !== 'object' || value === null
        ? value
        : Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, member]) => [key, sorted(member)]),
          );
    expect(readLockfile(JSON.stringify(sorted(JSON.parse(text))), 'f')).toEqual(lockfile());
  });
});

describe('the hash of a request', () => {
  const hash = (overrides: Parameters<typeof asked>[0]) => requestHash(lockedRequest(asked(overrides)));
  const [debian, extra] = [repository(), asked().repositories[1] ?? repository()];
  const only = (overrides: Parameters<typeof repository>[0]) => ({
    repositories: [repository(overrides), extra],
  });
  const { image, chroot, target } = asked();

  it.each([
    ['weakDigests that are not', only({ weakDigests: false })],
    ['another user and password', only({ url: 'https://bob:other@deb.example/debian' })],
    ['a mirror of the command line', only({ url: 'https://mirror.example/d', stated: debian })],
    ['another place for keys', only({ keySources: ['https://deb.example/key.asc'] })],
    ['another folder on this machine', { repositories: [debian, { ...extra, url: 'file:///srv/repo' }] }],
    ['the default base by name', { image: { ...image, base: 'essential' as const } }],
    ['what is preferred', { image: { ...image, prefer: [pkg('vim')] } }],
    ['lists that are not sets', { image: { ...image, packages: [...image.packages, 'vim'].reverse() } }],
  ])('stays with %s', (_, overrides) => {
    expect(hash(overrides)).toBe(hash({}));
  });

  it.each([
    ['target.dist: - debian12, + debian13', { target: { ...target, dist: 'debian13' } }],
    ['image.packages: - vim, + zsh', { image: { ...image, packages: ['linux-image-amd64=6.1*', 'zsh'] } }],
    ['image.recommends: - false, + true', { image: { ...image, recommends: true } }],
    ['image.exclude: - nano', { image: { ...image, exclude: [] } }],
    ['image.base: - essential, + required', { image: { ...image, base: 'required' as const } }],
    ['chroot.packages: + zstd', { chroot: { ...chroot, packages: ['mtools', 'zstd'] } }],
    ['repositories: - extra', { repositories: [debian] }],
    [
      'repositories.debian.url: - https://deb.example/debian, + https://other.example/debian',
      only({ url: 'https://other.example/debian' }),
    ],
    ['repositories.debian.priority: - 500, + 900', only({ priority: 900 })],
    ['repositories.debian.suites: - bookworm-updates', only({ suites: ['bookworm'] })],
    [`repositories.debian.keys: - ${'B'.repeat(40)}`, only({ fingerprints: ['A'.repeat(40)] })],
    ['repositories.debian.allowPackages: + vim', only({ allowPackages: ['vim'] })],
    [
      'repositories.debian.snapshotTime: + 2026-01-01T00:00:00Z',
      only({ snapshotTime: '2026-01-01T00:00:00Z' }),
    ],
    ['repositories.debian.trusted: - false, + true', only({ trusted: true })],
    ['repositories.debian.weakDigests: + true', only({ weakDigests: true })],
  ])('changes, and the difference is told: %s', (difference, overrides) => {
    const now = lockedRequest(asked(overrides));
    const error = failure(() => requireCurrent(lockfile(), now, 'edge.yml.lock.json'));
    expect([error.code, error.fault, error.details.differences]).toEqual([
      'LOCK_STALE',
      'request',
      [difference],
    ]);
    expect(error.message).toContain(difference);
  });

  it('tells all differences', () => {
    const now = lockedRequest(asked({ image: { ...image, recommends: true }, repositories: [debian] }));
    expect(failure(() => requireCurrent(lockfile(), now, 'f')).details.differences).toEqual([
      'image.recommends: - false, + true',
      'repositories: - extra',
    ]);
  });
});

describe('lockChanges', () => {
  const newer = (name: string) => pkg(name, { version: '2.0', sha256: 'f'.repeat(64) });
  const told = (image: typeof IMAGE, chroot = CHROOT) =>
    lockChanges(lockfile(), lockfile({}, image, chroot)).map(
      ({ name, before, after, roles }) =>
        `${name} ${before?.version ?? '-'} ${after?.version ?? '-'} ${roles.join('+')}`,
    );

  it.each([
    ['nothing', IMAGE, CHROOT, []],
    ['an addition', [...IMAGE, pkg('zsh')], CHROOT, ['zsh - 1.0 image']],
    ['a removal', IMAGE.slice(0, 2), CHROOT, ['vim 1.0 - image']],
    ['an update', [...IMAGE.slice(0, 2), newer('vim')], CHROOT, ['vim 1.0 2.0 image']],
    [
      'an update of both',
      [pkg('base-files'), newer('libc6'), pkg('vim')],
      [newer('libc6'), pkg('mtools')],
      ['libc6 1.0 2.0 chroot+image'],
    ],
    ['an update of one', IMAGE, [newer('libc6'), pkg('mtools')], ['libc6 1.0 2.0 chroot']],
    [
      'another file of the same version',
      [pkg('base-files', { sha256: 'f'.repeat(64) }), ...IMAGE.slice(1)],
      CHROOT,
      ['base-files 1.0 1.0 image'],
    ],
    [
      'another architecture',
      [pkg('base-files', { architecture: 'all' }), ...IMAGE.slice(1)],
      CHROOT,
      ['base-files - 1.0 image', 'base-files 1.0 - image'].sort(),
    ],
  ])('tells of %s', (_, image, chroot, expected) => {
    expect(told(image, chroot).sort()).toEqual([...expected].sort());
  });
});
