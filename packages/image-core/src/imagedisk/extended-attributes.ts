import { dirname, join } from 'node:path';
import { exec } from '@ic/utils';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';

/** By path below a folder, '' the folder itself: full names (`security.capability`) and raw values. */
export type ExtendedAttributes = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/**
 * The extended attributes of what goes into a partition. What lies on other partitions may be among them.
 *
 * @throws UtilsError EXEC_FAILED, CANCELLED
 */
export async function extendedAttributes(
  { context: { signal } }: Pick<PartitionJob, 'context'>,
  content: PartitionContent,
): Promise<ExtendedAttributes> {
  return treeAttributes(content.folder, { signal });
}

/**
 * The extended attributes of a tree or, `alone`, of its top folder. Node cannot read them: getfattr(1) does.
 *
 * @throws UtilsError EXEC_FAILED, CANCELLED
 */
export async function treeAttributes(
  tree: string,
  { alone = false, signal }: { readonly alone?: boolean; readonly signal: AbortSignal },
): Promise<ExtendedAttributes> {
  const whole = alone ? [] : ['--recursive', '--physical'];
  const form = ['--no-dereference', '--dump', '--match=-', '--encoding=hex', '--absolute-names'];
  const { stdout } = await exec('getfattr', [...whole, ...form, '--', tree], { signal });
  const found = new Map<string, Map<string, Uint8Array>>();
  for (const block of stdout.split('\n\n')) {
    const [first = '', ...lines] = block.split('\n');
    if (!first.startsWith(FILE)) continue;
    const path = unescaped(first.slice(FILE.length)).slice(tree.length + 1);
    found.set(path, new Map(lines.map(attributeOf)));
  }
  return found;
}

/**
 * Gives files of a tree extended attributes beside those that they have, with setfattr(1); links get their own.
 *
 * @throws UtilsError EXEC_FAILED, CANCELLED
 */
export async function writeAttributes(
  tree: string,
  attributes: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const blocks = [...attributes].map(([path, values]) => {
    const lines = [...values].map(([name, value]) => `${name}=0x${Buffer.from(value).toString('hex')}\n`);
    return `${FILE}${escaped(path === '' ? tree : join(tree, path))}\n${lines.join('')}\n`;
  });
  if (blocks.length === 0) return;
  const input = blocks.join('');
  await exec('setfattr', ['--no-dereference', '--restore=-'], { cwd: dirname(tree), input, signal });
}

const FILE = '# file: ';

function attributeOf(line: string): readonly [string, Uint8Array] {
  const end = line.indexOf('=');
  if (end < 0) return [line, new Uint8Array()];
  return [line.slice(0, end), Buffer.from(line.slice(end + '=0x'.length), 'hex')];
}

/** getfattr and setfattr write a line break, "\" and the like as three octal digits. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function escaped(path: string): string {
  return path.replace(/[\n\r\\=]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
