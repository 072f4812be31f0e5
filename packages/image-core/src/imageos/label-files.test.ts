import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { treeAttributes } from '../imagedisk/extended-attributes.js';
import { type Fixture, isRoot, makeSystem } from './image-fixture.test.helper.js';
import { labelFiles } from './label-files.js';

const TREE = { 'etc/selinux/config': 'SELINUX=enforcing\nSELINUXTYPE=mls\n' };
const ENFORCING: Fixture = { tree: TREE, system: { selinux: { mode: 'enforcing' } } };
const { signal } = new AbortController();

/** What setfiles says of a new label. */
const line = (path: string, label: string) =>
  `Would relabel /tmp/rootfs${path} from <no context> to ${label}\n`;

async function labelsOf(rootfs: string): Promise<Record<string, string>> {
  const found = await treeAttributes(rootfs, { signal });
  return Object.fromEntries(
    [...found].map(([path, values]) => [path, String(values.get('security.selinux'))] as const).sort(),
  );
}

describe('labelFiles', () => {
  it.skipIf(!isRoot)('writes what setfiles says of each file of the tree', async () => {
    const { image, rootfs, calls } = makeSystem({
      ...ENFORCING,
      answer: () =>
        [
          line('', 'root_t'),
          line('/etc', 'etc_t'),
          line('/home/a from b to c', 'home_t'),
          line('/home/line\nbreak', 'home_t'),
          line('/link', 'link_t'),
          line('/link/hosts', 'not_t'),
          line('/gone', 'not_t'),
          line('/z', 'last_t'),
          line('/b', 'first_t'),
        ].join('some other line\n'),
    });
    await mkdir(join(rootfs, 'home'));
    for (const name of ['home/a from b to c', 'home/line\nbreak', 'b'])
      await writeFile(join(rootfs, name), '');
    await symlink('/etc', join(rootfs, 'link'));
    await link(join(rootfs, 'b'), join(rootfs, 'z'));
    await labelFiles(image);
    expect(calls.map(({ program, args }) => [program, args.at(-2), args.at(-1)])).toEqual([
      ['setfiles', '/etc/selinux/mls/contexts/files/file_contexts', '/tmp/rootfs'],
    ]);
    expect(await labelsOf(rootfs)).toEqual({
      '': 'root_t\0',
      b: 'last_t\0',
      etc: 'etc_t\0',
      'home/a from b to c': 'home_t\0',
      'home/line\nbreak': 'home_t\0',
      link: 'link_t\0',
      z: 'last_t\0',
    });
  });

  it.each<[string, NonNullable<Fixture['system']>, 'raw' | 'img']>([
    ['without SELinux', {}, 'raw'],
    ['with SELinux disabled', { selinux: { mode: 'disabled' } }, 'raw'],
    ['of an initramfs', { selinux: { mode: 'permissive' } }, 'img'],
  ])('leaves files alone %s', async (_, system, imageType) => {
    const { image, calls } = makeSystem({ tree: TREE, system });
    const config = { ...image.config, target: { ...image.config.target, imageType } };
    await labelFiles({ ...image, config });
    expect(calls).toEqual([]);
  });

  it('does not take silence for labels', async () => {
    const { image } = makeSystem(ENFORCING);
    await expect(labelFiles(image)).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringContaining('found no labels'),
    });
  });

  it.skipIf(!isRoot)('says what a machine lacks that refuses them', async () => {
    const { image, rootfs } = makeSystem({ ...ENFORCING, answer: () => line('/etc', 'etc_t') });
    await exec('chattr', ['+i', join(rootfs, 'etc')]);
    try {
      await expect(labelFiles(image)).rejects.toMatchObject({
        code: 'IMAGE_FAILED',
        message: expect.stringMatching(/labels of SELinux could not be written: [\s\S]*etc/),
        hint: expect.stringContaining('build as root'),
      });
    } finally {
      await exec('chattr', ['-i', join(rootfs, 'etc')]);
    }
  });
});
