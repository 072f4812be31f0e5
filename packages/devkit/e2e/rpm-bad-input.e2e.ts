import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Composer, type IcResult, startComposer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { type RpmDistribution, rpmDistribution } from '../src/rpm-distribution/rpm-distribution.js';
import { type SigningKey, signingKey } from '../src/signing-key.js';
import { checkoutFile } from './image-checks.js';

const needs = await lackingPackages(['gpg', 'gpg-agent', 'rpm', 'createrepo-c', 'dpkg-dev', 'openssl']);

type Name = 'azl3' | 'emt3';

/** What a repository of the rpm family may have wrong, from one end of the chain of trust to the other. */
interface Case {
  readonly what: string;
  readonly repository: Name;
  /** Alters a copy of the repository; files in it share their bytes with the original and are replaced, not rewritten. */
  readonly alter: (folder: string, stranger: SigningKey) => Promise<void>;
  readonly code: string;
  readonly message: RegExp;
}

const REPOMD = 'repodata/repomd.xml';

const CASES: readonly Case[] = [
  {
    what: 'an index that is not signed',
    repository: 'azl3',
    alter: (folder) => unlink(join(folder, `${REPOMD}.asc`)),
    code: 'SIGNATURE_MISSING',
    message: /repomd\.xml.*azl3/s,
  },
  {
    what: 'an index that was altered',
    repository: 'azl3',
    alter: (folder) => replace(join(folder, REPOMD), (text) => text.replace('<revision>', '<revision>1')),
    code: 'INDEX_ALTERED',
    message: /repomd\.xml.*azl3/s,
  },
  {
    what: 'an index that somebody else signed',
    repository: 'azl3',
    alter: async (folder, stranger) => {
      const index = join(folder, REPOMD);
      await unlink(`${index}.asc`);
      await stranger.detachSign(await readFile(index, 'utf8'), `${index}.asc`);
    },
    code: 'KEY_UNKNOWN',
    message: /repomd\.xml.*azl3.*none of the keys that are pinned/s,
  },
  {
    what: 'a package list of the right size that was altered',
    repository: 'azl3',
    alter: async (folder) => flip(await fileLike(join(folder, 'repodata'), /primary\.xml/)),
    code: 'LIST_ALTERED',
    message: /primary.*azl3/s,
  },
  {
    what: 'a package list that is cut off',
    repository: 'emt3',
    alter: async (folder) => cut(await fileLike(join(folder, 'repodata'), /primary\.xml/)),
    code: 'LIST_TRUNCATED',
    message: /primary.*emt3/s,
  },
  {
    what: 'an index that is no XML',
    repository: 'emt3',
    alter: (folder) => replace(join(folder, REPOMD), () => '<!DOCTYPE html><html>a portal</html>'),
    code: 'REPOSITORY_INVALID',
    message: /repomd\.xml.*emt3/s,
  },
  {
    what: 'a package of the right size that was altered',
    repository: 'azl3',
    alter: async (folder) => flip(await packageLike(folder, /^bash-/)),
    code: 'PACKAGE_ALTERED',
    message: /bash/,
  },
  {
    what: 'a package that is gone',
    repository: 'azl3',
    alter: async (folder) => unlink(await packageLike(folder, /^bash-/)),
    code: 'PACKAGE_MISSING',
    message: /bash/,
  },
  {
    what: 'a package that nobody signed, in an index that is not signed either',
    repository: 'emt3',
    alter: async (folder) => {
      await exec('rpmsign', ['--delsign', await ownCopy(await packageLike(folder, /^bash-/))]);
      await indexAnew(folder);
    },
    code: 'PACKAGE_UNSIGNED',
    message: /bash.*emt3/s,
  },
  {
    what: 'a package that somebody else signed, in an index that is not signed',
    repository: 'emt3',
    alter: async (folder, stranger) => {
      const file = await ownCopy(await packageLike(folder, /^bash-/));
      await exec('rpmsign', ['--delsign', file]);
      await stranger.signPackages([file]);
      await indexAnew(folder);
    },
    code: 'KEY_UNKNOWN',
    message: /bash.*emt3/s,
  },
  {
    what: 'a package whose payload was altered, in an index that tells its new hash',
    repository: 'emt3',
    alter: async (folder) => {
      await flip(await packageLike(folder, /^bash-/));
      await indexAnew(folder);
    },
    code: 'PAYLOAD_MISMATCH',
    message: /bash.*emt3/s,
  },
  {
    what: 'a package that is cut off, in an index that tells its new hash',
    repository: 'emt3',
    alter: async (folder) => {
      await cut(await packageLike(folder, /^bash-/));
      await indexAnew(folder);
    },
    code: 'PACKAGE_INVALID',
    message: /bash.*emt3/s,
  },
];

