import { resolve } from 'node:path';
import type { Located, LocatedMap } from './located.js';

/** Keys whose values are paths on this machine, relative to the file that they are written in. */
const PATHS: readonly (readonly string[])[] = [
  ['systemConfig', 'additionalFiles', '*', 'local'],
  ['systemConfig', 'hooks', 'preInstall', '*', 'script'],
  ['systemConfig', 'hooks', 'postInstall', '*', 'script'],
  ['systemConfig', 'hooks', 'preImage', '*', 'script'],
  ['systemConfig', 'hooks', 'firstBoot', '*', 'script'],
  ['systemConfig', 'cloudInit', 'userData'],
  ['systemConfig', 'cloudInit', 'metaData'],
  ['systemConfig', 'cloudInit', 'networkConfig'],
  ['systemConfig', 'initramfs', 'template'],
  ['systemConfig', 'kernel', 'splash'],
  ['systemConfig', 'fde', 'passphraseFile'],
  ['packageRepositories', '*', 'path'],
  ['packageRepositories', '*', 'packages', '*'],
  ['packageRepositories', '*', 'pkey'],
  ['packageRepositories', '*', 'pkeys', '*'],
];

/** A copy in which these paths are absolute, so that files of different folders can be merged. Paths that are absolute stay. Pure. */
export function anchorPaths(tree: LocatedMap, folder: string): LocatedMap {
  return PATHS.reduce((before, path) => {
    const after = changed(before, path, (value) => anchored(value, folder));
    return after.kind === 'map' ? after : before;
  }, tree);
}

function changed(node: Located, path: readonly string[], change: (value: string) => string): Located {
  const [step, ...rest] = path;
  if (step === undefined) {
    return node.kind === 'scalar' && typeof node.value === 'string'
      ? { ...node, value: change(node.value) }
      : node;
  }
  if (step === '*') {
    return node.kind === 'list'
      ? { ...node, items: node.items.map((item) => changed(item, rest, change)) }
      : node;
  }
  const entry = node.kind === 'map' ? node.entries.get(step) : undefined;
  if (node.kind !== 'map' || entry === undefined) return node;
  return {
    ...node,
    entries: new Map([...node.entries, [step, { ...entry, value: changed(entry.value, rest, change) }]]),
  };
}

function anchored(value: string, folder: string): string {
  const isPath = value !== '' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(value) && !value.startsWith('[');
  return isPath ? resolve(folder, value) : value;
}
