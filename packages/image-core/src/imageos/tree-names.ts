import { lstatSync, readdirSync } from 'node:fs';

const SLASH = Buffer.from('/');
const END = Buffer.from([0]);

/**
 * The names of all that is in a tree, relative to it, each with a zero byte behind, in the order of their bytes, parents
 * before what is in them. Bytes, because names need not be UTF-8.
 */
export function treeNames(root: string): Buffer {
  const pieces: Buffer[] = [];
  const visit = (folder: Buffer, prefix: Buffer) => {
    for (const name of readdirSync(folder, { encoding: 'buffer' }).sort(Buffer.compare)) {
      const path = Buffer.concat([folder, SLASH, name]);
      const relative = Buffer.concat([prefix, name]);
      pieces.push(relative, END);
      if (lstatSync(path).isDirectory()) visit(path, Buffer.concat([relative, SLASH]));
    }
  };
  pieces.push(Buffer.from('.'), END);
  visit(Buffer.from(root), Buffer.alloc(0));
  return Buffer.concat(pieces);
}
