import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { has, isRoot, temporaryFolders } from './disk.test.fixture.js';
import { treeAttributes, writeAttributes } from './extended-attributes.js';

const temporary = temporaryFolders();
const { signal } = new AbortController();
const bytes = (...values: readonly number[]) => Buffer.from(values);

async function exampleTree(): Promise<string> {
  const tree = await temporary();
  await mkdir(join(tree, 'folder'));
  for (const name of ['a "b"\\c\nd=é # file: x', 'folder/plain', 'folder/none'])
    await writeFile(join(tree, name), '');
  await symlink('../nowhere', join(tree, 'folder/link'));
  return tree;
}

describe.skipIf(!has('getfattr', 'setfattr'))('extended attributes', () => {
  it('come back as they were written, on odd names too', async () => {
    const tree = await exampleTree();
    const written = new Map([
      ['', new Map([['user.top', bytes(1)]])],
      ['a "b"\\c\nd=é # file: x', new Map([['user.odd', bytes(0, 10, 34, 92, 255)]])],
      ['folder', new Map([['user.empty', bytes()]])],
      [
        'folder/plain',
        new Map([
          ['user.a', bytes(7)],
          ['user.b', Buffer.alloc(300, 'x')],
        ]),
      ],
    ]);
    await writeAttributes(tree, written, { signal });
    const found = await treeAttributes(tree, { signal });
    const plain = (all: typeof found) =>
      [...all]
        .map(([path, values]) => [path, [...values].map(([name, value]) => [name, [...value]]).sort()])
        .sort();
    expect(plain(found)).toEqual(plain(written));
    expect([...(await treeAttributes(tree, { alone: true, signal })).keys()]).toEqual(['']);
  });

  it.skipIf(!isRoot)('belong to a link itself, and capabilities are as the kernel tells them', async () => {
    const tree = await exampleTree();
    const label = new Map([['security.selinux', Buffer.from('a:b:c\0')]]);
    await writeAttributes(tree, new Map([['folder/link', label]]), { signal });
    await exec('setcap', ['cap_net_raw+ep', join(tree, 'folder/plain')]);
    const found = await treeAttributes(tree, { signal });
    expect([...found.keys()].sort()).toEqual(['folder/link', 'folder/plain']);
    expect(found.get('folder/link')).toEqual(label);
    expect(found.get('folder/plain')?.get('security.capability')).toEqual(
      Buffer.concat([bytes(1, 0, 0, 2, 0, 32), Buffer.alloc(14)]),
    );
  });

  it('that a file system refuses are an error that names the file', async () => {
    const tree = await exampleTree();
    const refused = new Map([['folder/plain', new Map([['nonsense.name', bytes(1)]])]]);
    await expect(writeAttributes(tree, refused, { signal })).rejects.toMatchObject({
      code: 'EXEC_FAILED',
      message: expect.stringContaining('folder/plain'),
    });
  });
});