describe.skipIf(needs !== '')(`bad input of the rpm family${needs}`, () => {
  let composer: Composer;
  let distribution: RpmDistribution;
  let stranger: SigningKey;
  let folder = '';
  let copies = '';

  beforeAll(async () => {
    composer = await startComposer();
    distribution = await rpmDistribution(composer);
    folder = await mkdtemp(join(tmpdir(), 'ic-rpm-bad-input-'));
    // Copies are hard links, and lie below the mirror that serves them.
    copies = composer.mirror.folder(`altered-${basename(folder)}`);
    await mkdir(copies);
    stranger = await signingKey(join(folder, 'gnupg'), 'A stranger <tests@localhost>', 'rsa4096');
  }, 900_000);
  afterAll(async () => {
    await composer?.close();
    for (const path of [folder, copies]) if (path !== '') await rm(path, { recursive: true, force: true });
  });

  /** Builds and sees that nothing came out; returns the paragraph of the error. */
  async function refused(
    name: Name,
    options: { readonly mirror?: string; readonly cacheDir?: string; readonly packages?: string },
  ): Promise<IcResult> {
    const template = { azl3: 'azure-linux-3', emt3: 'edge-microvisor-toolkit-3' }[name];
    const out = join(folder, 'out');
    const { mirror = distribution[name].mirrorArguments[1] ?? '', packages = '' } = options;
    const result = await composer.ic([
      ...['build', checkoutFile(`examples/${template}/minimal-raw.yml`), '--output-dir', out],
      ...['--cache-dir', options.cacheDir ?? composer.cacheDir, '--mirror', mirror],
      ...['--trust-key', `${name}=${distribution[name].fingerprint}`],
      ...(packages === '' ? [] : ['--set', `systemConfig.packages=[${packages}]`]),
    ]);
    expect(result.stdout).toBe('');
    expect(existsSync(out) ? await readdir(out) : []).toEqual([]);
    const stderr = result.stderr.slice(result.stderr.indexOf('error['));
    expect(stderr).not.toMatch(/\n\s+at /);
    return { ...result, stderr };
  }

  it.each(CASES)(
    'says of $what that it is $code',
    async ({ what, repository, alter, code, message }) => {
      const copy = `${CASES.findIndex((one) => one.what === what)}`;
      await exec('cp', ['-al', distribution[repository].folder, join(copies, copy)]);
      await alter(join(copies, copy), stranger);
      const cacheDir = join(folder, `cache-${copy}`);
      const mirror = `${repository}=${composer.mirror.url(basename(copies))}/${copy}`;
      const { status, stderr } = await refused(repository, { mirror, cacheDir });
      expect(stderr).toMatch(message);
      expect([stderr.split(':')[0], status]).toEqual([`error[${code}]`, 1]);
      expect(stderr).toContain('\nhint: ');
      // Nothing was unpacked, and what was refused is not kept.
      expect(existsSync(join(cacheDir, 'chroot'))).toBe(false);
      await rm(cacheDir, { recursive: true, force: true });
    },
    120_000,
  );

  it.each([
    ['an unknown package', 'openssh-sever', 'PACKAGE_UNKNOWN', /openssh-sever.*openssh-server/s],
    [
      'a package of another architecture alone',
      'case-multilib-only',
      'PACKAGE_UNKNOWN',
      /case-multilib-only/,
    ],
    ['a package that needs what nobody has', 'case-broken', 'PACKAGE_UNSOLVABLE', /no-such-package >= 2/],
    ['packages that exclude each other', 'case-needs-both', 'PACKAGE_UNSOLVABLE', /case-conflict-b/],
    ['a package for another kernel', 'case-old-kernel', 'PACKAGE_UNSOLVABLE', /kernel < 5/],
  ])('says of %s what is wrong', async (_, packages, code, message) => {
    const { status, stderr } = await refused('azl3', { packages });
    expect(stderr).toMatch(message);
    expect([stderr.split(':')[0], status]).toEqual([`error[${code}]`, 2]);
  });

  it('names a mirror that does not answer', async () => {
    const { status, stderr } = await refused('emt3', { mirror: 'emt3=https://127.0.0.1:9/base' });
    expect(stderr).toMatch(/^error\[REPOSITORY_UNREACHABLE\]: .*emt3.*127\.0\.0\.1:9/s);
    expect(status).toBe(1);
  }, 300_000);

  it('takes no index without a signature over plain http', async () => {
    const { status, stderr } = await refused('emt3', { mirror: 'emt3=http://127.0.0.1:9/base' });
    expect(stderr).toMatch(/^error\[[A-Z_]+\]: .*emt3.*http:/s);
    expect(status).toBe(2);
  });
});

async function replace(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8');
  await unlink(path);
  await writeFile(path, change(text));
}

/** The file with bytes of its own. */
async function ownCopy(path: string): Promise<string> {
  const bytes = await readFile(path);
  await unlink(path);
  await writeFile(path, bytes);
  return path;
}

/** Turns a bit near the end, where the payload is. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const place = bytes.length - 100;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await unlink(path);
  await writeFile(path, bytes);
}

async function cut(path: string): Promise<void> {
  const { length } = await readFile(path);
  await truncate(await ownCopy(path), length - 1000);
}

async function fileLike(folder: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(folder)).find((one) => pattern.test(one));
  if (name === undefined) throw new Error(`${folder} has no file like ${pattern}`);
  return join(folder, name);
}

async function packageLike(folder: string, pattern: RegExp): Promise<string> {
  const paths = await readdir(folder, { recursive: true });
  const path = paths.find((one) => pattern.test(basename(one)) && one.endsWith('.rpm'));
  if (path === undefined) throw new Error(`${folder} has no package like ${pattern}`);
  return join(folder, path);
}

/** As whoever serves the files could. */
async function indexAnew(folder: string): Promise<void> {
  await rm(join(folder, 'repodata'), { recursive: true });
  await exec('createrepo_c', ['--quiet', '--no-database', folder]);
}
