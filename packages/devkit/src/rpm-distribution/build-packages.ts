import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { $ } from 'zx';
import type { Flavour } from './flavour.js';
import type { Recipe } from './recipe.js';
import { type RpmVersion, rpmVersion, specFile } from './spec.js';
import { inParallel, isElf, listTree, type Tree, type TreeEntry } from './trees.js';

/** 2025-01-01: the newest time that any file has and the build time of all, so that packages built anew are the same. */
export const SOURCE_DATE_EPOCH = 1_735_689_600;

/** Interpreters and tools that only Debian's own helper scripts need. */
const REQUIRES_EXCLUDED = '^(/usr/bin/(perl|dash|pkg-config)|/bin/dash|(perl|pkgconfig)[(].*)$';

const DEFINES: Readonly<Record<string, string>> = {
  debug_package: '%{nil}',
  __spec_install_post: '%{nil}',
  __os_install_post: '%{nil}',
  __check_files: '%{nil}',
  _build_id_links: 'none',
  _missing_build_ids_terminate_build: '0',
  _binary_payload: 'w3.zstdio',
  use_source_date_epoch_as_buildtime: '1',
  clamp_mtime_to_source_date_epoch: '1',
  _buildhost: 'localhost',
  __requires_exclude: REQUIRES_EXCLUDED,
  _localstatedir: '/var',
};

export interface BuiltPackage {
  readonly recipe: Recipe;
  readonly path: string;
}

interface Subject extends Tree {
  readonly entries: readonly TreeEntry[];
}

/** Runs rpmbuild over all trees; the packages come to lie below `folder`. */
export async function buildPackages(
  trees: readonly Tree[],
  options: {
    readonly flavour: Flavour;
    readonly debs: readonly FetchedPackage[];
    readonly folder: string;
  },
): Promise<readonly BuiltPackage[]> {
  const { flavour, debs, folder } = options;
  const recipes = trees.map(({ recipe }) => recipe);
  const subjects: Subject[] = [];
  for (const tree of trees) subjects.push({ ...tree, entries: await listTree(tree.root) });
  const shared = sharedFolders(subjects);
  await addFolders(subjects, shared);
  const built: BuiltPackage[] = [];
  // The largest first: the last package to be built keeps nobody waiting.
  const ordered = [...subjects].sort((a, b) => b.entries.length - a.entries.length);
  await inParallel([...ordered.entries()], async ([number, subject]) => {
    const { recipe, entries } = subject;
    const version = versionOf(recipe, recipes, debs);
    const architecture = recipe.architecture ?? ((await hasMachineCode(subject)) ? 'x86_64' : 'noarch');
    const top = join(folder, String(number));
    await mkdir(top, { recursive: true });
    const spec = join(top, 'package.spec');
    await writeFile(
      spec,
      specFile({ recipe, flavour, version, architecture, entries, shared: new Set(shared.keys()) }),
    );
    const defines = Object.entries({ ...DEFINES, _topdir: top }).flatMap(([name, value]) => [
      '--define',
      `${name} ${value}`,
    ]);
    const environment = { ...process.env, SOURCE_DATE_EPOCH: String(SOURCE_DATE_EPOCH) };
    await $({
      quiet: true,
      env: environment,
    })`rpmbuild -bb --noclean --nodeps --target ${architecture === 'noarch' ? 'x86_64' : architecture} --buildroot ${subject.root} ${defines} ${spec}`;
    const out = join(top, 'RPMS', architecture);
    for (const name of await readdir(out)) built.push({ recipe, path: join(out, name) });
  });
  return built;
}

function versionOf(recipe: Recipe, recipes: readonly Recipe[], debs: readonly FetchedPackage[]): RpmVersion {
  const { name, partOf, version, release = '1', debs: [first] = [] } = recipe;
  if (version !== undefined) return { version, release };
  const whole = recipes.find((other) => other.name === partOf);
  if (whole !== undefined) return versionOf(whole, recipes, debs);
  const deb = debs.find((candidate) => candidate.name === first);
  if (deb === undefined) throw new Error(`${name} has no version`);
  return rpmVersion(deb.version);
}

/** Folders in the trees of several packages, with their modes; `filesystem` owns them all. */
function sharedFolders(subjects: readonly Subject[]): Map<string, number> {
  const seen = new Map<string, number>();
  const shared = new Map<string, number>();
  for (const { entries } of subjects) {
    for (const { path, kind, mode } of entries) {
      if (kind !== 'folder') continue;
      if (seen.has(path)) shared.set(path, seen.get(path) ?? mode);
      seen.set(path, mode);
    }
  }
  return shared;
}

async function addFolders(subjects: Subject[], folders: ReadonlyMap<string, number>): Promise<void> {
  const at = subjects.findIndex(({ recipe }) => recipe.name === 'filesystem');
  const filesystem = subjects[at];
  if (filesystem === undefined) throw new Error('there is no recipe for filesystem');
  for (const [path, mode] of folders) await mkdir(join(filesystem.root, path), { recursive: true, mode });
  subjects[at] = { ...filesystem, entries: await listTree(filesystem.root) };
}

async function hasMachineCode({ root, entries }: Subject): Promise<boolean> {
  for (const { path, kind } of entries) {
    if (kind !== 'file') continue;
    if (path.endsWith('.efi') || path.startsWith('/usr/lib/modules/')) return true;
    if (await isElf(join(root, path))) return true;
  }
  return false;
}
