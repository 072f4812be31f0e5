import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AdditionalFile } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { addFiles } from './additional-files.js';
import { EPOCH, makeSystem, makeTree, OWN, type Tree } from './image-fixture.test.helper.js';
import { parseOwner } from './owner.js';

const IMAGE: Tree = {
  'usr/bin/old': 'old',
  bin: '-> usr/bin',
  'etc/resolv.conf': '-> ../run/stub',
  'etc/outside': '-> /../../../../tmp',
  'etc/app': null,
};

async function add(files: Omit<AdditionalFile, 'owner'>[], tree: Tree = IMAGE) {
  const additionalFiles = files.map((file) => ({ ...file, owner: OWN }));
  const { image, rootfs } = makeSystem({ tree, system: { additionalFiles } });
  await addFiles(image);
  return (path: string) => join(rootfs, path);
}

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('addFiles', () => {
  it('places a file with its mode and the time of the build', async () => {
    const local = join(makeTree({ tool: 'new' }), 'tool');
    chmodSync(local, 0o640);
    const at = await add([
      { local, final: '/opt/new/tool', mode: 0o4755 },
      { local, final: '/opt/kept' },
    ]);
    expect(readFileSync(at('opt/new/tool'), 'utf8')).toBe('new');
    expect(modeOf(at('opt/new/tool'))).toBe('4755');
    expect(modeOf(at('opt/kept'))).toBe('640');
    expect(statSync(at('opt/kept')).mtimeMs).toBe(EPOCH * 1000);
  });

  it('follows folders that are links, replaces a link at the end, never leaves the image', async () => {
    const local = join(makeTree({ file: 'new' }), 'file');
    const at = await add([
      { local, final: '/bin/tool' },
      { local, final: '/etc/resolv.conf' },
      { local, final: '/etc/outside/imageos-escaped' },
    ]);
    expect(readFileSync(at('usr/bin/tool'), 'utf8')).toBe('new');
    expect(lstatSync(at('bin')).isSymbolicLink()).toBe(true);
    expect(lstatSync(at('etc/resolv.conf')).isFile()).toBe(true);
    expect(readFileSync(at('tmp/imageos-escaped'), 'utf8')).toBe('new');
    expect(existsSync('/tmp/imageos-escaped')).toBe(false);
  });

  it('keeps the name of a file that is sent to a folder', async () => {
    const local = join(makeTree({ conf: 'x' }), 'conf');
    const at = await add([
      { local, final: '/etc/app' },
      { local, final: '/etc/new/' },
    ]);
    expect(existsSync(at('etc/app/conf'))).toBe(true);
    expect(existsSync(at('etc/new/conf'))).toBe(true);
  });

  it('merges a folder: folders of the image keep their mode, links stay links', async () => {
    const local = makeTree({
      'bin/tool': 'new',
      'etc/app/a.conf': 'a',
      'etc/app/link': '-> a.conf',
      'srv/x/y': 'y',
    });
    for (const path of ['etc', 'etc/app', 'bin']) chmodSync(join(local, path), 0o777);
    const { image, rootfs } = makeSystem({
      tree: IMAGE,
      system: { additionalFiles: [{ local, final: '/', mode: 0o640, owner: OWN }] },
    });
    chmodSync(join(rootfs, 'etc/app'), 0o711);
    await addFiles(image);
    expect(readFileSync(join(rootfs, 'usr/bin/tool'), 'utf8')).toBe('new');
    expect(modeOf(join(rootfs, 'etc/app'))).toBe('711');
    expect(modeOf(join(rootfs, 'etc/app/a.conf'))).toBe('640');
    expect(modeOf(join(rootfs, 'srv/x'))).toBe('750');
    expect(readlinkSync(join(rootfs, 'etc/app/link'))).toBe('a.conf');
  });

  it('copies what the initramfs is made from first', async () => {
    const [early, late] = [makeTree({ a: 'early', b: 'early' }), makeTree({ a: 'late' })];
    const at = await add([
      { local: late, final: '/etc/app' },
      { local: early, final: '/etc/app/', stage: 'pre-initramfs' },
    ]);
    expect(readFileSync(at('etc/app/a'), 'utf8')).toBe('late');
    expect(readFileSync(at('etc/app/b'), 'utf8')).toBe('early');
  });

  it('follows a link on this machine when it is what the template names', async () => {
    const local = join(makeTree({ real: 'x', link: '-> real' }), 'link');
    const at = await add([{ local, final: '/x' }]);
    expect(lstatSync(at('x')).isFile()).toBe(true);
  });

  it('says which file is missing', async () => {
    await expect(add([{ local: '/nowhere/x', final: '/x' }])).rejects.toMatchObject({
      code: 'FILE_MISSING',
      fault: 'request',
      message: expect.stringContaining('/nowhere/x'),
    });
  });

  it.each([
    ['a folder onto a file', { x: null }, { x: 'file' }],
    ['a file onto a folder', { x: 'file' }, { 'x/y': 'file' }],
  ])('refuses %s', async (_, source, tree) => {
    await expect(add([{ local: makeTree(source), final: '/' }], tree)).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringContaining('one of them is a folder'),
    });
  });
});

describe('parseOwner', () => {
  const tables = { passwd: 'root:x:0:0:::\nwww-data:x:33:34:::\n', group: 'root:x:0:\nadm:x:4:\n' };
  it.each([
    [undefined, 0, 0],
    ['www-data', 33, 34],
    ['www-data:adm', 33, 4],
    ['www-data:', 33, 34],
    ['33', 33, 34],
    ['1234', 1234, 0],
    ['1234:5678', 1234, 5678],
  ])('%s is %i:%i', (owner, uid, gid) => {
    expect(parseOwner(owner, tables)).toEqual({ uid, gid });
  });

  it.each([
    ['www-dta', 'www-data'],
    ['root:amd', 'adm'],
    ['postgres', 'number'],
  ])('refuses %s', (owner, hint) => {
    expect(() => parseOwner(owner, tables)).toThrowError(
      expect.objectContaining({
        code: 'USER_INVALID',
        fault: 'request',
        hint: expect.stringContaining(hint),
      }),
    );
  });
});
