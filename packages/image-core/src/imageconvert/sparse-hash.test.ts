import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256File } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256SparseFile } from './sparse-hash.js';

const MIB = 1024 ** 2;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ic-sparse-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sparse(
  name: string,
  size: number,
  pieces: readonly (readonly [number, string])[],
): Promise<string> {
  const path = join(folder, name);
  const file = await open(path, 'w');
  for (const [position, text] of pieces) await file.write(text, position);
  await file.truncate(size);
  await file.close();
  return path;
}

describe('sha256SparseFile', () => {
  it.each<[string, number, (readonly [number, string])[]]>([
    ['an empty file', 0, []],
    ['only a hole', 3 * MIB + 17, []],
    ['only data', 5, [[0, 'bytes']]],
    [
      'data, hole, data',
      9 * MIB,
      [
        [0, 'first'],
        [9 * MIB - 4, 'last'],
      ],
    ],
    ['hole, data, hole', 9 * MIB + 1, [[5 * MIB - 3, 'across a boundary']]],
    [
      'more ranges than fit in one read of the map',
      16 * MIB,
      Array.from({ length: 2000 }, (_, index) => [index * 8192, 'x'] as const),
    ],
  ])('agrees with reading every byte: %s', async (title, size, pieces) => {
    const path = await sparse(title, size, pieces);
    expect(await sha256SparseFile(path, size)).toBe(await sha256File(path));
  });

  it.skipIf(process.platform !== 'linux')('does not read holes', async () => {
    const path = await sparse('large', 64 * MIB, [[10 * MIB, 'data']]);
    const bytesRead = async () =>
      Number(/^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
    const before = await bytesRead();
    await sha256SparseFile(path, 64 * MIB);
    expect((await bytesRead()) - before).toBeLessThan(MIB);
  });

  it('stops when cancelled', async () => {
    const path = join(folder, 'cancelled');
    await writeFile(path, 'data');
    await expect(sha256SparseFile(path, 4, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
