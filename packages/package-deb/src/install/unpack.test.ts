import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTar, type TestEntry } from '../testing/tar.js';
import { type FileOwner, Unpacker, unpackTree } from './unpack.js';

let folder: string;
let root: string;
let unpacker: Unpacker;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-unpack-'));
  root = join(folder, 'root');
  mkdirSync(root);
  unpacker = new Unpacker(root);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = (name: string, replaces: readonly string[] = []): FileOwner => ({
  name,
  version: '1',
  architecture: 'all',
  replaces: (other) => replaces.includes(other.name),
});
const directory = (path: string, more: Partial<TestEntry> = {}): TestEntry => ({
  path,
  type: 'directory',
  ...more,
});
const symlink = (path: string, linkTarget: string): TestEntry => ({ path, type: 'symlink', linkTarget });

function unpack(
  by: FileOwner | string,
  entries: readonly TestEntry[],
  conffiles: readonly string[] = [],
): FileOwner {
  const pkg = typeof by === 'string' ? owner(by) : by;
  unpacker.unpack({ owner: pkg, conffiles: new Set(conffiles), data: makeTar([directory(''), ...entries]) });
  return pkg;
}
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const refusal = (code: string, message: string | RegExp = '') =>
  expect.objectContaining({
    code,
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  });

describe('one package', () => {
  it('comes with its types, modes, times and contents', () => {
    unpack('a', [
      directory('d', { mode: 0o1777, mtime: 1000 }),
      { path: 'd/f', data: 'text', mode: 0o640, mtime: 2000 },
      { path: 'd/empty' },
      { path: 'd/large', data: 'x'.repeat(1_000_000) },
      symlink('d/l', '../nowhere'),
      { path: 'd/h', type: 'hardlink', linkTarget: './d/f' },
    ]);
    expect(statSync(join(root, 'd')).mode & 0o7777).toBe(0o1777);
    expect(statSync(join(root, 'd/f'))).toMatchObject({ size: 4, nlink: 2, mtimeMs: 2_000_000 });
    expect(statSync(join(root, 'd/f')).mode & 0o7777).toBe(0o640);
    expect(statSync(join(root, 'd/h')).ino).toBe(statSync(join(root, 'd/f')).ino);
    expect(readlinkSync(join(root, 'd/l'))).toBe('../nowhere');
    expect(lstatSync(join(root, 'd/l')).mtimeMs).toBe(1_600_000_000_000);
    expect(text('d/large')).toHaveLength(1_000_000);
  });

  it('is listed as dpkg lists it', () => {
    const pkg = unpack('a', [directory('d'), { path: 'd/f' }, symlink('d/l', 'f')]);
    expect(unpacker.lists.get(pkg)).toEqual(['/.', '/d', '/d/f', '/d/l']);
  });

  it('has its links last, as dpkg makes and lists them', () => {
    const pkg = unpack('a', [symlink('a', 'b'), { path: 'b' }]);
    expect(unpacker.lists.get(pkg)).toEqual(['/.', '/b', '/a']);
  });

  it.skipIf(process.getuid?.() !== 0)('keeps owners and set-id bits (as root)', () => {
    unpack('a', [
      directory('d', { uid: 7, gid: 8, mode: 0o2775 }),
      { path: 'd/f', uid: 0, gid: 42, mode: 0o2755, data: 'x' },
      { path: 'd/s', uid: 5, gid: 0, mode: 0o4711 },
      { ...symlink('d/l', 'f'), uid: 3, gid: 4 },
    ]);
    const shown = ['d', 'd/f', 'd/s', 'd/l'].map((path) => {
      const { uid, gid, mode } = lstatSync(join(root, path));
      return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
    });
    expect(shown).toEqual(['7:8 2775', '0:42 2755', '5:0 4711', '3:4 777']);
  });

  it('has its conffiles wait, but is listed with their names', () => {
    const entries: TestEntry[] = [
      directory('etc'),
      { path: 'etc/c', data: 'new' },
      { path: 'etc/h', type: 'hardlink', linkTarget: './etc/c' },
    ];
    const pkg = unpack('a', entries, ['/etc/c']);
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['c.dpkg-new', 'h']);
    expect(unpacker.lists.get(pkg)).toEqual(['/.', '/etc', '/etc/c', '/etc/h']);
  });

  it.each(['fifo', 'character-device'] as const)('is refused with a %s', (type) => {
    expect(() => unpack('a', [{ path: 'x', type }])).toThrow(
      refusal('PACKAGE_INVALID', `a brings a ${type} at /x`),
    );
  });
});

