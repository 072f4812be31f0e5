import type { PackageRef } from '@ic/package-core';
import { BASE_RECIPES } from './base-recipes.js';
import { BOOT_RECIPES } from './boot-recipes.js';
import { CASES } from './cases.js';
import type { Recipe } from './recipe.js';
import { LEFT_OUT, RENAMES } from './renames.js';
import { SERVICE_RECIPES } from './service-recipes.js';
import { SYSTEMD_RECIPES } from './systemd-recipes.js';

/** The kernel's package has its version in its name. */
const KERNEL = /^linux-image-\d/;

/** The packages that all flavours have alike, out of what Debian's closure holds. */
export function commonRecipes(chosen: readonly PackageRef[]): readonly Recipe[] {
  const kernel = chosen.find(({ name }) => KERNEL.test(name))?.name;
  if (kernel === undefined) throw new Error('there is no kernel among the packages of Debian');
  const described = [...BASE_RECIPES, ...SYSTEMD_RECIPES, ...BOOT_RECIPES, ...SERVICE_RECIPES];
  const made = described.map((recipe) => (recipe.name === 'kernel' ? { ...recipe, debs: [kernel] } : recipe));
  const renamed = Object.entries(RENAMES).map(([name, debs]) => ({ name, debs }));
  const known = new Set([...made, ...renamed].flatMap(({ debs = [] }) => debs));
  const others = chosen
    .filter(({ name }) => !known.has(name) && !LEFT_OUT.has(name))
    .map(({ name }) => ({ name, debs: [name] }));
  return [...made, ...renamed, ...others, ...CASES];
}
