import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FetchedPackage, PackageRef } from '@ic/package-core';
import { sha256 } from '@ic/utils';
import { $ } from 'zx';
import { type Composer, testCacheFolder } from '../composer.js';
import { type DebianPackages, withDebianPackages } from '../debian-packages.js';
import { oneAtATime } from '../one-at-a-time.js';
import { type SigningKey, signingKey } from '../signing-key.js';
import { type BuiltPackage, buildPackages, SOURCE_DATE_EPOCH } from './build-packages.js';
import { commonRecipes, KERNEL } from './common-recipes.js';
import { FLAVOURS, type Flavour } from './flavour.js';
import type { Recipe } from './recipe.js';
import { DEBIAN_KERNELS, DEBIAN_ROOTS } from './roots.js';
import { stubs } from './stubs.js';
import { makeTrees } from './trees.js';

/** To be raised when the packages are made in another way. */
const FORMAT = 2;

export interface RpmRepository {
  /** Of the test key that signs its packages. */
  readonly fingerprint: string;
  /** `--mirror …` that leads to it; the key is still to be trusted. */
  readonly mirrorArguments: readonly string[];
  /** The folder that has `repodata`. */
  readonly folder: string;
}

export type RpmDistribution = Readonly<Record<Flavour['name'], RpmRepository>>;

/**
 * The stand-ins for the repositories of Azure Linux 3 and Edge Microvisor Toolkit 3, which tests cannot reach.
 *
 * - Content: binaries of Debian 13 with all that they need (`roots.ts`), taken through the loopback mirror and verified
 *   by our deb provider. What Debian does not have is an empty package that says so (`stubs.ts`).
 * - Names, splits, relations and scriptlets follow Azure Linux's spec files: `renames.ts` for what only has another
 *   name, `*-recipes.ts` for the rest, `filesystem.ts` for the package that comes first. `cases.ts` adds what a resolver
 *   must see through.
 * - `trees.ts` makes a file tree for each package, `spec.ts` its spec file, `build-packages.ts` runs rpmbuild with its
 *   own dependency generators (sonames, interpreters); rpmsign signs, createrepo_c indexes.
 *
 * Made the first time and when Debian's packages, a recipe or `FORMAT` have changed; the loopback mirror serves them as
 * the archives `azl3` and `emt3`, each laid out as its target expects (`flavour.ts`), so that a build needs nothing but
 * `--mirror` and `--trust-key`. Needs rpm, createrepo-c, gpg and dpkg of the host.
 */
export async function rpmDistribution(composer: Composer): Promise<RpmDistribution> {
  const folder = testCacheFolder();
  const key = await oneAtATime(join(folder, 'rpm-distribution.lock'), () => bringUpToDate(composer, folder));
  const repository = ({ name, index }: Flavour): RpmRepository => ({
    fingerprint: key.fingerprint,
    mirrorArguments: ['--mirror', `${name}=${composer.mirror.url(name)}/${index}`],
    folder: join(composer.mirror.folder(name), index),
  });
  return { azl3: repository(FLAVOURS.azl3), emt3: repository(FLAVOURS.emt3) };
}

