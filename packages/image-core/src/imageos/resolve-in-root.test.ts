import { lstatSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTree } from './image-fixture.test.helper.js';
import { resolveInRoot } from './resolve-in-root.js';

const TREE = {
  'usr/bin/sh': '',
  bin: '-> usr/bin',
  'etc/resolv.conf': '-> ../run/stub.conf',
  'etc/localtime': '-> /usr/share/zoneinfo/UTC',
  'etc/escape': '-> ../../../../../../etc',
  absolute: '-> /etc',
  'a/one': '-> /a/two',
  'a/two': '-> one',
  chain: '-> absolute/localtime',
};

describe('resolveInRoot', () => {
  const cases: [path: string, expected: string, last?: 'keep'][] = [
    ['/usr/bin/sh', 'usr/bin/sh'],
    ['usr//./bin/sh', 'usr/bin/sh'],
    ['/bin/sh', 'usr/bin/sh'],
    ['/bin', 'bin', 'keep'],
    ['/bin/sh', 'usr/bin/sh', 'keep'],
    ['/etc/resolv.conf', 'run/stub.conf'],
    ['/etc/resolv.conf', 'etc/resolv.conf', 'keep'],
    ['/etc/localtime', 'usr/share/zoneinfo/UTC'],
    ['/etc/escape/passwd', 'etc/passwd'],
    ['/absolute/passwd', 'etc/passwd'],
    ['/chain', 'usr/share/zoneinfo/UTC'],
    ['/../../etc/passwd', 'etc/passwd'],
    ['/bin/../share', 'usr/share'],
    ['/missing/../etc', 'etc'],
    ['/', ''],
  ];
  it.each(cases)('%s is %s (%s)', async (path, expected, last) => {
    const root = makeTree(TREE);
    expect(await resolveInRoot(root, path, last)).toBe(join(root, expected));
  });

  it('refuses a loop of links', async () => {
    await expect(resolveInRoot(makeTree(TREE), '/a/one')).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringContaining('loop'),
    });
  });

  it('refuses a path below a file', async () => {
    await expect(resolveInRoot(makeTree(TREE), '/usr/bin/sh/x')).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
    });
  });

  it('stays inside and leaves no link, whatever the links are', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(fc.constantFrom('a', 'b', 'c', '..', '.'), { minLength: 1, maxLength: 5 });
    const link = fc.record({
      at: fc.array(name, { minLength: 1, maxLength: 3 }),
      to: path,
      isAbsolute: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(link, { maxLength: 6 }), path, async (links, asked) => {
        const root = await mkdtemp(join(tmpdir(), 'imageos-links-'));
        try {
          for (const { at, to, isAbsolute } of links) {
            const place = join(root, ...at);
            // A place below an earlier link, or one that is taken, makes no difference to the property.
            if (!isPlain(root, dirname(place))) continue;
            await mkdir(dirname(place), { recursive: true });
            await symlink(`${isAbsolute ? '/' : ''}${to.join('/')}`, place).catch(() => {});
          }
          const found = await resolveInRoot(root, asked.join('/')).catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'IMAGE_FAILED' });
            return root;
          });
          expect(isPlain(root, found)).toBe(true);
        } finally {
          await rm(root, { recursive: true });
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** Whether a path lies in the root and no part of it is a link. */
function isPlain(root: string, path: string): boolean {
  if (path === root) return true;
  if (!path.startsWith(`${root}/`) || !isPlain(root, dirname(path))) return false;
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true;
}
