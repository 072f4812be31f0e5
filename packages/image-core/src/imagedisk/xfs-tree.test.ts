import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentFiles } from './content-files.js';
import { exampleDisk, temporaryFolders } from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';
import { xfsNames } from './xfs-names.js';
import { xfsFinish, xfsProblem, xfsProtofile } from './xfs-tree.js';

const temporary = temporaryFolders();
const [root] = planDisk(exampleDisk(), { seed: 'seed' }).partitions;

async function example() {
  const folder = await temporary();
  await mkdir(join(folder, 'covered/below'), { recursive: true });
  await writeFile(join(folder, 'b'), '', { mode: 0o600 });
  await symlink('b', join(folder, 'a'));
  if (root === undefined) throw new Error('the example has partitions');
  const covered = [{ folder: join(folder, 'covered'), standIn: '/nowhere' }];
  return contentFiles({ folder, covered }, root);
}

const refuse = ({ path }: { readonly path: string }) => new Error(path);

describe('xfsProtofile', () => {
  it('lists a tree by name, without what is on other partitions', async () => {
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    expect(xfsProtofile(xfsNames(await example(), refuse), ({ path }) => `/mnt/${path}`).split('\n')).toEqual(
      [
        ...['image', '0 0', `d--700 ${uid} ${gid}`],
        ...[`a l--777 ${uid} ${gid} b`, `b ---600 ${uid} ${gid} /mnt/b`],
        ...[`covered d--755 ${uid} ${gid}`, '$', '$', ''],
      ],
    );
  });
});

describe('xfsFinish', () => {
  it('writes times that are not behind the epoch, and attributes', async () => {
    const attributes = new Map([
      [
        'b',
        new Map([
          ['security.capability', Buffer.from([1, 0, 255])],
          ['user.x', Buffer.from([7])],
        ]),
      ],
    ]);
    const commands = xfsFinish(xfsNames(await example(), refuse), { attributes, epoch: 1_000_000_000 }).split(
      '\n',
    );
    const time = 'write core.mtime.sec 3147483648000000000';
    expect(commands.filter((line) => line === time)).toHaveLength(6);
    const at = commands.indexOf('path /b');
    expect(commands.slice(at, at + 7)).toEqual([
      ...['path /b', 'attr_set -s -v 3 capability', 'path /b', 'write a.sfattr.list[0].value #0100ff'],
      ...['attr_set -u -v 1 x', 'path /b', 'write a.sfattr.list[1].value #07'],
    ]);
  });
});

describe('xfsProblem', () => {
  it.each<[string, Parameters<typeof xfsProblem>[1] | undefined, string | undefined, RegExp | undefined]>([
    ['libc6:amd64.list', undefined, undefined, undefined],
    ['link', undefined, 'a\tb', undefined],
    ['link', undefined, `${'a'.repeat(60)} b`, /leads to a long name with blanks/],
    ['file', new Map([['user.x', new Uint8Array(4)]]), undefined, undefined],
    ['file', new Map([['system.posix_acl_access', new Uint8Array(4)]]), undefined, /attribute system\.posix/],
    ['folder', new Map([['security.x', new Uint8Array(200)]]), undefined, undefined],
    [
      'link',
      new Map([['security.x', new Uint8Array(100)]]),
      'a'.repeat(250),
      /leaves no room for it in its inode/,
    ],
    ['file', new Map([['user.x', new Uint8Array(400)]]), undefined, /attribute user\.x/],
  ])('of %j with %j is right', async (name, attributes, target, expected) => {
    const problem = xfsProblem({ ...(await example()), name, target }, attributes);
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(expected);
  });
});