describe('a directory', () => {
  it('keeps what its first package gave it', () => {
    unpack('a', [directory('d', { mode: 0o700, mtime: 5 })]);
    unpack('b', [directory('d', { mode: 0o755, mtime: 9 })]);
    expect(statSync(join(root, 'd')).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, 'd')).mtimeMs).toBe(5000);
  });

  it('that is a link already stays one, and its files go where it leads', () => {
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    symlinkSync('usr/lib', join(root, 'lib'));
    unpack('a', [directory('lib', { mode: 0o700 }), { path: 'lib/f', data: 'x' }]);
    expect(readlinkSync(join(root, 'lib'))).toBe('usr/lib');
    expect(text('usr/lib/f')).toBe('x');
    expect(statSync(join(root, 'usr/lib')).mode & 0o777).toBe(0o755);
  });

  it('stays where a later package brings a link of its name', () => {
    unpack('a', [directory('d'), { path: 'd/f' }]);
    const pkg = unpack('b', [symlink('d', 'elsewhere')]);
    expect(readdirSync(join(root, 'd'))).toEqual(['f']);
    expect(unpacker.lists.get(pkg)).toEqual(['/.', '/d']);
  });

  it('may be linked to by several packages, each in its own words', () => {
    unpack('a', [directory('d'), symlink('l', 'd')]);
    for (const target of ['d', '/d', './x/../../d']) {
      unpack(`b${target.length}`, [directory('x'), symlink('l', target)]);
      expect(readlinkSync(join(root, 'l'))).toBe('d');
    }
    for (const target of ['x', 'nowhere'])
      expect(() => unpack('c', [symlink('l', target)])).toThrow(refusal('FILE_CONFLICT', 'both bring /l'));
    expect(readdirSync(root).sort()).toEqual(['d', 'l', 'x']);
  });

  it('is refused where a package has a link to nothing, and made behind one of a script', () => {
    unpack('a', [symlink('l', 'nowhere')]);
    expect(() => unpack('b', [directory('l')])).toThrow(
      refusal('FILE_CONFLICT', '/l is a file in one package'),
    );
    symlinkSync('target', join(root, 'm'));
    unpack('c', [directory('m'), { path: 'm/f' }]);
    expect(readdirSync(join(root, 'target'))).toEqual(['f']);
    writeFileSync(join(root, 'file'), '');
    expect(() => unpack('d', [directory('file')])).toThrow(
      refusal('PACKAGE_INVALID', '/file cannot be unpacked'),
    );
  });

  it('is refused where a conffile waits', () => {
    unpack('a', [{ path: 'c' }], ['/c']);
    expect(() => unpack('b', [directory('c')])).toThrow(
      refusal('FILE_CONFLICT', '/c is a file in one package'),
    );
  });

  it('is refused as a file, and a file as a directory', () => {
    unpack('a', [directory('d'), { path: 'f' }]);
    expect(() => unpack('b', [{ path: 'd' }])).toThrow(
      refusal('FILE_CONFLICT', '/d is a file in one package and a directory'),
    );
    expect(() => unpack('c', [directory('f')])).toThrow(
      refusal('FILE_CONFLICT', '/f is a file in one package'),
    );
    expect(() => unpack('d', [{ path: 'f/g' }])).toThrow(refusal('PACKAGE_INVALID', '/f cannot be unpacked'));
  });
});

