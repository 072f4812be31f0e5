import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { $ } from 'zx';
import type { Recipe } from './recipe.js';

/** What an installed RPM distribution has no use for: it would cost time and space only. */
const PRUNED =
  /^\/(usr\/share\/(doc|man|info|locale|lintian|bug|doc-base|apport|initramfs-tools|gdb|zsh|fish|bash-completion|perl5|perl|pkgconfig|python3\/(debpython|runtime\.d)|reportbug|base-files|gnupg|metainfo|runit)|usr\/include|usr\/lib\/(runit-helper|x86_64-linux-gnu\/(perl.*|pkgconfig|audit|pkcs11))|usr\/lib\/python3\.13\/(test|idlelib|ensurepip|lib2to3|turtledemo)|etc\/(init\.d|initramfs-tools|apt|dpkg|bash_completion\.d)|usr\/share\/initramfs-tools|usr\/lib\/(apt|dpkg).*)$/;

/** A path of a tree, absolute as in the target. */
export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits. */
  readonly mode: number;
}

/** The files of one package. */
export interface Tree {
  readonly recipe: Recipe;
  readonly root: string;
}

/** Makes the file trees of all recipes below `folder`, each in a folder of its own; two at a time. */
export async function makeTrees(
  recipes: readonly Recipe[],
  debs: readonly FetchedPackage[],
  folder: string,
): Promise<readonly Tree[]> {
  const paths = new Map(debs.map(({ name, path }) => [name, path]));
  const whole = (name: string) => join(folder, name);
  const trees = recipes.map((recipe) => ({ recipe, root: join(folder, treeName(recipe)) }));
  await inParallel(trees, async ({ recipe, root }) => {
    await mkdir(root, { recursive: true });
    for (const deb of recipe.debs ?? []) {
      const path = paths.get(deb);
      if (path === undefined) throw new Error(`${recipe.name} wants ${deb}, which was not fetched`);
      await $({ quiet: true })`dpkg-deb --extract ${path} ${root}`;
    }
    await chmod(root, 0o755);
    await prune(root, recipe);
  });
  for (const recipe of recipes) await takeFiles(recipe, whole);
  for (const { recipe, root } of trees) await finishTree(recipe, root, whole);
  return trees;
}

/** Several recipes of one name have versions of their own. */
function treeName({ name, version, architecture }: Recipe): string {
  return version === undefined ? name : `${name}-${version}-${architecture}`;
}

async function prune(root: string, recipe: Recipe): Promise<void> {
  for (const { path } of await listTree(root)) {
    if (PRUNED.test(path) || recipe.drops?.test(path)) {
      await rm(join(root, path), { recursive: true, force: true });
    }
  }
  await removeEmptied(root);
}

/** Removes folders that only held what was removed. */
async function removeEmptied(root: string): Promise<void> {
  const keep = /^\/(var|boot)|^\/etc\/(.*\.d|cron\..*|credstore.*)$/;
  const folders = (await listTree(root)).filter(({ kind }) => kind === 'folder').reverse();
  for (const { path } of folders) {
    if (!keep.test(path) && (await readdir(join(root, path))).length === 0) {
      await rm(join(root, path), { recursive: true });
    }
  }
}

async function takeFiles({ name, partOf, takes }: Recipe, tree: (name: string) => string): Promise<void> {
  if (partOf === undefined || takes === undefined) return;
  for (const { path, kind } of await listTree(tree(partOf))) {
    if (kind === 'folder' || !takes.test(path)) continue;
    await move(join(tree(partOf), path), join(tree(name), path));
  }
  await removeEmptied(tree(partOf));
}

async function finishTree(recipe: Recipe, root: string, of: (name: string) => string): Promise<void> {
  const at = (path: string) => join(root, path);
  for (const [pattern, replacement] of recipe.renames ?? []) {
    for (const { path } of await listTree(root)) {
      if (pattern.test(path)) await move(at(path), at(path.replace(pattern, replacement)));
    }
  }
  if (recipe.renames !== undefined) await removeEmptied(root);
  for (const folder of recipe.folders ?? []) await mkdir(at(folder), { recursive: true });
  for (const [from, to] of Object.entries(recipe.copies ?? {})) {
    await mkdir(dirname(at(to)), { recursive: true });
    await copyFile(at(from), at(to));
  }
  for (const [path, content] of Object.entries(recipe.files ?? {})) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content, { mode: 0o644 });
  }
  for (const [path, [pattern, replacement]] of Object.entries(recipe.edits ?? {})) {
    const text = await readFile(at(path), 'utf8');
    const edited = text.replace(pattern, replacement);
    if (edited === text) throw new Error(`${recipe.name}: nothing to edit in ${path}`);
    await writeFile(at(path), edited);
  }
  for (const [path, target] of Object.entries(recipe.links ?? {})) {
    await mkdir(dirname(at(path)), { recursive: true });
    await rm(at(path), { force: true });
    await symlink(target, at(path));
  }
  for (const [path, other] of Object.entries(recipe.hardLinks ?? {})) {
    await rm(at(other), { force: true });
    await link(at(path), at(other));
  }
  await recipe.finish?.({ own: root, of });
  await makeLibrariesExecutable(root);
}

/** The dependency generator of rpm reads executables only; Debian's libraries are not. */
async function makeLibrariesExecutable(root: string): Promise<void> {
  for (const { path, kind } of await listTree(root)) {
    if (kind !== 'file' || !/\.so(\.[0-9.]+)?$/.test(path)) continue;
    if (await isElf(join(root, path))) await chmod(join(root, path), 0o755);
  }
}

export async function isElf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.toString('latin1') === '\x7fELF';
  } finally {
    await file.close();
  }
}

/** Everything in a tree, parents before children, in the order of code points. */
export async function listTree(root: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  await walk('');
  return entries;

  async function walk(folder: string): Promise<void> {
    const found = await readdir(join(root, folder), { withFileTypes: true });
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of found) {
      const path = `${folder}/${entry.name}`;
      const { mode } = await lstat(join(root, path));
      const kind = entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'file';
      entries.push({ path, kind, mode: mode & 0o7777 });
      if (kind === 'folder') await walk(path);
    }
  }
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

/** Runs `work` over all items, two at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}
