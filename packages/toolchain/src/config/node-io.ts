import { readdir, readFile, stat } from 'node:fs/promises';
import type { ConfigIo } from './loaded-config.js';

/** The file system of this machine. */
export const nodeIo: ConfigIo = {
  readFile: (path) => readFile(path, 'utf8'),
  async kindOf(path) {
    try {
      return (await stat(path)).isDirectory() ? 'folder' : 'file';
    } catch {
      return undefined;
    }
  },
  async list(path) {
    try {
      return (await readdir(path)).sort();
    } catch {
      return [];
    }
  },
};
