import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { has, MIB, temporaryFolders } from './disk.test.fixture.js';
import { fatGeometry } from './fat-geometry.js';
import { fatTree } from './fat-tree.js';

const temporary = temporaryFolders();

describe('fatTree', () => {
  it('lists folders before their content, sorted, without covered ones', async () => {
    const folder = await temporary();
    for (const path of ['b/deep', 'a', 'covered']) await mkdir(join(folder, path), { recursive: true });
    for (const path of ['z', 'b/y', 'b/deep/x', 'covered/no']) await writeFile(join(folder, path), path);
    const covered = [{ folder: join(folder, 'covered'), standIn: '/unused' }];
    const found = await fatTree({ folder, covered });
    expect(found.map(({ path, files }) => [path, files.map(({ name, size }) => [name, size])])).toEqual([
      ['', [['z', 1]]],
      ['a', []],
      ['b', [['y', 3]]],
      ['b/deep', [['x', 8]]],
      ['covered', []],
    ]);
  });

  it.each<[string, RegExp, (folder: string) => Promise<unknown>]>([
    ['a symbolic link', /\/EFI\/link: it is a link/, (folder) => symlink('x', join(folder, 'EFI/link'))],
    ['a pipe', /special file/, (folder) => exec('mkfifo', [join(folder, 'EFI/pipe')])],
    ['a colon', /name that FAT forbids/, (folder) => writeFile(join(folder, 'EFI/a:b'), '')],
    ['a trailing dot', /name that FAT forbids/, (folder) => writeFile(join(folder, 'EFI/a.'), '')],
    [
      'bytes that are not UTF-8',
      /name that FAT forbids/,
      (folder) => writeFile(Buffer.from(`${folder}/EFI/\xff`, 'latin1'), ''),
    ],
    [
      'names that differ in case',
      /\/EFI\/b: it differs from EFI\/B only/,
      async (folder) => {
        await writeFile(join(folder, 'EFI/B'), '');
        await writeFile(join(folder, 'EFI/b'), '');
      },
    ],
    [
      '4 GiB',
      /larger than 4 GiB/,
      async (folder) => {
        await writeFile(join(folder, 'EFI/large'), '');
        await truncate(join(folder, 'EFI/large'), 2 ** 32);
      },
    ],
  ])('refuses %s', async (_title, message, make) => {
    const folder = await temporary();
    await mkdir(join(folder, 'EFI'));
    await make(folder);
    const refused = fatTree({ folder, covered: [] });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: 'PARTITION_INVALID', fault: 'request' });
  });

  it('takes hard links as files', async () => {
    const folder = await temporary();
    await writeFile(join(folder, 'a'), 'text');
    await link(join(folder, 'a'), join(folder, 'b'));
    expect((await fatTree({ folder, covered: [] }))[0]?.files).toHaveLength(2);
  });
});

describe.skipIf(!has('mkfs.vfat', 'fsck.vfat'))('fatGeometry', () => {
  it.each([1, 7, 8, 31, 32, 63, 64, 259, 260, 512, 8191, 8192, 16384, 32768, 70000])(
    'is one that mkfs.vfat takes and fsck.vfat agrees with, for %i MiB',
    async (mib) => {
      const { bits, sectorsPerCluster } = fatGeometry(mib * MIB);
      const image = join(await temporary(), 'fat');
      await writeFile(image, '');
      await truncate(image, mib * MIB);
      const made = await exec('mkfs.vfat', ['-F', String(bits), '-s', String(sectorsPerCluster), image]);
      expect(made.stderr).not.toMatch(/warning/i);
      const checked = await exec('fsck.vfat', ['-nv', image]);
      expect(checked.stdout).toMatch(bits === 32 ? /32 bit entries/ : new RegExp(`${bits} bit entries`));
    },
  );
});
