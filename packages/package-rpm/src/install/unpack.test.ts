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
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { defaultContext, sha256 } from '@ic/utils';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPayload } from '../rpmfile/payload.js';
import { readRpm } from '../rpmfile/rpm-file.js';
import { makeRpm, type TestFile } from '../testing/make-rpm.js';
import { type Leftovers, RpmUnpacker } from './unpack.js';
import { unpackOrder } from './unpack-order.js';
import { unpackRpms } from './unpack-rpms.js';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-rpm-unpack-'));
  root = join(folder, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const directory = (path: string, mode = 0o755): TestFile => ({ path, mode: 0o40000 | mode });
const symlink = (path: string, linkTarget: string): TestFile => ({ path, mode: 0o120777, linkTarget });
const file = (path: string, data = 'text', more: Partial<TestFile> = {}): TestFile => ({
  path,
  data,
  ...more,
});
const made = (name: string, files: readonly TestFile[]) =>
  makeRpm({ files, tags: { 1000: { string: name } } });

/** Whom files can be given to: any for root, oneself for others. */
const SOMEBODY =
  process.getuid?.() === 0
    ? { uid: 1234, gid: 2345 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Unpacks packages, called a, b, c, in the order given. */
async function unpack(...packages: (readonly TestFile[])[]): Promise<Leftovers> {
  const self = { users: new Map([['me', SOMEBODY.uid]]), groups: new Map([['us', SOMEBODY.gid]]) };
  const unpacker = new RpmUnpacker(root, self);
  for (const [index, files] of packages.entries()) {
    const rpm = readRpm(made('abc'.charAt(index), files));
    unpacker.unpack(rpm, await readPayload(rpm));
  }
  return unpacker.finish();
}
const mode = (path: string) => lstatSync(join(root, path)).mode & 0o7777;
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const conflict = (message: string) =>
  expect.objectContaining({ code: 'FILE_CONFLICT', message: expect.stringContaining(message) });

describe('one package', () => {
  it('comes with its types, modes, times and contents', async () => {
    await unpack([
      directory('/d', 0o1777),
      file('/d/f', 'text', { mode: 0o104755 }),
      file('/d/large', 'x'.repeat(1_000_000)),
      file('/implied/f'),
      symlink('/l', 'd/f'),
    ]);
    expect([mode('d'), mode('d/f'), mode('implied')]).toEqual([0o1777, 0o4755, 0o755]);
    expect(text('l')).toBe('text');
    expect(statSync(join(root, 'd/large')).size).toBe(1_000_000);
    for (const path of ['d', 'd/f', 'l']) expect(lstatSync(join(root, path)).mtimeMs).toBe(1_700_000_000_000);
  });

  it('has its hard links, whose last brings the contents', async () => {
    await unpack([
      file('/a', '', { inode: 7, size: 4 }),
      file('/b/c', '', { inode: 7, size: 4 }),
      file('/z', 'text', { inode: 7 }),
    ]);
    expect(text('a')).toBe('text');
    const { ino, nlink } = statSync(join(root, 'a'));
    expect(nlink).toBe(3);
    expect([statSync(join(root, 'b/c')).ino, statSync(join(root, 'z')).ino]).toEqual([ino, ino]);
  });

  it('may say how the root itself is', async () => {
    await unpack([directory('/', 0o750), file('/f')]);
    expect(mode('')).toBe(0o750);
    expect(text('f')).toBe('text');
  });

  it('leaves ghosts out and takes configuration files as files', async () => {
    await unpack([file('/etc/conf', 'c', { flags: 0x11 }), file('/var/log', 'never', { flags: 0x40 })]);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual(['etc', 'etc/conf']);
  });

  it('leaves capabilities and device nodes to others', async () => {
    const leftovers = await unpack([
      symlink('/bin', 'usr/bin'),
      file('/bin/ping', 'x', { capabilities: 'cap_net_raw=ep' }),
      { path: '/dev/null', mode: 0o020666 },
      { path: '/pipe', mode: 0o010644 },
    ]);
    expect(leftovers).toEqual({
      capabilities: [{ path: '/usr/bin/ping', capabilities: 'cap_net_raw=ep' }],
      specialFiles: ['/dev/null', '/pipe'],
      unknownAccounts: [],
    });
    expect(existsSync(join(root, 'pipe'))).toBe(false);
  });

  it('belongs to the users that the root or the caller knows, and else to root', async () => {
    const { uid, gid } = SOMEBODY;
    const leftovers = await unpack(
      [
        file('/early', 'x', { owner: 'service', group: 'service' }),
        file('/etc/passwd', `root:x:0:0::/:/bin/sh\nservice:x:${uid}:${gid}::/:/bin/sh\nbroken\n`),
        file('/etc/group', `root:x:0:\nservice:x:${gid}:\n`),
      ],
      [
        file('/late', 'x', { owner: 'service', group: 'service' }),
        file('/given', 'x', { owner: 'me', group: 'us' }),
        { ...directory('/folder'), owner: 'me', group: 'us' },
        { ...symlink('/link', 'x'), owner: 'me', group: 'us' },
        file('/unknown', 'x', { owner: 'nobody-knows', group: 'nor-this' }),
      ],
    );
    expect(leftovers.unknownAccounts).toEqual([
      'group nor-this',
      'group service',
      'user nobody-knows',
      'user service',
    ]);
    for (const path of ['late', 'given', 'folder', 'link']) {
      expect(lstatSync(join(root, path))).toMatchObject({ uid, gid });
    }
  });
});

describe('several packages', () => {
  it('share a folder as the first has it', async () => {
    await unpack(
      [file('/d/implied')],
      [directory('/d', 0o700), file('/d/b')],
      [directory('/d', 0o755), file('/d/c')],
    );
    expect(mode('d')).toBe(0o700);
    expect(readdirSync(join(root, 'd'))).toEqual(['b', 'c', 'implied']);
  });

  it('share what is the same', async () => {
    const same = [file('/licence', 'MIT'), symlink('/l', 'licence')];
    await unpack(same, same);
    expect(text('l')).toBe('MIT');
  });

  it('meet in a merged /usr, whatever they call it', async () => {
    await unpack(
      [directory('/usr/bin'), symlink('/bin', 'usr/bin'), symlink('/sbin', '/usr/bin')],
      [directory('/bin'), file('/bin/sh', 'sh')],
      [file('/sbin/init', 'init'), file('/usr/bin/sh', 'sh')],
    );
    expect(readdirSync(join(root, 'usr/bin'))).toEqual(['init', 'sh']);
    expect(readlinkSync(join(root, 'bin'))).toBe('usr/bin');
  });

  it.each<[string, TestFile, TestFile]>([
    ['other contents', file('/x', 'one'), file('/x', 'two')],
    ['another mode', file('/x', 'one'), file('/x', 'one', { mode: 0o100755 })],
    ['another owner', file('/x', 'one'), file('/x', 'one', { owner: 'me' })],
    ['a link', file('/x', 'one'), symlink('/x', 'one')],
    ['another link', symlink('/x', 'one'), symlink('/x', 'two')],
    ['a folder', file('/x', 'one'), directory('/x')],
  ])('do not meet in %s', async (_title, one, two) => {
    await expect(unpack([one], [two])).rejects.toEqual(
      conflict('b brings /x, where another one of a is already'),
    );
  });

  it.each<[string, TestFile]>([
    ['file', file('/x', 'one')],
    ['link', symlink('/x', 'elsewhere')],
  ])('do not meet in a folder and a %s', async (_title, two) => {
    await expect(unpack([directory('/x')], [two])).rejects.toEqual(
      conflict('a directory of another package is'),
    );
  });

  it('never leave the root', async () => {
    mkdirSync(join(folder, 'outside'));
    await unpack(
      [symlink('/up', '../outside'), symlink('/away', '/outside')],
      [file('/up/a'), file('/away/b')],
    );
    expect(readdirSync(join(folder, 'outside'))).toEqual([]);
    expect(readdirSync(join(root, 'outside'))).toEqual(['a', 'b']);
    await expect(unpack([symlink('/circle', 'circle')], [file('/circle/f')])).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
    });
  });

  it('whatever they bring, end in a conflict or in a tree inside the root', async () => {
    const path = fc.constantFrom('/a', '/b', '/a/b', '/b/a', '/a/b/c');
    const entry = fc.oneof(
      path.map((where) => directory(where)),
      path.map((where) => file(where)),
      fc
        .tuple(path, fc.constantFrom('a', '../a', '/b', '../../..', '.'))
        .map(([where, to]) => symlink(where, to)),
    );
    const files = fc.uniqueArray(entry, { selector: (item) => item.path, maxLength: 3 });
    mkdirSync(join(folder, 'outside'));
    await fc.assert(
      fc.asyncProperty(files, files, async (one, two) => {
        rmSync(root, { recursive: true });
        mkdirSync(root);
        const outcome = await unpack(one, two).catch((error) => error);
        if (outcome instanceof Error)
          expect(['FILE_CONFLICT', 'PACKAGE_INVALID', 'MEMBER_ESCAPES']).toContain(
            (outcome as { code?: string }).code,
          );
        return readdirSync(folder).sort().join() === 'outside,root';
      }),
      { numRuns: 200 },
    );
  });
});

