import type { Located, LocatedEntry, LocatedList, LocatedMap } from './located.js';

/** A list whose items are the same thing when their keys are: they are merged, the others added. */
const MERGED_BY: Readonly<Record<string, readonly string[]>> = {
  'systemConfig.users': ['name'],
  'systemConfig.groups': ['name'],
  'systemConfig.swapFiles': ['path'],
  'systemConfig.additionalFiles': ['final'],
  packageRepositories: ['codename', 'url', 'path'],
};

/** Lists that are sets. */
const UNITED: ReadonlySet<string> = new Set([
  'metadata.use_cases',
  'metadata.keywords',
  'systemConfig.packages',
  'systemConfig.excludePackages',
  'systemConfig.services.enable',
  'systemConfig.services.disable',
  'systemConfig.services.mask',
  'systemConfig.kernelModules.load',
  'systemConfig.kernelModules.disable',
]);

/** Lists whose order matters and whose items may repeat. */
const APPENDED: ReadonlySet<string> = new Set([
  'systemConfig.configurations',
  'systemConfig.tmpfiles',
  'systemConfig.hooks.preInstall',
  'systemConfig.hooks.postInstall',
  'systemConfig.hooks.preImage',
  'systemConfig.hooks.firstBoot',
]);

/** Not merged key by key. */
const REPLACED: ReadonlySet<string> = new Set(['disk']);

/** What a nearer file says in one of these lists takes back what a farther one said in the others. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  'systemConfig.packages': ['excludePackages'],
  'systemConfig.excludePackages': ['packages'],
  'systemConfig.services.enable': ['disable', 'mask'],
  'systemConfig.services.disable': ['enable'],
  'systemConfig.services.mask': ['enable'],
  'systemConfig.kernelModules.load': ['disable'],
  'systemConfig.kernelModules.disable': ['load'],
};

/**
 * Lays one template over another, the nearer over the farther. Mappings key by key; lists are replaced, save those
 * that are sets, that are appended, or whose items are merged by name (docs/template.md, "Merging"). Every value keeps
 * the place where it was written. Pure.
 */
export function mergeTemplates(farther: LocatedMap, nearer: LocatedMap): LocatedMap {
  return mergeMaps(farther, nearer, '');
}

function mergeMaps(farther: LocatedMap, nearer: LocatedMap, path: string): LocatedMap {
  const entries = new Map<string, LocatedEntry>();
  for (const [key, entry] of farther.entries) {
    const here = join(path, key);
    entries.set(key, { ...entry, value: withoutRivals(entry.value, nearer, here) });
  }
  for (const [key, entry] of nearer.entries) {
    const before = entries.get(key);
    entries.set(
      key,
      before === undefined
        ? entry
        : { ...entry, value: mergeValues(before.value, entry.value, join(path, key)) },
    );
  }
  return { kind: 'map', entries, at: nearer.at };
}

function mergeValues(farther: Located, nearer: Located, path: string): Located {
  if (REPLACED.has(path)) return nearer;
  if (farther.kind === 'map' && nearer.kind === 'map') return mergeMaps(farther, nearer, path);
  if (farther.kind === 'list' && nearer.kind === 'list') return mergeLists(farther, nearer, path);
  return nearer;
}

function mergeLists(farther: LocatedList, nearer: LocatedList, path: string): LocatedList {
  const keys = MERGED_BY[path];
  if (keys !== undefined) return mergeByKey(farther, nearer, keys);
  if (UNITED.has(path)) {
    const known = new Set(farther.items.map(textOf));
    return {
      ...nearer,
      items: [...farther.items, ...nearer.items.filter((item) => !known.has(textOf(item)))],
    };
  }
  if (APPENDED.has(path)) return { ...nearer, items: [...farther.items, ...nearer.items] };
  return nearer;
}

/** Items of one file are never merged with each other: that they are there twice is for configverify to say. */
function mergeByKey(farther: LocatedList, nearer: LocatedList, keys: readonly string[]): LocatedList {
  const items: Located[] = [...farther.items];
  for (const item of nearer.items) {
    const index = farther.items.findIndex((other) => identity(other, keys) === identity(item, keys));
    const before = items[index];
    if (before?.kind === 'map' && item.kind === 'map') items[index] = mergeMaps(before, item, '[]');
    else items.push(item);
  }
  return { ...nearer, items };
}

function withoutRivals(value: Located, nearer: LocatedMap, path: string): Located {
  const rivals = RIVALS[path];
  if (rivals === undefined || value.kind !== 'list') return value;
  const said = new Set(
    rivals.flatMap((key) => {
      const list = nearer.entries.get(key)?.value;
      return list?.kind === 'list' ? list.items.map(textOf) : [];
    }),
  );
  return { ...value, items: value.items.filter((item) => !said.has(textOf(item))) };
}

function identity(item: Located, keys: readonly string[]): string {
  return JSON.stringify(
    keys.map((key) => {
      const value = item.kind === 'map' ? item.entries.get(key)?.value : undefined;
      return value === undefined ? null : textOf(value);
    }),
  );
}

function textOf(node: Located): string {
  return node.kind === 'scalar' ? String(node.value) : '';
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