describe('a file of two packages', () => {
  it('is a conflict that names both', () => {
    unpack('a', [{ path: 'f', data: 'a' }]);
    expect(() => unpack('b', [{ path: 'f', data: 'b' }])).toThrow(
      expect.objectContaining({
        code: 'FILE_CONFLICT',
        message: 'b 1 and a 1 both bring /f, and neither replaces the other',
        details: { path: '/f', packages: ['a', 'b'] },
      }),
    );
    expect(text('f')).toBe('a');
  });

  it('is found by another name of its folder', () => {
    symlinkSync('usr', join(root, 'u'));
    unpack('a', [{ path: 'usr/f' }]);
    expect(() => unpack('b', [{ path: 'u/f' }])).toThrow(refusal('FILE_CONFLICT', '/u/f'));
  });

  it('goes to a later one that replaces the earlier, which loses it from its list', () => {
    const first = unpack('a', [{ path: 'f', data: 'a' }, { path: 'g' }]);
    const second = unpack(owner('b', ['a']), [{ path: 'f', data: 'b' }]);
    expect(text('f')).toBe('b');
    expect(unpacker.lists.get(first)).toEqual(['/.', '/g']);
    expect(unpacker.lists.get(second)).toEqual(['/.', '/f']);
  });

  it('stays with an earlier one that replaces the later', () => {
    const first = unpack(owner('a', ['b']), [{ path: 'f', data: 'a' }]);
    const second = unpack('b', [{ path: 'f', data: 'b' }, { path: 'h' }]);
    expect(text('f')).toBe('a');
    expect(unpacker.lists.get(first)).toEqual(['/.', '/f']);
    expect(unpacker.lists.get(second)).toEqual(['/.', '/h']);
  });

  it('is a conflict as a conffile too, whoever has it as one', () => {
    unpack('a', [{ path: 'c', data: 'a' }], ['/c']);
    for (const conffiles of [['/c'], []])
      expect(() => unpack('b', [{ path: 'c' }], conffiles)).toThrow(
        refusal('FILE_CONFLICT', 'both bring /c'),
      );
    unpack('d', [directory('d')]);
    expect(() => unpack('e', [{ path: 'd' }], ['/d'])).toThrow(refusal('FILE_CONFLICT', 'directory'));
  });

  it('is replaced as a conffile too', () => {
    unpack('a', [{ path: 'c', data: 'a' }], ['/c']);
    unpack(owner('b', ['a']), [{ path: 'c', data: 'b' }], ['/c']);
    expect(readdirSync(root)).toEqual(['c.dpkg-new']);
    expect(text('c.dpkg-new')).toBe('b');
    unpack(owner('c', ['b']), [{ path: 'c', data: 'c' }]);
    expect(readdirSync(root)).toEqual(['c']);
  });

  it('may be shared by two architectures of one package', () => {
    const amd64 = unpack({ ...owner('a'), architecture: 'amd64' }, [{ path: 'f', data: 'same' }]);
    const i386 = unpack({ ...owner('a'), architecture: 'i386' }, [{ path: 'f', data: 'same' }]);
    expect([amd64, i386].map((pkg) => unpacker.lists.get(pkg))).toEqual([
      ['/.', '/f'],
      ['/.', '/f'],
    ]);
  });

  it('takes the place of what a script made, and no half of it is ever seen', () => {
    writeFileSync(join(root, 'f'), 'made by a script');
    symlinkSync('f', join(root, 'l'));
    unpack('a', [
      { path: 'f', data: 'a' },
      { path: 'l', data: 'no link' },
    ]);
    expect([text('f'), text('l')]).toEqual(['a', 'no link']);
    expect(readdirSync(root).sort()).toEqual(['f', 'l']);
  });
});

describe('a diversion', () => {
  const divert = (by: string) => unpacker.afterScripts(new Map([['/bin/f', { to: '/bin/f.real', by }]]));

  it('sends the files of others elsewhere, hard links to them too, and leaves lists as they are', () => {
    divert('b');
    const pkg = unpack('a', [
      directory('bin'),
      { path: 'bin/f', data: 'a' },
      { path: 'bin/h', type: 'hardlink', linkTarget: './bin/f' },
    ]);
    unpack('b', [{ path: 'bin/f', data: 'b' }]);
    expect([text('bin/f'), text('bin/f.real'), text('bin/h')]).toEqual(['b', 'a', 'a']);
    expect(unpacker.lists.get(pkg)).toEqual(['/.', '/bin', '/bin/f', '/bin/h']);
  });

  it('of the administrator is for all packages', () => {
    divert(':');
    unpack('a', [directory('bin'), { path: 'bin/f' }]);
    expect(readdirSync(join(root, 'bin'))).toEqual(['f.real']);
  });
});

