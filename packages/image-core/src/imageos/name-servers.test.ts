import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTree } from './image-fixture.test.helper.js';
import { withNameServers } from './name-servers.js';

const HOST = '/etc/resolv.conf';
const STUB = '/run/systemd/resolve/stub-resolv.conf';

describe.skipIf(!existsSync(HOST))('withNameServers', () => {
  it.each([
    ['a file of its own', { 'etc/resolv.conf': 'nameserver 192.0.2.1\n' }, HOST, true],
    ['none', { etc: null }, HOST, false],
    ['a link to what its system makes at boot', { 'etc/resolv.conf': `-> ..${STUB}` }, STUB, false],
    ['a link that leads out of it', { 'etc/resolv.conf': `-> /../../..${STUB}` }, STUB, false],
  ])('lies over the place of a tree with %s, and leaves nothing there', async (_, tree, inside, isKept) => {
    const root = makeTree(tree);
    const place = join(root, inside);
    const result = await withNameServers(root, async (binds) => {
      expect(binds).toEqual([{ host: realpathSync(HOST), inside, readOnly: true }]);
      // As the sandbox does.
      if (!isKept && inside === HOST) writeFileSync(place, '');
      return 'done';
    });
    expect(result).toBe('done');
    expect(existsSync(place)).toBe(isKept);
  });

  it('leaves nothing after a failure', async () => {
    const root = makeTree({ etc: null });
    const failing = withNameServers(root, async () => {
      writeFileSync(join(root, HOST), '');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(join(root, HOST))).toBe(false);
  });
});
