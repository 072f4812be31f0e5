import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem, type Tree } from './image-fixture.test.helper.js';
import { configureSecurityModules } from './security-modules.js';

const OWN: Tree = { 'etc/selinux/config': '# own\nSELINUX=enforcing\nSELINUXTYPE=mls\n' };
const [DEFAULT, MLS]: [Tree, Tree] = [
  { 'etc/selinux/default/policy/policy.33': '' },
  { 'etc/selinux/mls/policy/policy.33': '' },
];
/** Folders of what is no policy, or not yet. */
const NONE: Tree = { 'etc/selinux/another/contexts/x_contexts': '', 'etc/selinux/src/policy/local.cil': '' };

describe('configureSecurityModules', () => {
  it.each([
    ['permissive', { ...OWN, ...MLS }, '# own\nSELINUX=permissive\nSELINUXTYPE=mls\n'],
    ['permissive', { ...OWN, ...MLS, ...DEFAULT }, '# own\nSELINUX=permissive\nSELINUXTYPE=mls\n'],
    ['permissive', { ...OWN, ...DEFAULT, ...NONE }, '# own\nSELINUX=permissive\nSELINUXTYPE=default\n'],
    ['permissive', { ...MLS, ...DEFAULT }, 'SELINUXTYPE=default\nSELINUX=permissive\n'],
    ['enforcing', { ...MLS }, 'SELINUXTYPE=mls\nSELINUX=enforcing\n'],
    ['disabled', OWN, '# own\nSELINUX=disabled\nSELINUXTYPE=mls\n'],
    ['disabled', {}, undefined],
    [undefined, OWN, '# own\nSELINUX=enforcing\nSELINUXTYPE=mls\n'],
  ] as const)('writes the mode %s over %j', async (mode, tree, expected) => {
    const selinux = mode === undefined ? undefined : { mode };
    const { image, rootfs } = makeSystem({ tree, system: { selinux } });
    await configureSecurityModules(image);
    const file = join(rootfs, 'etc/selinux/config');
    expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(expected);
  });

  it('does not switch on what has no policy to load', async () => {
    const { image } = makeSystem({ tree: { ...OWN, ...NONE }, system: { selinux: { mode: 'permissive' } } });
    await expect(configureSecurityModules(image)).rejects.toMatchObject({
      code: 'PACKAGE_LACKING',
      fault: 'request',
      hint: expect.stringContaining('selinux-policy-default'),
    });
  });
});
