import type { PackageRef } from '@ic/package-core';
import { BASE_RECIPES } from './base-recipes.js';
import { BOOT_RECIPES, kernelRecipe } from './boot-recipes.js';
import { CASES } from './cases.js';
import type { Recipe } from './recipe.js';
import { LEFT_OUT, RENAMES } from './renames.js';
import { SELINUX_RECIPES } from './selinux-recipes.js';
import { SERVICE_RECIPES } from './service-recipes.js';
import { SYSTEMD_RECIPES } from './systemd-recipes.js';

/** The package of a kernel has its release in its name. */
export const KERNEL = /^linux-image-\d/;

/** The packages that all flavours have alike, out of what Debian's closure holds: two kernels, oldest first, among others. */
export function commonRecipes(chosen: readonly PackageRef[]): readonly Recipe[] {
  const kernels = chosen.filter(({ name }) => KERNEL.test(name)).map(({ name }) => name);
  const [older, newer] = kernels;
  if (older === undefined || newer === undefined || kernels.length > 2)
    throw new Error(`of Debian's kernels two are wanted, and there are ${kernels.join(', ') || 'none'}`);
  const made = [
    ...[...BASE_RECIPES, ...SYSTEMD_RECIPES, ...BOOT_RECIPES, ...SERVICE_RECIPES, ...SELINUX_RECIPES],
    kernelRecipe('kernel', older),
    kernelRecipe('kernel-hwe', newer),
  ];
  const renamed = Object.entries(RENAMES).map(([name, debs]) => ({ name, debs }));
  const known = new Set([...made, ...renamed].flatMap(({ debs = [] }) => debs));
  const others = chosen
    .filter(({ name }) => !known.has(name) && !LEFT_OUT.has(name))
    .map(({ name }) => ({ name, debs: [name] }));
  return [...made, ...renamed, ...others, ...CASES];
}