describe('nothing leaves the root', () => {
  afterEach(() => expect(readdirSync(folder).sort()).toEqual(['host', 'root']));
  beforeEach(() => {
    mkdirSync(join(folder, 'host'));
    writeFileSync(join(folder, 'host/file'), 'host');
  });

  it.each([
    ['an absolute link', () => join(folder, 'host')],
    ['a way up', () => '../host'],
    ['a long way up', () => `${'../'.repeat(50)}${folder}/host`],
  ])('through %s of an earlier package', (_, target) => {
    unpack('a', [symlink('out', target())]);
    unpacker.afterScripts(new Map());
    unpack('b', [{ path: 'out/file', data: 'bad' }, directory('out/folder')]);
    expect(readdirSync(join(folder, 'host'))).toEqual(['file']);
    expect(readFileSync(join(folder, 'host/file'), 'utf8')).toBe('host');
  });

  it('through a hard link to a file behind a link', () => {
    const link = [
      symlink('out', '../host'),
      { path: 'h', type: 'hardlink', linkTarget: './out/file' } as const,
    ];
    expect(() => unpack('a', link)).toThrow(
      refusal('MEMBER_ESCAPES', '/h behind its own symbolic link /out'),
    );
    expect(existsSync(join(root, 'h'))).toBe(false);
  });

  it.each(['../host', '/host'])('through a link to %s in one archive with a file behind it', (target) => {
    const members = [{ path: 'first' }, symlink('out', target), { path: 'out/file', data: 'bad' }];
    expect(() => unpack('a', members)).toThrow(refusal('MEMBER_ESCAPES', '/out/file behind its own'));
    expect(readdirSync(root)).toEqual([]);
  });

  it('through a link in place of the file itself', () => {
    symlinkSync('../host/file', join(root, 'f'));
    symlinkSync('../host/new', join(root, 'n.dpkg-tmp'));
    writeFileSync(join(root, 'n'), '');
    unpack('a', [{ path: 'f', data: 'bad' }]);
    expect(() => unpack('b', [{ path: 'n', data: 'bad' }])).toThrow();
    expect(readdirSync(join(folder, 'host'))).toEqual(['file']);
    expect(readFileSync(join(folder, 'host/file'), 'utf8')).toBe('host');
  });

  it('through a folder that a script has replaced by a link', () => {
    unpack('a', [directory('d'), { path: 'd/f' }]);
    rmSync(join(root, 'd'), { recursive: true });
    symlinkSync('../host', join(root, 'd'));
    unpacker.afterScripts(new Map());
    unpack('b', [{ path: 'd/file', data: 'bad' }]);
    expect(readFileSync(join(folder, 'host/file'), 'utf8')).toBe('host');
  });

  it('through a diversion', () => {
    unpacker.afterScripts(new Map([['/f', { to: '/../host/file', by: 'x' }]]));
    expect(() => unpack('a', [{ path: 'f' }])).toThrow(refusal('PACKAGE_INVALID'));
  });

  it.each(['../host/file', 'd/../../host/file'])('by the name %s', (path) => {
    expect(() => unpack('a', [{ path, data: 'bad' }])).toThrow(refusal('MEMBER_ESCAPES'));
  });
});

it('unpackTree replaces what was there by the tree', () => {
  writeFileSync(join(root, 'old'), '');
  unpackTree(root, makeTar([directory(''), directory('d', { mode: 0o711 }), { path: 'd/f', data: 'x' }]));
  expect(readdirSync(root)).toEqual(['d']);
  expect(text('d/f')).toBe('x');
});
