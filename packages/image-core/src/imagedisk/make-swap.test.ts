import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { has, MIB, temporaryFolders } from './disk.test.fixture.js';
import { swapHeader } from './make-swap.js';

const temporary = temporaryFolders();
const fsUuid = '0fc63daf-8483-4772-8e79-3d69d8477de4';

describe.skipIf(!has('mkswap'))('swapHeader', () => {
  it.each([
    [20 * MIB, 'swap'],
    [MIB, undefined],
    [3 * MIB, 'fünf'],
    [64 * 1024 * MIB, 'fifteen-letters'],
  ])('is the page that mkswap writes (%s bytes, label %s)', async (size, fsLabel) => {
    const file = join(await temporary(), 'swap');
    await writeFile(file, '');
    await truncate(file, size);
    const label = fsLabel === undefined ? [] : ['-L', fsLabel];
    await exec('mkswap', ['--pagesize', '4096', '-U', fsUuid, ...label, file]);
    expect(swapHeader({ size, fsUuid, fsLabel }).equals(await firstPage(file))).toBe(true);
  });
});

async function firstPage(path: string): Promise<Buffer> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0).finally(() => file.close());
  return buffer;
}
