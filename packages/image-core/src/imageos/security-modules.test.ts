import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem, type Tree } from './image-fixture.test.helper.js';
import { configureSecurityModules } from './security-modules.js';

const OWN: Tree = { 'etc/selinux/config': '# own\nSELINUX=enforcing\nSELINUXTYPE=mls\n' };

describe('configureSecurityModules', () => {
  it.each([
    ['permissive', OWN, '# own\nSELINUX=permissive\nSELINUXTYPE=mls\n'],
    ['disabled', OWN, '# own\nSELINUX=disabled\nSELINUXTYPE=mls\n'],
    ['permissive', {}, 'SELINUXTYPE=targeted\nSELINUX=permissive\n'],
    ['disabled', {}, undefined],
    [undefined, OWN, '# own\nSELINUX=enforcing\nSELINUXTYPE=mls\n'],
  ] as const)('writes the mode %s over %j', async (mode, tree, expected) => {
    const selinux = mode === undefined ? undefined : { mode };
    const { image, rootfs } = makeSystem({ tree, system: { selinux } });
    await configureSecurityModules(image);
    const file = join(rootfs, 'etc/selinux/config');
    expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(expected);
  });
});