describe('unpackOrder', () => {
  const named = (name: string, files: readonly TestFile[]) => readRpm(made(name, files));

  it('puts users and links before what needs them, the highest links first, and else keeps the order', () => {
    const order = unpackOrder([
      named('bash', [file('/bin/bash')]),
      named('glibc', [file('/lib64/libc.so.6'), symlink('/usr/lib/deep/er', 'x')]),
      named('deep', [symlink('/var/run/here', '../x'), file('/usr/lib/deep/er/f')]),
      named('filesystem', [symlink('/bin', 'usr/bin'), directory('/var/run/here')]),
      named('other', [symlink('/usr/link', 'to/a/file')]),
      named('setup', [file('/etc/passwd')]),
    ]);
    expect(order.map(({ name }) => name)).toEqual(['setup', 'filesystem', 'deep', 'glibc', 'bash', 'other']);
  });
});

describe('unpackRpms', () => {
  function fetched(name: string, files: readonly TestFile[]): FetchedPackage {
    const bytes = made(name, files);
    const path = join(folder, `${name}.rpm`);
    writeFileSync(path, bytes);
    return {
      ...{ name, version: '1-1', architecture: 'noarch', repository: 'base', location: '', installedSize: 0 },
      ...{ path, size: bytes.length, sha256: sha256(bytes) },
    };
  }

  it('unpacks a set in an order that works', async () => {
    const packages = [
      fetched('bash', [file('/bin/bash', 'bash', { capabilities: 'cap_chown=p' })]),
      fetched('filesystem', [directory('/usr/bin'), symlink('/bin', 'usr/bin')]),
    ];
    const leftovers = await unpackRpms(packages, { root, jobs: 2, context: defaultContext() });
    expect(text('usr/bin/bash')).toBe('bash');
    expect(leftovers.capabilities).toEqual([{ path: '/usr/bin/bash', capabilities: 'cap_chown=p' }]);
  });

  it('refuses a file that is no longer the one that was verified', async () => {
    const pkg = { ...fetched('a', [file('/f')]), sha256: '0'.repeat(64) };
    await expect(unpackRpms([pkg], { root, jobs: 1, context: defaultContext() })).rejects.toMatchObject({
      code: 'HASH_MISMATCH',
    });
  });

  it('can be cancelled', async () => {
    const context = defaultContext({ signal: AbortSignal.abort() });
    const unpacking = unpackRpms([fetched('a', [file('/f')])], { root, jobs: 1, context });
    await expect(unpacking).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
