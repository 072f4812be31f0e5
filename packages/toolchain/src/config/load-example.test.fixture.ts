import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from './load-config.js';
import type { ConfigIo, LoadConfigRequest, LoadedConfig } from './loaded-config.js';
import { nodeIo } from './node-io.js';

/** For tests: a file system of these files (relative to the working directory), over the shipped targets. */
export function filesIo(files: Readonly<Record<string, string>>): ConfigIo {
  const known = new Map(Object.entries(files).map(([path, text]) => [resolve(path), text]));
  const folders = new Set([...known.keys()].flatMap(parentsOf));
  return {
    async readFile(path) {
      return known.get(resolve(path)) ?? nodeIo.readFile(path);
    },
    async readStart(path, length) {
      const text = known.get(resolve(path));
      return text === undefined
        ? nodeIo.readStart(path, length)
        : Buffer.from(text, 'latin1').subarray(0, length);
    },
    async kindOf(path) {
      if (known.has(resolve(path))) return 'file';
      return folders.has(resolve(path)) && path !== '/' ? 'folder' : nodeIo.kindOf(path);
    },
    async list(path) {
      const names = [...known.keys(), ...folders]
        .filter((one) => join(one, '..') === resolve(path))
        .map((one) => one.slice(resolve(path).length + 1));
      return names.length > 0 ? [...new Set(names)].sort() : nodeIo.list(path);
    },
  };
}

const EXAMPLE = {
  image: { name: 'test', version: '1.0' },
  target: { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
};

/** For tests: loads a Debian 12 template with these keys over image and target. */
export function loadExample(
  keys: Readonly<Record<string, unknown>> = {},
  request: Partial<LoadConfigRequest> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<LoadedConfig> {
  const text = stringify({ ...EXAMPLE, ...keys }, { aliasDuplicateObjects: false });
  return loadConfig({ template: 't.yml', ...request }, filesIo({ 't.yml': text, ...files }));
}

function parentsOf(path: string): string[] {
  const parent = join(path, '..');
  return parent === path ? [] : [parent, ...parentsOf(parent)];
}