/** The key that signs both repositories, once they are made of what there is now. */
async function bringUpToDate(composer: Composer, cache: string): Promise<SigningKey> {
  const key = await signingKey(join(cache, 'rpm-gnupg'), 'RPM stand-in <tests@localhost>', 'rsa4096');
  await withDebianPackages('debian-13/minimal-raw.yml', composer, async (debian) => {
    const chosen = await debianPackages(debian);
    const common = commonRecipes(chosen);
    const stale: Stale[] = [];
    for (const flavour of Object.values(FLAVOURS)) {
      const folder = composer.mirror.folder(flavour.name);
      const own = stubs(flavour);
      const stamp = stampOf([flavour, own, common], chosen, key);
      const made = await readFile(join(folder, 'stamp'), 'utf8').catch(() => undefined);
      if (made !== stamp) stale.push({ flavour, own, stamp, folder });
    }
    if (stale.length === 0) return;
    const work = await mkdtemp(join(cache, 'rpm-distribution-'));
    try {
      await makeRepositories(stale, common, { debs: await debian.fetch(chosen), key, work });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return key;
}

/** All that the distribution is made of, with the two newest kernels, oldest first. */
async function debianPackages(debian: DebianPackages): Promise<readonly PackageRef[]> {
  const others = (await debian.resolve(DEBIAN_ROOTS, 'none')).filter(({ name }) => !KERNEL.test(name));
  const kernels = (await debian.resolve([DEBIAN_KERNELS], 'none'))
    .filter(({ name }) => KERNEL.test(name))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return [...others, ...kernels.slice(-2)];
}

/** A repository that is not there or made of something else. */
interface Stale {
  readonly flavour: Flavour;
  /** Recipes that only this flavour has, or has in its own way. */
  readonly own: readonly Recipe[];
  readonly stamp: string;
  /** Of its archive on the loopback mirror. */
  readonly folder: string;
}

async function makeRepositories(
  stale: readonly Stale[],
  common: readonly Recipe[],
  options: { readonly debs: readonly FetchedPackage[]; readonly key: SigningKey; readonly work: string },
): Promise<void> {
  const { debs, key, work } = options;
  const shared = await makeTrees(common, debs, join(work, 'trees'));
  for (const { flavour, own, stamp, folder } of stale) {
    const trees = [...shared, ...(await makeTrees(own, debs, join(work, flavour.name)))];
    const built = await buildPackages(trees, { flavour, debs, folder: join(work, `${flavour.name}-build`) });
    const made = join(work, `${flavour.name}-repository`);
    await publish(built, made, flavour, key);
    await writeFile(join(made, 'stamp'), stamp);
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(made, folder);
  }
}

function stampOf(recipes: unknown, chosen: readonly PackageRef[], key: SigningKey): string {
  const text = JSON.stringify(recipes, (_, value: unknown) =>
    value instanceof RegExp ? String(value) : value,
  );
  return sha256([FORMAT, key.fingerprint, text, ...chosen.map((pkg) => pkg.sha256).sort()].join('\n'));
}

/** Signs the packages, lays them out as the flavour has it, and indexes them. */
async function publish(
  built: readonly BuiltPackage[],
  folder: string,
  flavour: Flavour,
  key: SigningKey,
): Promise<void> {
  const index = join(folder, flavour.index);
  const laid = await layOut(built, index, flavour);
  await key.signPackages(laid.map(({ path }) => path));
  for (const { path, published } of laid) await utimes(path, published, published);
  const compression = ['--general-compress-type', flavour.compression];
  const revision = ['--revision', String(SOURCE_DATE_EPOCH), '--set-timestamp-to-revision'];
  await $({ quiet: true })`createrepo_c --workers 2 --no-database ${compression} ${revision} ${index}`;
  await key.exportPublic(join(index, flavour.keyFile), 'armor');
  if (flavour.signedIndex) {
    const repomd = join(index, 'repodata/repomd.xml');
    await key.detachSign(await readFile(repomd, 'utf8'), `${repomd}.asc`);
  }
}

interface Published {
  readonly path: string;
  readonly published: Date;
}

async function layOut(built: readonly BuiltPackage[], index: string, flavour: Flavour): Promise<Published[]> {
  const laid: Published[] = [];
  for (const { recipe, path } of built) {
    const letter = recipe.name.slice(0, 1).toLowerCase();
    const to = join(index, flavour.packages.replace('{letter}', letter), basename(path));
    await mkdir(dirname(to), { recursive: true });
    await rename(path, to);
    laid.push({ path: to, published: new Date(recipe.published ?? SOURCE_DATE_EPOCH * 1000) });
  }
  return laid;
}
